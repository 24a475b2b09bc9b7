/** A process's output: a file of lines, each with time and stream, of limited size. */

import { dirname } from "node:path";
import type { HeldDirectory } from "../kernel/index.ts";

/** `note` is netloom's own word on the process: started, ended, started again. */
export type LogStream = "out" | "err" | "note";

export interface LogLine {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly stream: LogStream;
  readonly text: string;
}

/** Bytes; the file before is kept too. */
const MAX_FILE = 512 * 1024;
/** A longer line is cut into several. */
const MAX_LINE = 8 * 1024;

export class Log {
  readonly #folder: HeldDirectory;
  readonly #name: string;
  readonly #listeners = new Set<(line: LogLine) => void>();
  /** What has come of each stream without an end of line yet. */
  readonly #begun: Record<LogStream, string> = { out: "", err: "", note: "" };
  #size: number;

  /** `name` is that of a file beneath the folder. */
  constructor(folder: HeldDirectory, name: string) {
    this.#folder = folder;
    this.#name = name;
    folder.makeFolder(dirname(name));
    this.#size = folder.size(name);
  }

  /** Text as it comes, cut anywhere. */
  write(stream: LogStream, text: string): void {
    const lines = (this.#begun[stream] + text).split("\n");
    this.#begun[stream] = lines.pop()!;
    if (this.#begun[stream].length > MAX_LINE) lines.push(...this.#take(stream));
    this.#append(stream, lines.flatMap(cut));
  }

  note(text: string): void {
    this.write("note", `${text}\n`);
  }

  /** The stream has ended: what has no end of line is a line too. */
  end(stream: LogStream): void {
    this.#append(stream, this.#take(stream).flatMap(cut));
  }

  /** The last lines, oldest first; all that are kept without a number. */
  lines(count?: number): LogLine[] {
    const texts = [`${this.#name}.1`, this.#name].map((name) => this.#folder.read(name) ?? "");
    const lines = texts
      .join("")
      .split("\n")
      .filter((line) => line !== "")
      .map(parse);
    return count === undefined ? lines : lines.slice(Math.max(0, lines.length - count));
  }

  /** Calls back for every line from now on; returns how to stop that. */
  follow(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(stream: LogStream): string[] {
    const rest = this.#begun[stream];
    this.#begun[stream] = "";
    return rest === "" ? [] : [rest];
  }

  #append(stream: LogStream, texts: readonly string[]): void {
    if (texts.length === 0) return;
    const time = new Date().toISOString();
    const lines = texts.map((text) => ({ time, stream, text: text.replace(/\r$/, "") }));
    const bytes = Buffer.from(lines.map((line) => `${line.time} ${line.stream} ${line.text}\n`).join(""));
    try {
      if (this.#size + bytes.length > MAX_FILE && this.#size > 0) {
        this.#folder.rename(this.#name, `${this.#name}.1`);
        this.#size = 0;
      }
      this.#folder.append(this.#name, bytes);
      this.#size += bytes.length;
    } catch {
      // A full /run must not end the lab; followers still receive the line.
    }
    for (const line of lines) for (const listener of this.#listeners) listener(line);
  }
}

function parse(line: string): LogLine {
  const [time = "", stream = "out"] = line.split(" ", 2);
  return { time, stream: stream as LogStream, text: line.slice(time.length + stream.length + 2) };
}

function cut(text: string): string[] {
  if (text.length <= MAX_LINE) return [text];
  return Array.from({ length: Math.ceil(text.length / MAX_LINE) }, (_, i) =>
    text.slice(i * MAX_LINE, (i + 1) * MAX_LINE),
  );
}
