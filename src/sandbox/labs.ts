import { existsSync, readdirSync } from "node:fs";
import { checkRuntimeDirectory, runtimeDirectory } from "./directory.ts";
import { lockHolder } from "./lock.ts";
import { labFiles, labNameProblem } from "./name.ts";
import { bootId } from "./process.ts";
import { readRecord, recordState, type LabRecord, type RecordState } from "./record.ts";

export interface LabEntry {
  readonly name: string;
  /** `stale`: files of a lab that is dead; `broken`: half of it is; `foreign`: of another pid namespace. */
  readonly state: RecordState;
  /** Null while it is too young to have one, or when it was damaged. */
  readonly record: LabRecord | null;
}

/** Every lab of this user, by name. Reads files and /proc only: cheap, and true even when a holder hangs. */
export function listLabs(directory: string = runtimeDirectory()): LabEntry[] {
  if (!checkRuntimeDirectory(directory)) return [];
  const names = new Set<string>();
  for (const entry of readdirSync(directory)) {
    const match = /^(.+)\.(?:lock|json|sock|log|state|journal)$/.exec(entry);
    if (match?.[1] && labNameProblem(match[1]) === null) names.add(match[1]);
  }
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const sorted = [...names];
  sorted.sort(compare);
  return sorted.map((name) => findLab(name, directory)).filter((entry) => entry !== null);
}

/** One lab, or null when there is no trace of it. */
export function findLab(name: string, directory: string = runtimeDirectory()): LabEntry | null {
  const files = labFiles(directory, name);
  if (!checkRuntimeDirectory(directory)) return null;
  const record = readRecord(files.record);
  if (record !== null) {
    const state = recordState(record, files.lock);
    const outlived = state === "stale" && record.host !== undefined && record.boot === bootId();
    if (!outlived) return { name, state, record };
    // Nobody has ended the change that the journal tells of.
    return { name, state: existsSync(files.journal) ? "broken" : "unwatched", record };
  }
  if (lockHolder(files.lock) !== null) return { name, state: "building", record: null };
  const left = readdirSync(directory).some((entry) => Object.values(files).includes(`${directory}/${entry}`));
  return left ? { name, state: "stale", record: null } : null;
}

/** The lab that this process runs inside of (a shell or command started by netloom), and its node. */
export function insideLab(
  env: Readonly<Record<string, string | undefined>> = process.env,
): { name: string; node: string | null } | null {
  const name = env["NETLOOM_LAB"];
  return name && labNameProblem(name) === null ? { name, node: env["NETLOOM_NODE"] || null } : null;
}
