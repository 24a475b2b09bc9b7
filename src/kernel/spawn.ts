/** Processes in a namespace, without a wrapper: the thread enters, forks, goes back. */

import type { ChildProcess, SpawnOptions, SpawnSyncOptions, SpawnSyncReturns } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { within } from "./namespace.ts";

/**
 * child_process.spawn with the child in the namespace of `namespace` (a descriptor). libuv forks on the calling thread, so the
 * child starts where the thread is. The child's mounts are this process's own: /sys shows this process's devices.
 */
export function spawnIn(
  namespace: number,
  command: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): ChildProcess {
  return within(namespace, () => spawn(command, args, options));
}

/** The same, waiting for the end; standard output and error as text. */
export function spawnSyncIn(
  namespace: number,
  command: string,
  args: readonly string[] = [],
  options: SpawnSyncOptions = {},
): SpawnSyncReturns<string> {
  return within(namespace, () => spawnSync(command, args, { ...options, encoding: "utf8" }));
}
