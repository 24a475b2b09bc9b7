import { readFileSync, readlinkSync, readdirSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
  readonly start: string;
}

/** What /proc/PID/stat says; proc_pid_stat(5). */
export interface ProcessStat {
  readonly pid: number;
  /** R, S, D, Z … */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** Controlling terminal's device number, 0 for none. */
  readonly terminal: number;
  /** Foreground process group of that terminal. */
  readonly foreground: number;
  readonly start: string;
}

/** Splits one line of /proc/PID/stat. The command name may contain anything, so fields count from the last `)`. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const number = (index: number): number => Number(fields[index]);
  return {
    pid: Number.parseInt(text, 10),
    state: fields[0] ?? "?",
    parent: number(1),
    group: number(2),
    terminal: number(4),
    foreground: number(5),
    start: fields[19] ?? "",
  };
}

/** Null when there is no such process. */
export function processStat(pid: number | "self"): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null;
  }
}

/** True while that very process runs; a zombie does not count. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = processStat(identity.pid);
  return stat !== null && stat.start === identity.start && stat.state !== "Z" && stat.state !== "X";
}

/** True while that very process is stopped, by SIGSTOP or a debugger. */
export function isStopped(identity: ProcessIdentity): boolean {
  const stat = processStat(identity.pid);
  return stat !== null && stat.start === identity.start && (stat.state === "T" || stat.state === "t");
}

/** Sends the signal if the process is still the same one. False when it was gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** Children of a process: from /proc/PID/task/PID/children, or a walk over /proc where the kernel lacks that file. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
  } catch {
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((child) => processStat(child)?.parent === pid);
  }
}

/** Changes with every boot; tells a record of before the last one. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return "";
  }
}

/** Identity of the pid namespace that this process' pid numbers are of. */
export function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
