/**
 * services/: real programs run for the user inside a node: dnsmasq, FRR, qemu, pasta.
 * In: a model's services and a namespace to run them in.
 * Out: found, started, watched and stopped processes; a missing program is an error naming its package.
 * No service is part of the format yet; this is the room for them (see docs/architecture.md).
 */
export {};
