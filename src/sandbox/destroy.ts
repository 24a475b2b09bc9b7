import { closeSync, constants, openSync, rmSync, unlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../diagnostic.ts";
import { tryLock } from "../kernel/flock.ts";
import { checkRuntimeDirectory, runtimeDirectory } from "./directory.ts";
import { lockHolder } from "./lock.ts";
import { labFiles } from "./name.ts";
import { isAlive, processStat, signalProcess, type ProcessIdentity } from "./process.ts";
import { readRecord, recordState } from "./record.ts";

export interface DestroyOptions {
  readonly directory?: string;
  /** How long the end of its processes may take; milliseconds. */
  readonly patience?: number;
  /** Called when its processes have ended, before its files go; nobody can start the lab meanwhile. */
  readonly beforeFiles?: () => void;
}

const LOOK_AGAIN = 2;

/**
 * Ends a lab, whatever state it is in, and removes its files. Resolves to false when there was nothing. Ending the holder,
 * pid 1 of the lab, makes the kernel end every process of the lab, and drop its namespaces a little later on its own.
 */
export async function destroyLab(name: string, options: DestroyOptions = {}): Promise<boolean> {
  const directory = options.directory ?? runtimeDirectory();
  const files = labFiles(directory, name);
  if (!checkRuntimeDirectory(directory)) return false;
  const deadline = Date.now() + (options.patience ?? 10_000);
  let existed = false;
  // More than once around only if it was just being born, or somebody started it anew meanwhile.
  for (;;) {
    const record = readRecord(files.record);
    existed ||= record !== null;
    const state = record === null ? "stale" : recordState(record, files.lock);
    if (record !== null && state !== "stale" && state !== "foreign") {
      for (const identity of [record.holder, record.launcher]) signalProcess(identity, "SIGKILL");
      await gone([record.holder, record.launcher], deadline);
    }
    const removed = removeLeftovers(name, directory, options.beforeFiles);
    if (removed !== "held") return existed || removed;
    existed = true;
    if (record !== null && state === "foreign") throw foreign(name, record.pidNamespace);
    if (Date.now() > deadline) throw undying(name, lockHolder(files.lock));
    await delay(LOOK_AGAIN);
  }
}

/** Removes a dead lab's files. True if there were any; `held` when the lab is not dead. */
export function removeLeftovers(name: string, directory: string, beforeFiles?: () => void): boolean | "held" {
  const files = labFiles(directory, name);
  const lock = openLock(files.lock);
  try {
    // With the lock in hand nobody can be starting the lab on the very files that are removed here.
    if (lock !== null && !tryLock(lock)) return "held";
    beforeFiles?.();
    rmSync(files.folder, { recursive: true, force: true });
    const written = [files.record, files.state, files.journal].flatMap((path) => [path, `${path}.new`]);
    return [files.socket, ...written, files.log, files.lock].map(remove).includes(true);
  } finally {
    if (lock !== null) closeSync(lock);
  }
}

/** Waits for processes to end. A pid 1 that was killed first sees all of its namespace's processes to their end. */
async function gone(processes: readonly ProcessIdentity[], deadline: number): Promise<void> {
  while (processes.some(isAlive)) {
    if (Date.now() > deadline) return; // the lock decides
    await delay(LOOK_AGAIN);
  }
}

function openLock(path: string): number | null {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function remove(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function foreign(name: string, namespace: string) {
  return failure("sandbox.foreign", `lab ${name} was started in another pid namespace`, {
    cause: `its processes are numbered in ${namespace}`,
    hint: "take it down where it was started: outside this lab or container",
  });
}

function undying(name: string, pid: number | null) {
  const state = pid === null ? "" : ` (process ${pid}, state ${processStat(pid)?.state ?? "unknown"})`;
  return failure("sandbox.undying", `lab ${name} is still held${state}`, {
    state: "its files were kept",
    hint: `run \`netloom down ${name}\` again`,
  });
}
