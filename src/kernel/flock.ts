/** Advisory locks that live as long as an open file description: "lock free" means "its holder is dead". */

import { ERRNO } from "./errno.ts";
import { KernelError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";
import { FD_CLOEXEC, F_GETFD, F_SETFD, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN } from "./constants.ts";

/** Takes the lock if it is free; false if another process has it. Never waits. */
export function tryLock(fd: number, kind: "exclusive" | "shared" = "exclusive"): boolean {
  if (libc().flock(fd, (kind === "exclusive" ? LOCK_EX : LOCK_SH) | LOCK_NB) === 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.EAGAIN) return false;
  // With LOCK_NB it has no other reason to fail: the engine has been at work between the call and the question.
  if (errno === ERRNO.EINTR || errno === ERRNO.ENOMEM) return tryLock(fd, kind);
  throw new KernelError("lock a file", errno);
}

/** Gives the lock back; closing the last descriptor of the open file does too. */
export function unlock(fd: number): void {
  if (libc().flock(fd, LOCK_UN) !== 0) throw new KernelError("unlock a file", lastErrno());
}

/** Whether `fd` is closed in children on execve. */
export function setCloseOnExec(fd: number, on: boolean): void {
  const c = libc();
  const flags = c.fcntl(fd, F_GETFD, 0);
  if (flags < 0 || c.fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) < 0) {
    throw new KernelError(`set close-on-exec of descriptor ${fd}`, lastErrno());
  }
}
