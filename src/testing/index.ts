/**
 * testing/: helpers for vitest and node:test.
 * In: a topology.
 * Out: a lab that lives as long as the test.
 * Not part of the package's interface yet; this is the room for it (see docs/architecture.md).
 */
export {};
