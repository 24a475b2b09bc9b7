/**
 * From a FILE to a lab with its network in it: what `up` and `run` have in common. The private machine starts while the
 * file is being read, since neither needs the other; only the lab's name has to be guessed for that.
 */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { type RunningLab, type StartedLab, startLab, type Starting } from "../lab/index.ts";
import { labNameFrom } from "../topology/names.ts";
import { say } from "./failure.ts";
import { confirmTime, type HostFlags } from "./host.ts";
import { onInterrupt } from "./interrupt.ts";
import { tellWaiting } from "./waiting.ts";
import { message, progress } from "./output.ts";

export interface StartOptions extends HostFlags {
  /** Overrides the file's name for the lab. */
  readonly name?: string | undefined;
  /** Put behind the name, so that two runs of one file do not meet. */
  readonly suffix?: string;
}

export interface BuiltLab extends StartedLab {
  /** Takes it away, whatever state it is in. */
  readonly end: () => Promise<void>;
}

/** With a progress line; an interrupt takes away what there is of it. */
export async function startFile(file: string, options: StartOptions = {}): Promise<BuiltLab | RunningLab> {
  const { name, host, prefix, suffix } = options;
  const line = progress();
  let starting: Starting<StartedLab | RunningLab> | null = null;
  // Before the first process: from then on there is something to take away.
  const ignore = onInterrupt(async () => {
    line.clear();
    await starting?.end();
  });
  let title = "";
  try {
    starting = startLab({
      guess: name ?? guessName(file),
      load: async () => {
        const { load } = await import("./source.ts");
        const topology = load(file, name === undefined ? {} : { name });
        title = `${topology.model.name}${suffix ?? ""}`;
        return topology;
      },
      file: originOf(file),
      confirm: confirmTime(options),
      ...(suffix === undefined ? {} : { suffix }),
      ...(host === undefined ? {} : { host }),
      ...(prefix === undefined ? {} : { prefix }),
      onBusy: (lab, pid) =>
        message(`waiting for ${pid === null ? "another process" : `process ${pid}`} to finish with lab ${lab}\n`),
      onProgress: ({ stage, done, total }) => line.update(`building ${title}: ${stage}`, done, total),
      onWaiting: (what) => tellWaiting(what, title, line),
    });
    const { end, ready } = starting;
    const started = await ready;
    if (started.status === "running") return started;
    line.clear();
    say(started.build.warnings);
    return { ...started, end };
  } finally {
    line.clear();
    ignore();
  }
}

/** What a lab was made from, according to its record. */
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
 * name. Only a guess: `name` may be in quotes or in a comment.
 */
export function guessName(file: string): string {
  if (file === "-") return "stdin";
  if (isShape(file)) return file.replace(/[:,]/g, "-");
  const name = /^name:[ \t]+(["']?)([A-Za-z0-9_.-]+)\1[ \t]*(#.*)?$/m.exec(beginning(file))?.[2];
  if (name !== undefined) return name;
  return labNameFrom(path.basename(file).replace(/\.(ya?ml|json)$/i, ""));
}

/** `run` and `sandbox` have their own labs with unique names. */
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
    // Missing or unreadable: reading it for real will report that.
    return "";
  }
}
