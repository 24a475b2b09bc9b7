/** Programs of a lab whose holder has ended, and whatever else runs in its namespaces. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { HOLDER_VARIABLE } from "../sandbox/index.ts";

/** Kills what a holder of this lab has started, but this process; and all in namespaces with these inodes. */
export function killLeftovers(lab: string, namespaces: ReadonlySet<string> = new Set()): void {
  const mark = `${HOLDER_VARIABLE}=${lab}\0`;
  for (const pid of pids()) {
    if (pid === process.pid) continue;
    if (!isIn(pid, namespaces) && !read(`/proc/${pid}/environ`).includes(mark)) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended
    }
  }
}

function isIn(pid: number, namespaces: ReadonlySet<string>): boolean {
  if (namespaces.size === 0) return false;
  try {
    return namespaces.has(readlinkSync(`/proc/${pid}/ns/net`));
  } catch {
    return false;
  }
}

function pids(): number[] {
  return readdirSync("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? [Number(entry)] : []));
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
