/** What is written down of a lab on the machine: its state, and while it is changed, the journal. Both can be lost. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { fsCall } from "../kernel/error.ts";
import { admitOne } from "../kernel/gate.ts";
import type { Model, NicUse } from "../model/index.ts";
import { bootId, type LabFiles } from "../sandbox/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";

/** A sysctl of root as it was before the lab. */
export interface Remembered {
  readonly value: string;
  /** When, milliseconds of the epoch: of two labs that changed it the earlier one knows the machine's own. */
  readonly at: number;
}

/** An interface that the lab has borrowed. */
export interface NicRecord {
  readonly use: NicUse;
  /** A packed NicState: what it had as the machine's own. */
  readonly state: unknown;
  /** False while it is unknown whether the machine can still be reached: if the holder ends, the change is reverted. */
  readonly proven: boolean;
  /** Of the holder's attempt. */
  readonly token: string;
}

export interface HostState {
  readonly version: 1;
  readonly boot: string;
  /** What the lab is equal to, with names as they are on the machine. Null while it is made for the first time. */
  readonly topology: ResolvedTopology | null;
  readonly sysctls: Readonly<Record<string, Remembered>>;
  /** Interfaces of the machine that the lab has; none when left out. */
  readonly nics?: readonly NicRecord[];
}

/** Before a change the holder records the old and the new state; whoever finds the journal later completes or reverts the change. */
export interface Journal {
  readonly version: 1;
  readonly boot: string;
  readonly before: Model;
  readonly after: Model;
}

export const NO_STATE: HostState = { version: 1, boot: "", topology: null, sysctls: {} };

/** Null when there is none, when it cannot be read, or if the machine has been rebooted since. */
export function readState(files: LabFiles): HostState | null {
  return current(read(files.state) as HostState | null);
}

export function writeState(files: LabFiles, state: HostState): void {
  write(files.state, { ...state, boot: bootId() });
}

export function readJournal(files: LabFiles): Journal | null {
  return current(read(files.journal) as Journal | null);
}

export function writeJournal(files: LabFiles, { before, after }: Pick<Journal, "before" | "after">): void {
  write(files.journal, { version: 1, boot: bootId(), before, after } satisfies Journal);
}

export function removeJournal(files: LabFiles): void {
  admitOne("remove the journal");
  rmSync(files.journal, { force: true });
}

function current<T extends { readonly version: 1; readonly boot: string }>(value: T | null): T | null {
  return value?.version === 1 && value.boot === bootId() ? value : null;
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** The old text or the new one, also after a power failure. */
function write(file: string, value: object): void {
  admitOne(`write ${file}`);
  fsCall(`write ${file}`, () => {
    const fd = openSync(`${file}.new`, "w", 0o600);
    try {
      const bytes = Buffer.from(JSON.stringify(value));
      for (let sent = 0; sent < bytes.length;) sent += writeSync(fd, bytes, sent);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${file}.new`, file);
    const folder = openSync(path.dirname(file), "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  });
}
