// Drives bin/netloom as its user would: a process of its own, a runtime directory of its own, nothing left afterwards.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import { PATH } from "../support/witnesses.ts";

export const ROOT_FOLDER = fileURLToPath(new URL("../..", import.meta.url));
export const NETLOOM = join(ROOT_FOLDER, "bin", "netloom");

export interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly seen: { out: string; err: string };
  readonly ended: Promise<Outcome>;
  /** Of the program itself, while something that it started may hold its streams open. */
  readonly exited: Promise<Pick<Outcome, "code" | "signal">>;
  /** True from the moment it has ended. */
  readonly over: () => boolean;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  /** The test itself writes the input, and ends it. */
  readonly open?: true;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Its own session, and so its own process group. */
  readonly detached?: boolean;
  /** Runs this instead of the program, with the program's environment. */
  readonly command?: string;
}

export type Document<T> = T & { readonly netloom: number; readonly kind: string };

export interface Program {
  /** A scratch folder, for files of the test. */
  readonly folder: string;
  /** Where the program keeps its labs: a folder that nobody else uses. */
  readonly labs: string;
  readonly env: NodeJS.ProcessEnv;
  start(args: readonly string[], options?: RunOptions): Running;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** The document of a run with --json. */
  json<T = Record<string, unknown>>(args: readonly string[], options?: RunOptions): Promise<Document<T>>;
  /** Writes a file into the scratch folder; its path. */
  file(name: string, text: string | Buffer): string;
  /** Files in the runtime directory. */
  files(): string[];
  /** Every process that a command of this test has left or is running, by pid. */
  processes(): number[];
  /** Waits until there is neither a file nor a process. */
  clean(): Promise<void>;
}

/** Call once at the top of a test file. */
export function program(): Program {
  const folder = mkdtempSync(join(tmpdir(), "netloom-e2e-"));
  const labs = join(folder, "labs");
  const { NODE_EXTRA_CA_CERTS: _slow, NETLOOM_LAB: _lab, NETLOOM_NODE: _node, ...rest } = process.env;
  const env: NodeJS.ProcessEnv = { ...rest, PATH, NETLOOM_RUNTIME_DIR: labs, NO_COLOR: "1", LC_ALL: "C" };
  const mark = `NETLOOM_RUNTIME_DIR=${labs}\0`;

  const start: Program["start"] = (args, options = {}) => {
    const child = spawn(options.command ?? NETLOOM, args, {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      detached: options.detached ?? false,
      stdio: "pipe",
    });
    const seen = { out: "", err: "" };
    let over = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (seen.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (seen.err += text));
    child.stdin.on("error", () => {}); // it did not want to read
    if (options.open !== true) child.stdin.end(options.input ?? "");
    const ended = new Promise<Outcome>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => (over = true));
      child.once("close", (code, signal) => resolve({ ...seen, code, signal }));
    });
    const exited = new Promise<Pick<Outcome, "code" | "signal">>((resolve) =>
      child.once("exit", (code, signal) => resolve({ code, signal })),
    );
    return { child, seen, ended, exited, over: () => over };
  };

  const files = (): string[] => (existsSync(labs) ? readdirSync(labs) : []);
  const processes = (): number[] =>
    readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => textOf(`/proc/${pid}/environ`).includes(mark) && !isZombie(pid));

  afterAll(async () => {
    // A failed test may have left labs.
    spawnSync(NETLOOM, ["down", "--all"], { env, stdio: "ignore" });
    for (const pid of processes()) killIfThere(pid);
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    folder,
    labs,
    env,
    start,
    run: (args, options) => start(args, options).ended,
    json: async <T>(args: readonly string[], options?: RunOptions) =>
      JSON.parse((await start([...args, "--json"], options).ended).out) as Document<T>,
    file: (name, text) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    files,
    processes,
    clean: async () => {
      await expect.poll(processes, POLL).toEqual([]);
      await expect.poll(files, POLL).toEqual([]);
    },
  };
}

/** One that has ended since somebody looked is no failure: with the first of a pid namespace end all others of it. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** How often a condition is looked at, and how long it may take to come true at most; milliseconds. */
export const POLL = { interval: 5, timeout: 20_000 };

/** Waits until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, POLL).toBe(true);
}

export function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/** Also of a process whose parent has not been told of its end yet. */
function isZombie(pid: number): boolean {
  return /\) [ZX] /.test(textOf(`/proc/${pid}/stat`)) || textOf(`/proc/${pid}/stat`) === "";
}

/** What of the real machine a lab could show up in. */
export function machine(): Record<string, string> {
  const sysctls = [
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/forwarding",
    "kernel/panic",
    "kernel/hostname",
    "vm/swappiness",
  ];
  return {
    // Only of the kinds that a lab has: disks come and go by themselves.
    mounts:
      textOf("/proc/self/mounts")
        .match(/^(proc|sysfs|nsfs|tmpfs) .*/gm)
        ?.join("\n") ?? "",
    // Not the counters: they move by themselves.
    links: readdirSync("/sys/class/net").join(" "),
    addresses: textOf("/proc/net/fib_trie"),
    routes: textOf("/proc/net/route"),
    netns: existsSync("/run/netns") ? readdirSync("/run/netns").join(" ") : "",
    ...Object.fromEntries(sysctls.map((name) => [name, textOf(`/proc/sys/${name}`)])),
  };
}
