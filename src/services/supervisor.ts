/** One process of a node: started, listened to, started again as asked, stopped with all that it has started. */

import type { ChildProcess } from "node:child_process";
import type { Process } from "../model/index.ts";
import type { Log, LogLine } from "./log.ts";
import type { SpawnInNode } from "./spawn.ts";

export interface SupervisorOptions {
  readonly node: string;
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly restart: Process["restart"];
  readonly log: Log;
  readonly spawn: SpawnInNode;
}

/** `waiting`: to be started again. `ended`: by itself, and it stays so. */
export type State = "new" | "running" | "waiting" | "ended" | "stopped";

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Milliseconds: the first pause, the longest, and how long it has to run to be forgiven. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;
const STEADY = 10_000;
/** From SIGTERM to SIGKILL. */
const GRACE = 2_000;

export class Supervisor {
  readonly options: SupervisorOptions;
  state: State = "new";
  restarts = 0;
  /** How it ended last. */
  ending: Ending | null = null;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pause = FIRST_PAUSE;
  #startedAt = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  get pid(): number | null {
    return this.state === "running" ? (this.#child?.pid ?? null) : null;
  }

  start(): void {
    const { node, command, environment, directory, log, spawn } = this.options;
    this.#timer = null;
    this.#startedAt = performance.now();
    this.state = "running";
    try {
      // In its own session, so that its children can be ended with it.
      const options = { cwd: directory, env: environment, detached: true, stdio: ["ignore", "pipe", "pipe"] } as const;
      const child = spawn(node, command[0]!, command.slice(1), options as never);
      this.#child = child;
      for (const [stream, source] of [
        ["out", child.stdout],
        ["err", child.stderr],
      ] as const) {
        source?.setEncoding("utf8");
        source?.on("data", (text: string) => log.write(stream, text));
        source?.on("close", () => log.end(stream));
      }
      child.once("exit", (code, signal) => this.#ended(child, { code, signal }));
      child.once("error", (error) => {
        log.note(`cannot be started: ${error.message}`);
        if (child.pid === undefined) this.#ended(child, { code: 127, signal: null });
      });
    } catch (error) {
      log.note(`cannot be started: ${(error as Error).message}`);
      this.#child = null;
      // After start() has returned, as when the child reports an error.
      queueMicrotask(() => this.#ended(null, { code: 127, signal: null }));
    }
  }

  /** Ends it and everything in its session; resolves when it is gone. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const running = this.state === "running";
    this.state = "stopped";
    if (!running || child?.pid === undefined) return;
    const gone = new Promise<void>((resolve) => this.#waiting.push(resolve));
    signalGroup(child.pid, "SIGTERM");
    const force = setTimeout(() => signalGroup(child.pid!, "SIGKILL"), GRACE);
    await gone;
    clearTimeout(force);
    // What it has left in its session.
    signalGroup(child.pid, "SIGKILL");
  }

  signal(signal: NodeJS.Signals): void {
    if (this.state === "running") this.#child?.kill(signal);
  }

  /** Resolves when it has ended next. */
  ended(): Promise<void> {
    if (this.state !== "running") return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How it ended and its last output, as one string. */
  lastWords(count = 5): string {
    const said = this.options.log
      .lines()
      .filter(({ stream }) => stream !== "note")
      .slice(-count);
    return [...(this.ending === null ? [] : [endingText(this.ending)]), ...said.map(({ text }: LogLine) => text)].join(
      "\n",
    );
  }

  #ended(child: ChildProcess | null, ending: Ending): void {
    if (child !== this.#child) return;
    const { restart, log } = this.options;
    this.ending = ending;
    log.note(endingText(ending));
    if (this.state !== "stopped") {
      const failed = ending.code !== 0;
      if (restart === "always" || (restart === "on-failure" && failed)) this.#restartLater();
      else this.state = "ended";
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #restartLater(): void {
    if (performance.now() - this.#startedAt >= STEADY) this.#pause = FIRST_PAUSE;
    this.state = "waiting";
    this.restarts++;
    this.#timer = setTimeout(() => this.start(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}

export function endingText({ code, signal }: Ending): string {
  return signal === null ? `exit status ${code}` : `ended by ${signal}`;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // it is gone
  }
}
