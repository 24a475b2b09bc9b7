import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { failure, NetloomError } from "../diagnostic.ts";
import { LabClient } from "./client.ts";
import { removeLeftovers } from "./destroy.ts";
import { diagnoseUnshare, missingUnshare } from "./diagnose.ts";
import { ensureRuntimeDirectory, runtimeDirectory } from "./directory.ts";
import { closeInherited } from "./inherited.ts";
import { lockHolder } from "./lock.ts";
import { mapIds } from "./mapping.ts";
import { labFiles, type LabFiles } from "./name.ts";
import { bootId, childrenOf, pidNamespace } from "./process.ts";
import { encodeLine, lineSplitter } from "./protocol.ts";
import type { Calls, Go, HolderProtocol, SetupMessage } from "./protocol.ts";
import { type HostPlace, type LabRecord, readRecord, recordState } from "./record.ts";

/** A program that calls hold() when it is started with the arguments `__hold NAME` after its own. */
export interface HolderEntry {
  readonly command: string;
  readonly args: readonly string[];
}

export interface LaunchOptions {
  readonly name: string;
  /** Written into the record: absolute path of the topology file, or a shape. */
  readonly file?: string | null;
  /** Default: this very program. */
  readonly entry?: HolderEntry;
  readonly directory?: string;
  /** How long to wait for somebody else who is building or ending a lab of this name; milliseconds. */
  readonly patience?: number;
  /** A lab on the machine itself, whose network outlives its holder; null or left out for a machine of its own. */
  readonly host?: HostPlace | null;
  /** Told once when waiting begins, with the pid that is waited for if it is known. */
  readonly onWaiting?: (pid: number | null) => void;
}

export type LaunchResult<P extends Calls<P> = HolderProtocol> =
  /** A new, empty lab. It goes away with `client`'s connection, until it is asked to `keep`. */
  | { readonly status: "started"; readonly client: LabClient<P>; readonly record: LabRecord }
  /** Somebody else's lab of this name is up. */
  | { readonly status: "running"; readonly record: LabRecord };

export interface Launch<P extends Calls<P> = HolderProtocol> {
  readonly ready: Promise<LaunchResult<P>>;
  /** Gives up, and takes away what was launched. `ready` rejects with `sandbox.aborted` if it has not settled. */
  readonly abort: () => Promise<void>;
}

/** In the environment of what a holder on the machine itself has started, and of nothing else. */
export const HOLDER_VARIABLE = "NETLOOM_HOLDER_OF";

/** Between two looks at a lab that somebody else is building or ending; milliseconds. */
const LOOK_AGAIN = 20;
/** How long a holder on the machine itself may take to take away what it has begun; milliseconds. */
const TIDYING = 60_000;

/**
 * Starts a new private machine. Returns at once, with the processes starting: do other work (parse the topology) before
 * awaiting `ready`, the two overlap.
 */
export function launch<P extends Calls<P> = HolderProtocol>(options: LaunchOptions): Launch<P> {
  const abort = new AbortController();
  let holder: StartedHolder | null = null;
  const ready = attempt();
  ready.catch(() => {}); // whoever awaits it later still sees the error
  return {
    ready,
    abort: async () => {
      abort.abort();
      await holder?.end();
      await ready.catch(() => {});
    },
  };

  async function attempt(): Promise<LaunchResult<P>> {
    const directory = ensureRuntimeDirectory(options.directory ?? runtimeDirectory());
    const files = labFiles(directory, options.name);
    const deadline = Date.now() + (options.patience ?? 10_000);
    for (let waiting = false; ;) {
      if (abort.signal.aborted) throw aborted(options.name);
      const { running, busy } = occupant(files);
      if (running !== null) return { status: "running", record: running };
      if (busy === null) {
        holder = start(options, directory, files);
        const result = await holder.outcome.catch((error: unknown) => {
          tidy(options, directory);
          throw abort.signal.aborted ? aborted(options.name) : error;
        });
        if (result !== "taken") {
          const { control, record } = result;
          return { status: "started", client: new LabClient<P>(options.name, control), record };
        }
      }
      if (Date.now() > deadline) throw stillBusy(options.name, busy);
      if (!waiting) options.onWaiting?.(busy ?? lockHolder(files.lock));
      waiting = true;
      await delay(LOOK_AGAIN);
    }
  }
}

/** Who has the name now: a lab that is up, or a pid that is building or ending one. */
function occupant(files: LabFiles): { running: LabRecord | null; busy: number | null } {
  const record = readRecord(files.record);
  const state = record === null ? "stale" : recordState(record, files.lock);
  if (record !== null && (state === "up" || state === "foreign")) return { running: record, busy: null };
  if (record !== null && state !== "stale") return { running: null, busy: record.holder.pid };
  return { running: null, busy: lockHolder(files.lock) };
}

interface StartedHolder {
  readonly outcome: Promise<{ control: Socket; record: LabRecord } | "taken">;
  readonly end: () => Promise<void>;
}

function start(options: LaunchOptions, directory: string, files: LabFiles): StartedHolder {
  const lock = openSync(files.lock, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  const log = openSync(
    files.log,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  );
  const handle = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  let child: ChildProcess;
  try {
    child = spawnHolder(options, [lock, log, handle]);
  } finally {
    for (const fd of [lock, log, handle]) closeSync(fd);
  }
  const control = child.stdio[3] as Socket;
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    outcome: converse(options, child, control, files),
    end: async () => {
      control.destroy();
      // It takes away what it has made, or goes back, by itself: nobody else does.
      if (options.host) return withPatience(child, exited);
      // unshare ends when it has seen the holder end, so nothing holds the lock after it. Before there is a holder, end unshare.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        const holders = childrenOf(child.pid);
        for (const pid of holders) kill(pid);
        if (holders.length === 0) child.kill("SIGKILL");
      }
      await exited;
      tidy(options, directory);
    },
  };
}

async function withPatience(child: ChildProcess, exited: Promise<void>): Promise<void> {
  const timer = setTimeout(() => child.kill("SIGKILL"), TIDYING);
  await exited;
  clearTimeout(timer);
}

/** Never hides the failure that it follows. */
function tidy({ name, host }: LaunchOptions, directory: string): void {
  // What is written down of a network that outlives its holder is needed to take it away.
  if (host) return;
  try {
    removeLeftovers(name, directory);
  } catch {
    // `ls` shows what is left, `down` removes it
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

function spawnHolder(options: LaunchOptions, [lock, log, handle]: number[]): ChildProcess {
  const entry = options.entry ?? { command: process.execPath, args: [...process.execArgv, process.argv[1]!] };
  const { NODE_EXTRA_CA_CERTS: _slow, NODE_OPTIONS: _theirs, ...env } = process.env;
  closeInherited();
  const privately = ["unshare", "--user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--keep-caps", "--"];
  const [command, ...args] = [...(options.host ? [] : privately), entry.command, ...entry.args, "__hold", options.name];
  return spawn(command, args, {
    cwd: "/", // pins no directory
    detached: true, // its own session: Ctrl-C is for the launcher to handle
    env: { ...env, NETLOOM_LAB: options.name, ...(options.host ? { [HOLDER_VARIABLE]: options.name } : {}) },
    // The last two only keep their numbers free (ROOT_MOUNTS_FD, NAMES_FD).
    stdio: ["ignore", log!, log!, "pipe", lock!, handle!, handle!, handle!],
  });
}

/** The talk that turns a fresh process into a lab: hello, map its ids, go, ready. */
function converse(
  options: LaunchOptions,
  child: ChildProcess,
  control: Socket,
  files: LabFiles,
): StartedHolder["outcome"] {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(missingUnshare(error)));
    control.on("error", () => control.destroy());
    const onExit = (): void => reject(died(options.name, tail(files.log)));
    child.once("exit", onExit);
    const split = lineSplitter((line) => {
      const message = JSON.parse(line) as SetupMessage;
      if ("hello" in message) {
        (options.host ? Promise.resolve("identity" as const) : mapIds(child.pid!)).then(
          (mapping) => control.write(encodeLine(goAhead(options, mapping))),
          (error: unknown) => reject(mappingRefused(error)),
        );
        return;
      }
      child.off("exit", onExit);
      if ("ready" in message) {
        control.off("data", split);
        child.unref(); // the connection alone keeps the launcher waiting
        resolve({ control, record: message.ready });
      } else if ("taken" in message) {
        control.destroy();
        resolve("taken");
      } else if ("failed" in message) {
        control.destroy();
        reject(new NetloomError(message.failed.diagnostics, message.failed.status));
      }
    });
    control.on("data", split);
  });
}

function goAhead(options: LaunchOptions, mapping: LabRecord["mapping"]): Go {
  return {
    name: options.name,
    file: options.file ?? null,
    boot: bootId(),
    pidNamespace: pidNamespace(),
    mapping,
    host: options.host ?? null,
    protect: mapping === "identity" && !options.host,
  };
}

function died(name: string, log: string): NetloomError {
  return (
    diagnoseUnshare(log) ??
    failure("sandbox.holder-died", `the holder of lab ${name} ended before the lab was ready`, {
      cause: log || "it printed nothing",
    })
  );
}

function mappingRefused(error: unknown): NetloomError {
  const cause = (error as Error).message;
  return failure("sandbox.mapping", "the ids of the private machine could not be mapped", {
    cause,
    hint: "run `netloom doctor`",
  });
}

function stillBusy(name: string, pid: number | null): NetloomError {
  const who = pid === null ? "another process" : `process ${pid}`;
  return failure("sandbox.busy", `lab ${name} is being built or taken down by ${who}`, {
    state: "nothing was changed",
    hint: `wait for it, or run \`netloom down ${name}\``,
  });
}

function aborted(name: string): NetloomError {
  return failure("sandbox.aborted", `the launch of lab ${name} was cancelled`);
}

/** Last lines of the holder's standard error. */
export function tail(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(-2_000).trim();
  } catch {
    return "";
  }
}
