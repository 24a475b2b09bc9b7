import { failure } from "../diagnostic.ts";

/** Longest lab name: with every suffix it stays a file name, and it fits a shell prompt. */
const LONGEST = 64;

/** What is wrong with a lab's name, or null. A name becomes part of paths and prompts, so the alphabet is small. */
export function labNameProblem(name: string): string | null {
  if (name === "") return "it is empty";
  if (name.length > LONGEST) return `it is longer than ${LONGEST} characters`;
  if (!/^[A-Za-z0-9_]/.test(name)) return "it must begin with a letter, a digit or _";
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) return "only letters, digits, _, . and - are allowed";
  return null;
}

/** Throws (status 2) unless the name can be a lab's. */
export function checkLabName(name: string): void {
  const problem = labNameProblem(name);
  if (problem !== null) {
    throw failure("sandbox.lab-name", `${JSON.stringify(name)} cannot be the name of a lab`, { cause: problem }, 2);
  }
}

/** The files that a lab has in the runtime directory. */
export interface LabFiles {
  /** Held with flock(2) by the holder for as long as the lab lives. */
  readonly lock: string;
  /** Unix socket that the holder listens on. */
  readonly socket: string;
  /** The {@link LabRecord}. */
  readonly record: string;
  /** Standard error of the holder. */
  readonly log: string;
  /** Of a lab on the machine itself: what it was made of, and what of the machine was changed for it. */
  readonly state: string;
  /** Of such a lab, while it is being changed: what it was and what it shall be. */
  readonly journal: string;
  /** Folder of its programs' and nodes' files. */
  readonly folder: string;
}

/** File names of a lab, relative to `directory`. Checks the name first. */
export function labFiles(directory: string, name: string): LabFiles {
  checkLabName(name);
  const base = `${directory}/${name}`;
  return {
    lock: `${base}.lock`,
    socket: `${base}.sock`,
    record: `${base}.json`,
    log: `${base}.log`,
    ...hostFiles(base),
  };
}

function hostFiles(base: string): Pick<LabFiles, "state" | "journal" | "folder"> {
  return { state: `${base}.state`, journal: `${base}.journal`, folder: `${base}.d` };
}
