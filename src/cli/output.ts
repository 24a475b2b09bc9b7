/**
 * The two streams of a command: results on standard output, words about them on standard error. With --json, standard
 * output gets one document and nothing else. Written synchronously, so that exiting right afterwards loses nothing.
 */

import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { progress as progressOn, SILENT, styleOf } from "../show/index.ts";
import type { Progress, Style } from "../show/index.ts";

/** Raised only when a document would change its meaning; new kinds and new fields do not count. */
const JSON_VERSION = 1;

let json = false;

export function useJson(): void {
  json = true;
}

export function isJson(): boolean {
  return json;
}

/** A result for people, on standard output. Nothing with --json: there the document is the result. */
export function print(text: string): void {
  if (!json) write(1, text);
}

/** The one document of a --json run, on standard output; nothing otherwise. */
export function document(kind: string, body: object): void {
  if (json) writeDocument(kind, body);
}

export function writeDocument(kind: string, body: object): void {
  write(1, `${JSON.stringify({ netloom: JSON_VERSION, kind, ...body }, null, isatty(1) ? 2 : undefined)}\n`);
}

/** About the work, on standard error. */
export function message(text: string): void {
  write(2, text);
}

export function style(stream: 1 | 2 = 1): Style {
  // process.stdout takes milliseconds to come to life: only a terminal's width is worth that.
  return isatty(stream) ? styleOf(stream === 1 ? process.stdout : process.stderr, process.env) : styleOf({}, {});
}

export function progress(): Progress {
  return isatty(2) && process.env["TERM"] !== "dumb" ? progressOn(process.stderr) : SILENT;
}

/** Is a person reading, who could use a hint on what to type next? */
export function interactive(): boolean {
  return !json && isatty(2) && isatty(1);
}

export function write(stream: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += writeSync(stream, bytes, sent);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Somebody made the pipe non-blocking, and it is full: wait, a little at a time, for its reader.
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      // `netloom ls | head -1`: the reader has enough. Exit as if the signal had been left on.
      else if (code === "EPIPE") process.exit(stream === 1 ? 141 : 1);
      else throw error;
    }
  }
}
