/** What process number 1 of a private machine must do itself: reap orphans, drop what children would inherit. */

import { ERRNO } from "./errno.ts";
import { KernelError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";
import {
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_SET_CHILD_SUBREAPER,
  P_ALL,
  P_PID,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from "./constants.ts";

/** si_pid in siginfo_t on 64-bit machines. */
const SI_PID = 16;

export interface Reaped {
  /** Orphans that were reaped. */
  readonly pids: readonly number[];
  /** A child of Node's own is first in the queue: call again after Node has reaped it. */
  readonly blocked: boolean;
}

/**
 * Reaps every zombie whose pid `isOurs` does not claim. Children that Node started must be claimed: Node waits for them
 * itself, and would never report their exit if they were taken from it.
 */
export function reapOrphans(isOurs: (pid: number) => boolean): Reaped {
  const pids: number[] = [];
  const info = Buffer.alloc(128);
  for (;;) {
    info.writeInt32LE(0, SI_PID);
    if (libc().waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) !== 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EINTR) continue;
      if (errno === 10) return { pids, blocked: false }; // ECHILD: no children at all
      throw new KernelError("wait for children", errno);
    }
    const pid = info.readInt32LE(SI_PID);
    if (pid === 0) return { pids, blocked: false };
    if (isOurs(pid)) return { pids, blocked: true };
    if (libc().waitid(P_PID, pid, info, WEXITED | WNOHANG) === 0) pids.push(pid);
  }
}

/** Drops ambient capabilities, so that programs run for the user do not inherit them. */
export function clearAmbientCapabilities(): void {
  prctl("clear ambient capabilities", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
}

/** Orphaned descendants become children of this process instead of pid 1. */
export function setChildSubreaper(on: boolean): void {
  prctl("become a subreaper", PR_SET_CHILD_SUBREAPER, on ? 1 : 0);
}

function prctl(operation: string, option: number, argument: number): void {
  if (libc().prctl(option, argument, 0, 0, 0) !== 0) throw new KernelError(operation, lastErrno());
}
