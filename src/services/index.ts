/**
 * services/: real programs run for the user inside a node: dnsmasq, a DHCP client, the topology's own processes.
 * In: a model's services, and how to start a process in a node.
 * Out: found (before anything is built), started, watched and stopped processes; leases in the kernel; logs.
 * find-programs.ts finds programs, lab-services.ts combines services, supervisor.ts watches one process; each other file knows one program.
 * See docs/services.md.
 */

export { LabServices, type GivenLease, type ProcessStatus, type ServicesOptions } from "./lab-services.ts";
export type { Lease } from "./lease.ts";
export type { Log, LogLine, LogStream } from "./log.ts";
export { findPrograms, searchPath, type Programs } from "./find-programs.ts";
export type { SpawnInNode } from "./spawn.ts";
