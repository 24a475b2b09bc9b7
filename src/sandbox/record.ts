import { closeSync, constants, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isUnlocked } from "./lock.ts";
import { bootId, isAlive, pidNamespace, type ProcessIdentity } from "./process.ts";
import type { MappingKind } from "./mapping.ts";

/** Where on the real machine a lab is. */
export interface HostPlace {
  /** Of the names of its namespaces, before the node's name. */
  readonly prefix: string;
}

const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

/** What the holder writes down about its lab in NAME.json. Pids are as the launching process counted them. */
export interface LabRecord {
  /** Says what there is beside `name`, `state`, `launcher`, `holder`, `boot`, `pidNamespace` and `host`, which never change. */
  readonly version: number;
  readonly name: string;
  /** As the holder last said; whether it still lives is another question, see {@link recordState}. */
  readonly state: "building" | "up" | "broken";
  /** Topology file, absolute, or a shape; null for a lab without one. */
  readonly file: string | null;
  /** False: the lab goes away with the process that launched it. */
  readonly kept: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The `unshare` process; the holder is its only child. */
  readonly launcher: ProcessIdentity;
  /** pid 1 of the lab's pid namespace. */
  readonly holder: ProcessIdentity;
  readonly boot: string;
  /** The namespace in which those pids count, `pid:[4026531836]`. */
  readonly pidNamespace: string;
  readonly mapping: MappingKind;
  /** Set for a lab on the machine itself. */
  readonly host?: HostPlace;
  /** What the surroundings (a container) did not allow. */
  readonly warnings: readonly string[];
}

/**
 * `foreign`: alive, but in another pid namespace, so that nothing more can be said or done from here. `unwatched`: a lab on
 * the machine itself whose holder has ended; its network is there.
 */
export type RecordState = "building" | "up" | "broken" | "stale" | "foreign" | "unwatched";

/** Null when there is none, or when it cannot be read as one. */
export function readRecord(path: string): LabRecord | null {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<LabRecord> | null;
    return typeof value?.version === "number" && value.holder && value.launcher ? (value as LabRecord) : null;
  } catch {
    return null;
  }
}

/** Readers see the old record or the new one, never half of one. */
export function writeRecord(path: string, record: LabRecord): void {
  // What a link leads to is not ours to write.
  const fd = openSync(`${path}.new`, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, JSON.stringify(record));
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
}

/** Whether a lab lives, by its processes alone, or its lock when they cannot be seen: no round trip to the holder. */
export function recordState(record: LabRecord, lock: string | null): RecordState {
  if (record.boot !== bootId()) return "stale";
  // A container that was started again has another pid namespace: what lived in the one before is dead.
  if (record.pidNamespace !== pidNamespace()) return lock !== null && isUnlocked(lock) ? "stale" : "foreign";
  if (!isAlive(record.holder)) return "stale";
  // unshare takes its child along when it dies, so this is a moment, or somebody meddled.
  return isAlive(record.launcher) ? record.state : "broken";
}
