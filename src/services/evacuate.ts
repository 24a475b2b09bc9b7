/** Ends what runs in a namespace that is about to go: a process would keep it alive, unseen. */

import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type LabContext, openNode } from "../kernel/index.ts";

/** Milliseconds that processes get to end by themselves before they are killed. */
const FAREWELL = 500;
/** After a kill the kernel needs a moment; milliseconds. */
const DEATH = 2_000;
const LOOK_AGAIN = 10;

/** Pids of the processes in a named network namespace, as this process counts them. */
function processesIn(context: LabContext, namespace: string): number[] {
  using handle = openNode(context, namespace);
  const link = `net:[${handle.inode}]`;
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readlinkSync(`/proc/${entry}/ns/net`) === link ? [Number(entry)] : [];
    } catch {
      return []; // it has ended, or is none of ours
    }
  });
}

/** SIGTERM, a moment of patience, SIGKILL. Resolves when nothing runs there, or nothing more can be done. */
export async function evacuate(context: LabContext, namespace: string): Promise<void> {
  for (const [signal, patience] of [
    ["SIGTERM", FAREWELL],
    ["SIGKILL", DEATH],
  ] as const) {
    const deadline = performance.now() + patience;
    let pids = processesIn(context, namespace);
    for (const pid of pids) signalTo(pid, signal);
    while (pids.length > 0 && performance.now() < deadline) {
      await delay(LOOK_AGAIN);
      pids = processesIn(context, namespace);
    }
    if (pids.length === 0) return;
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}
