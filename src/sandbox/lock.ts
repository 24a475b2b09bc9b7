import { closeSync, constants, openSync, readFileSync, statSync } from "node:fs";
import { tryLock } from "../kernel/flock.ts";

/**
 * The pid that holds the flock(2) on a file by /proc/locks, or null. Says nothing about holders outside this pid
 * namespace, so "null" is a hint, never a proof; the proof is to take the lock.
 */
export function lockHolder(path: string): number | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return null;
  try {
    return parseLocks(readFileSync("/proc/locks", "latin1"), stat.ino);
  } catch {
    return null;
  }
}

/** Lines are `1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`; proc_locks(5). Those that wait have `->` after the number. */
export function parseLocks(text: string, inode: number): number | null {
  for (const line of text.split("\n")) {
    const match = /^\d+: FLOCK +ADVISORY +WRITE +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line);
    if (match && Number(match[2]) === inode) return Number(match[1]);
  }
  return null;
}

/** The proof: nobody holds the lock, wherever they are. Takes it for a moment, so ask only where /proc cannot tell. */
export function isUnlocked(path: string): boolean {
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      return tryLock(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
