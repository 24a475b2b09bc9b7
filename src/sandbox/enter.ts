import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { failure, NetloomError, type Diagnostic } from "../diagnostic.ts";
import { NETNS_DIRECTORY } from "../kernel/namespace.ts";
import { connect } from "./client.ts";
import { findCommand } from "./command.ts";
import { INSIDE, runtimeDirectory } from "./directory.ts";
import { childrenOf, processStat } from "./process.ts";
import { NAMES_FD, ROOT_MOUNTS_FD } from "./protocol.ts";
import type { HostPlace } from "./record.ts";
import { recordState, type LabRecord } from "./record.ts";
import { TOOLS } from "./sudo.ts";

export interface EnterOptions {
  /** The lab; null when this process is inside of it already (see insideLab). */
  readonly record: LabRecord | null;
  readonly name: string;
  /** Node whose network namespace to enter; null for the lab's root namespace. */
  readonly node: string | null;
  readonly command: readonly string[];
  /** Directory of the lab's socket, to ask for the mounts of its node; default: where labs are, and inside the lab its own. */
  readonly directory?: string;
  /** Receives the reason if the node has no mounts of its own; the command then runs with the machine's files and /sys. */
  readonly onWarning?: (warning: Diagnostic) => void;
  /** Default: this process' own, as far as it exists inside. */
  readonly cwd?: string;
  /** Added to this process' environment; NETLOOM_LAB and NETLOOM_NODE come on top. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: this process' own streams. */
  readonly stdio?: StdioOptions;
  /** Told as soon as there is a process, whose further streams are then to be had. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface EnterResult {
  /** As a shell would report it: 128 + n after signal n, 127 not found, 126 not executable. */
  readonly code: number;
  /** Set if the way in itself was ended by a signal, before or instead of the command. */
  readonly signal: NodeJS.Signals | null;
  /** Why the command could not be run at all, with code 126 or 127. */
  readonly problem: Diagnostic | null;
}

/**
 * Waits for the command inside. nsenter's own fork would die of a Ctrl-C that the command survives, so it does not fork: it
 * becomes this shell, whose child is the first process in the lab's pid namespace. The traps are reset in that child. Its
 * standard error is put aside because shells report a child's death by signal there.
 */
const SCRIPT = `trap : HUP INT QUIT TERM USR1 USR2
cd -- "$1" 2>/dev/null || cd /
shift
exec 9>&2 2>/dev/null
(exec 2>&9 9>&-; exec "$@")
exit $?`;

/** How long the holder may take to make a node's mounts; milliseconds. It takes a few, but it may be busy. */
const PATIENCE = 2_000;

export interface EnterArguments {
  /** The holder's pid as counted here; null when inside already. */
  readonly target: number | null;
  readonly node: string | null;
  /** The holder's descriptor of the node's mount namespace; null for that of root. */
  readonly mounts: number | null;
  readonly cwd: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For a lab on the machine itself, which is not entered but for its nodes' namespaces. */
  readonly host?: HostPlace | null;
}

/** The program and arguments that run a command in a node. Pure. */
export function enterSpawnArgs(options: EnterArguments): {
  readonly command: string;
  readonly args: readonly string[];
} {
  const { target, node, mounts: fd, host } = options;
  const holder = `/proc/${target ?? 1}`;
  const net = `--net=${node === null ? `${holder}/ns/net` : `${namesOf(target)}/${node}`}`;
  // From inside, too: we may be in the mounts of another node. Never into those of the holder itself.
  const mounts = `--mount=${holder}/fd/${fd ?? ROOT_MOUNTS_FD}`;
  const places = host ? onMachine(options, host) : [net, mounts];
  const lab =
    target === null || host
      ? []
      : ["--target", String(target), "--user", "--preserve-credentials", "--pid", "--no-fork"];
  // sh drops variables whose names it could not assign (bash exports functions as BASH_FUNC_x%%): hand them on by env(1).
  const odd = Object.entries(options.env).filter(([key]) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key));
  const prefix = odd.length === 0 ? [] : ["env", ...odd.map(([key, value]) => `${key}=${value}`)];
  return {
    command: "nsenter",
    args: [...lab, ...places, "--", "/bin/sh", "-c", SCRIPT, "netloom", options.cwd, ...prefix, ...options.command],
  };
}

/** The directory of a lab's nodes, as the holder has it; null as the target when inside already. */
export function namesOf(target: number | null): string {
  return `/proc/${target ?? 1}/fd/${NAMES_FD}`;
}

/** Without a holder the command goes without the node's mounts. A dead holder has no namespace to name. */
function onMachine({ target, node, mounts: fd }: EnterArguments, { prefix }: HostPlace): string[] {
  const mounts = fd === null ? [] : [`--mount=/proc/${target}/fd/${fd}`];
  return [node === null ? "--net=/proc/self/ns/net" : `--net=${NETNS_DIRECTORY}/${prefix}${node}`, ...mounts];
}

/**
 * Runs a command inside a lab on this process' own terminal and streams, and waits for its end. Signals that this process gets
 * meanwhile go to the command. SIGINT and SIGQUIT do not while this process is in its terminal's foreground group: then
 * they are the keyboard's, and the kernel has given them to the command too.
 */
export async function enter(options: EnterOptions): Promise<EnterResult> {
  const target = options.record === null ? null : livingHolder(options.record);
  checkNode(options, target);
  const host = options.record?.host ?? null;
  const path = pathOfRoot(options.env?.["PATH"] ?? process.env["PATH"]);
  const env = {
    ...process.env,
    ...options.env,
    PATH: host ? path : `${TOOLS}:${path}`,
    NETLOOM_LAB: options.name,
    NETLOOM_NODE: options.node ?? undefined,
  };
  const cwd = cwdInside(options.cwd ?? process.cwd(), host ? null : target);
  const tool = host === null && options.command[0] === "sudo";
  const problem = tool ? null : commandProblem(options.command, path, cwd);
  if (problem !== null) return problem;
  const mounts = options.node === null ? null : await askForMounts(options, options.node);
  const { command, args } = enterSpawnArgs({ ...options, target, mounts, cwd, env, host });
  // Before there is a command: it may be running, and have said so, before spawn() returns.
  const signals = forwardSignals();
  try {
    const child = spawn(command, args, { stdio: options.stdio ?? "inherit", env });
    signals.to(child);
    options.onStart?.(child);
    return await new Promise((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => reject(notEntered(error)));
      child.once("exit", (code, signal) => resolve({ code: code ?? 128, signal, problem: null }));
    });
  } finally {
    signals.stop();
  }
}

/** The holder makes a node's mounts when they are first needed. If it cannot, that is reported, and the command goes without. */
async function askForMounts(
  { name, record, directory, onWarning }: EnterOptions,
  node: string,
): Promise<number | null> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error(`no answer within ${PATIENCE / 1_000} seconds`)), PATIENCE);
  try {
    await using client = await connect(name, directory ?? (record === null ? INSIDE : runtimeDirectory()));
    return await client.request("mounts", { node }, { signal: patience.signal });
  } catch (error) {
    const diagnostic = error instanceof NetloomError ? error.diagnostics[0] : undefined;
    const because = diagnostic?.cause ?? diagnostic?.summary ?? (error as Error).message;
    onWarning?.({
      code: "sandbox.no-mounts",
      severity: "warning",
      summary: `${node} has no /etc/hosts, /etc/resolv.conf and /sys of its own here: the lab's holder cannot provide them`,
      cause: because,
      state: "the command still runs in the node's network, with the lab's files",
    });
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Inside we are root, who has `ip`, `brctl` and `iptables` on the path; an ordinary user's on Debian lacks their folders. */
function pathOfRoot(path: string | undefined): string {
  const folders = (path || "/usr/local/bin:/usr/bin:/bin").split(":").filter((folder) => folder !== TOOLS);
  return [...folders, ...["/usr/local/sbin", "/usr/sbin", "/sbin"].filter((folder) => !folders.includes(folder))].join(
    ":",
  );
}

const FORWARDED = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGQUIT"] as const;

/** Between two looks for the command of a signal that came before the command was started; milliseconds. */
const LOOK_AGAIN = 5;

/** Takes this process' signals from now on, and hands them on as soon as there is a command to take them. */
function forwardSignals(): { readonly to: (child: ChildProcess) => void; readonly stop: () => void } {
  let child: ChildProcess | null = null;
  const timers = new Set<NodeJS.Timeout>();
  const deliver = (signal: NodeJS.Signals): void => {
    if (child !== null && (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)) return;
    const commands = child === null ? [] : commandsOf(child.pid!);
    for (const pid of commands) kill(pid, signal);
    if (commands.length > 0) return;
    const timer = setTimeout(() => (timers.delete(timer), deliver(signal)), LOOK_AGAIN);
    timers.add(timer);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if ((signal === "SIGINT" || signal === "SIGQUIT") && inForeground()) return;
    deliver(signal);
  };
  for (const signal of FORWARDED) process.on(signal, onSignal);
  return {
    to: (started) => (child = started),
    stop: () => {
      for (const signal of FORWARDED) process.off(signal, onSignal);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** What the waiting shell has started. Between fork and exec that is still a shell, which would swallow the signal. */
function commandsOf(waiting: number): number[] {
  // In this order: once it has a child it is the shell, and no longer nsenter.
  const children = childrenOf(waiting);
  const shell = commandLine(waiting);
  return children.filter((pid) => commandLine(pid) !== shell);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return ""; // it has ended
  }
}

function inForeground(): boolean {
  const self = processStat("self");
  return self !== null && self.terminal !== 0 && self.foreground === self.group;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended just now
  }
}

function livingHolder(record: LabRecord): number {
  const state = recordState(record, null);
  if (state === "stale" || state === "foreign") {
    throw failure("sandbox.no-lab", `lab ${record.name} is not running here`, {
      cause: `it is ${state}`,
      hint: "run `netloom ls`",
    });
  }
  return record.holder.pid;
}

function checkNode({ node, name, record }: EnterOptions, target: number | null): void {
  if (node === null) return;
  const file = record?.host ? `${NETNS_DIRECTORY}/${record.host.prefix}${node}` : `${namesOf(target)}/${node}`;
  if (node.includes("/") || node === "." || node === ".." || !existsSync(file)) {
    throw failure("sandbox.no-node", `lab ${name} has no node ${JSON.stringify(node)}`, {
      hint: `run \`netloom inspect ${name}\` to see its nodes`,
    });
  }
}

/** These directories are others inside: a path there would name something else. */
function cwdInside(cwd: string, target: number | null): string {
  return target !== null && /^\/(?:run|var\/run|proc|sys)(?:\/|$)/.test(cwd) ? "/" : cwd;
}

function commandProblem(command: readonly string[], path: string, cwd: string): EnterResult | null {
  const program = command[0];
  if (!program) throw failure("sandbox.no-command", "there is no command to run", {}, 2);
  const found = findCommand(program, path, cwd);
  if (found === "found") return null;
  const problem = { code: `sandbox.command-${found}`, severity: "error" } as const;
  return found === "missing"
    ? { code: 127, signal: null, problem: { ...problem, summary: `${program}: command not found` } }
    : {
        code: 126,
        signal: null,
        problem: { ...problem, summary: `${program}: cannot be executed`, cause: "permission denied" },
      };
}

function notEntered(error: NodeJS.ErrnoException) {
  if (error.code !== "ENOENT")
    return failure("sandbox.enter", "the lab could not be entered", { cause: error.message });
  return failure("sandbox.nsenter-missing", "the program nsenter is missing", {
    hint: "install the package util-linux",
  });
}
