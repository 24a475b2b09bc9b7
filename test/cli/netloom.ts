/** Runs the built program as its user would, with a runtime directory of the test's own. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const PROGRAM = fileURLToPath(new URL("../../bin/netloom", import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A place for labs and files; whatever is still up at the end of the test file is taken down. */
export class Bench {
  readonly folder: string = mkdtempSync(path.join(tmpdir(), "netloom-test-"));
  readonly labs: string = path.join(this.folder, "labs");

  constructor() {
    afterAll(async () => {
      await this.run("down", "--all");
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  file(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  start(args: readonly string[], options: RunOptions = {}): ChildProcess {
    const { NODE_EXTRA_CA_CERTS: _slow, NETLOOM_LAB: _lab, NETLOOM_NODE: _node, ...env } = process.env;
    return spawn(PROGRAM, args, {
      cwd: options.cwd ?? this.folder,
      env: { ...env, NETLOOM_RUNTIME_DIR: this.labs, ...options.env },
      stdio: "pipe",
    });
  }

  async run(...args: (string | RunOptions)[]): Promise<Outcome> {
    const options = args.find((one): one is RunOptions => typeof one !== "string") ?? {};
    const child = this.start(
      args.filter((one) => typeof one === "string"),
      options,
    );
    child.stdin?.on("error", () => {}).end(options.input ?? "");
    return outcome(child);
  }

  /** Standard output of a --json run, read. */
  async json<T = Record<string, unknown>>(
    ...args: (string | RunOptions)[]
  ): Promise<T & { netloom: number; kind: string }> {
    const { stdout } = await this.run(...args, "--json");
    return JSON.parse(stdout) as T & { netloom: number; kind: string };
  }

  /** Files of labs, which are all that a dead lab could leave. */
  left(): string[] {
    try {
      return readdirSync(this.labs);
    } catch {
      return [];
    }
  }
}

export function outcome(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

/** Resolves when the stream has said this. */
export function says(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
    child.once("close", () => reject(new Error(`ended without saying ${text}: ${seen}`)));
  });
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
