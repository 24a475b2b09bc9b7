/**
 * Mount namespaces: made, entered and left by the calling thread alone. unshare(2) and setns(2) want a thread whose root and
 * working directory are its own; Node's threads share theirs, so this one gives the sharing up first.
 */

import { openSync } from "node:fs";
import { ERRNO } from "./errno.ts";
import { fsCall, KernelError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";
import { CLONE_FS, CLONE_NEWNS } from "./constants.ts";

const CURRENT = "/proc/thread-self/ns/mnt";

// The mount namespace this thread started in, and the one it is in while something runs in another.
let home = -1;
let current = -1;

/**
 * Makes a mount namespace that begins as a copy of the present one, with what `prepare` mounts in it. A descriptor of it
 * (close-on-exec), which the caller closes. When `prepare` throws, nothing is left.
 */
export function createMountNamespace(prepare: () => void): number {
  const before = present();
  if (libc().unshare(CLONE_NEWNS) !== 0) throw refused("create mount namespace");
  try {
    prepare();
    return fsCall("open the new mount namespace", () => openSync(CURRENT, "r"));
  } finally {
    enter(before, "go back to the mount namespace left before");
  }
}

/** Runs `fn` with this thread in the mount namespace of `fd`, and goes back. Synchronous, as `within` of namespaces is. */
export function withinMounts<T>(fd: number, fn: () => T): T {
  const before = present();
  enter(fd, "enter mount namespace");
  current = fd;
  try {
    return fn();
  } finally {
    enter(before, "go back to the mount namespace left before");
    current = before === home ? -1 : before;
  }
}

function present(): number {
  if (home === -1) home = fsCall("open the present mount namespace", () => openSync(CURRENT, "r"));
  return current === -1 ? home : current;
}

function enter(fd: number, operation: string): void {
  if (libc().unshare(CLONE_FS) !== 0) throw refused(operation);
  if (libc().setns(fd, CLONE_NEWNS) !== 0) throw refused(operation);
}

function refused(operation: string): KernelError {
  const errno = lastErrno();
  return new KernelError(operation, errno, errno === ERRNO.ENOSPC ? { hint: "raise user.max_mnt_namespaces" } : {});
}
