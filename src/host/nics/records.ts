/** What is written down of interfaces that a lab has borrowed: before anything is done to them, so that it can be undone. */

import { closeSync, existsSync, openSync } from "node:fs";
import path from "node:path";
import { tryLock } from "../../kernel/index.ts";
import type { LabFiles } from "../../sandbox/index.ts";
import { NO_STATE, type NicRecord, readState, writeState } from "../state.ts";

/** Between two looks at a lock, milliseconds. */
const LOOK_AGAIN = 5;
const PATIENCE = 20_000;

export function readRecords(files: LabFiles): readonly NicRecord[] {
  return readState(files)?.nics ?? [];
}

export function writeRecords(files: LabFiles, nics: readonly NicRecord[]): void {
  writeState(files, { ...(readState(files) ?? NO_STATE), nics });
}

/** One at a time of a holder, its watch, and a command that cleans up after both: the lock is on the runtime directory. */
export function withLock<T>(files: LabFiles, action: () => T): T {
  const folder = path.dirname(files.state);
  // Then no other process is at work, and nothing is recorded that could be restored.
  if (!existsSync(folder)) return action();
  const fd = openSync(folder, "r");
  try {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    // Who has it for that long hangs: then two of them are better than none.
    for (let left = PATIENCE / LOOK_AGAIN; !tryLock(fd) && left > 0; left--) Atomics.wait(pause, 0, 0, LOOK_AGAIN);
    return action();
  } finally {
    closeSync(fd);
  }
}
