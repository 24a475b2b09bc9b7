import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { reapOrphans } from "../kernel/process.ts";

/** Zombies that no SIGCHLD announced are found after this long at the latest; milliseconds. */
const INTERVAL = 1_000;

/** As pid 1 this process inherits every orphan: reaps them, and leaves Node the children that Node started. */
export function startReaping(): void {
  const ours = new Set<ChildProcess>();
  subscribe("child_process", (message) => {
    const child = (message as { process: ChildProcess }).process;
    ours.add(child);
    child.once("exit", () => ours.delete(child));
    child.once("error", () => ours.delete(child));
  });
  const isOurs = (pid: number): boolean =>
    [...ours].some((child) => child.pid === pid && child.exitCode === null && child.signalCode === null);
  const reap = (): void => {
    // Blocked: one of Node's is first in the queue. Node reaps it on its own SIGCHLD, in this same turn of the loop.
    if (reapOrphans(isOurs).blocked) setImmediate(() => reapOrphans(isOurs));
  };
  process.on("SIGCHLD", reap);
  setInterval(reap, INTERVAL).unref();
}
