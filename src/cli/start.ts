/**
 * From a FILE to a lab with its network in it: what `up` and `run` have in common. The private machine starts while the
 * file is being read, since neither needs the other; only the lab's name has to be guessed for that.
 */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import path from "node:path";
import type { Diagnostic } from "../diagnostic.ts";
import { labNameProblem, launch } from "../sandbox/index.ts";
import type { LabClient, LabRecord, Launch } from "../sandbox/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { labNameFrom } from "../topology/names.ts";
import { say } from "./failure.ts";
import { confirmTime, type HostFlags, placeFor } from "./host.ts";
import { onInterrupt } from "./interrupt.ts";
import { checkNics, tellWaiting } from "./nics.ts";
import { message, progress } from "./output.ts";
import { checkUplink, UplinkStarter } from "./uplink-launch.ts";

/** What the holder's `build` answers. */
export interface BuildResult {
  readonly changes: number;
  readonly namespaces: number;
  readonly links: number;
  readonly milliseconds: number;
  /** What the network has to do without. */
  readonly warnings: readonly Diagnostic[];
}

export type Started =
  | { readonly status: "built"; readonly lab: BuiltLab }
  /** A lab of that name is already up. */
  | { readonly status: "running"; readonly record: LabRecord; readonly topology: ResolvedTopology };

export interface BuiltLab {
  readonly name: string;
  /** The name without the suffix, for people. */
  readonly title: string;
  readonly client: LabClient;
  readonly record: LabRecord;
  readonly topology: ResolvedTopology;
  readonly build: BuildResult;
  /** Takes it away, whatever state it is in. */
  readonly end: () => Promise<void>;
}

export interface BuildEvent {
  readonly kind: string;
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** A lab that ends with us is listed as what it is: up, and only not kept. */
export async function announce(client: LabClient): Promise<void> {
  await client.request("keep", { kept: false, state: "up" });
}

export interface StartOptions extends HostFlags {
  /** Overrides the file's name for the lab. */
  readonly name?: string | undefined;
  /** Put behind the name, so that two runs of one file do not meet. */
  readonly suffix?: string;
}

export async function startLab(file: string, options: StartOptions = {}): Promise<Started> {
  const line = progress();
  const origin = originOf(file);
  const launchAs = (name: string): Launch =>
    launch({
      name,
      file: origin,
      host: placeFor(name, options),
      onWaiting: (pid) =>
        message(`waiting for ${pid === null ? "another process" : `process ${pid}`} to finish with lab ${name}\n`),
    });
  const guess = `${options.name ?? guessName(file)}${options.suffix ?? ""}`;
  let launched: Launch | null = null;
  const uplink = new UplinkStarter();
  const ignore = onInterrupt(async () => {
    line.clear();
    await launched?.abort();
  });
  try {
    // After the listener: from the first process on there is something to take away.
    if (labNameProblem(guess) === null) launched = launchAs(guess);
    // The child is being started by the kernel meanwhile.
    const { load } = await import("./source.ts");
    const loaded = load(file, options.name === undefined ? {} : { name: options.name });
    checkUplink(loaded.model);
    checkNics(loaded.model, options.host === true);
    const title = loaded.model.name;
    const name = `${title}${options.suffix ?? ""}`;
    const topology: ResolvedTopology = name === title ? loaded : { ...loaded, model: { ...loaded.model, name } };
    if (name !== guess) {
      await launched?.abort();
      launched = launchAs(name);
    }
    launched ??= launchAs(name);
    const result = await launched.ready;
    if (result.status === "running") {
      // It may have come up meanwhile.
      placeFor(name, options);
      return { status: "running", record: result.record, topology };
    }
    const { client, record } = result;
    const build = await client.request<BuildResult>(
      "build",
      { topology, confirm: confirmTime(options) },
      {
        onEvent: (event) => {
          if (uplink.handle(event as BuildEvent, client, record) || tellWaiting(event as BuildEvent, name, line))
            return;
          const { stage, done, total } = event as BuildEvent;
          line.update(`building ${name}: ${stage}`, done, total);
        },
      },
    );
    say(build.warnings);
    return {
      status: "built",
      lab: { name, title, client, record, topology, build, end: launched.abort },
    };
  } catch (error) {
    line.clear();
    await launched?.abort();
    throw error;
  } finally {
    line.clear();
    uplink.release();
    ignore();
  }
}

/** What a lab's record says that it was made from. */
export function originOf(file: string): string | null {
  return file === "-" ? null : isShape(file) ? file : path.resolve(file);
}

const SHAPE = /^[a-z][a-z-]*:\d+(,\d+)*$/;

/** Does the argument look like `star:5`? (`./star:5` is a file.) */
export function isShape(file: string): boolean {
  return SHAPE.test(file);
}

/**
 * The name that a lab of this file most likely has, without parsing it: the `name:` line of a file, else the file's own
 * name. Only a guess: `name` may stand in quotes or in a comment.
 */
export function guessName(file: string): string {
  if (file === "-") return "stdin";
  if (isShape(file)) return file.replace(/[:,]/g, "-");
  const name = /^name:[ \t]+(["']?)([A-Za-z0-9_.-]+)\1[ \t]*(#.*)?$/m.exec(beginning(file))?.[2];
  if (name !== undefined) return name;
  return labNameFrom(path.basename(file).replace(/\.(ya?ml|json)$/i, ""));
}

/** `run` and `sandbox` have labs of their own that nobody else can have the name of. */
export function privateSuffix(): string {
  return `-${process.pid}`;
}

/** The first few kilobytes of a regular file; "" of anything else: a pipe can be read only once. */
function beginning(file: string): string {
  try {
    if (!statSync(file).isFile()) return "";
    const descriptor = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(4_096);
      return bytes.toString("utf8", 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Not there, or not readable: whoever opens it for real says so.
    return "";
  }
}
