/** The script: is it one, and under which name can bash read it inside? */

import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { failure } from "../../diagnostic.ts";
import type { Diagnostic, NetloomError } from "../../diagnostic.ts";

export interface Script {
  /** As it was given. */
  readonly name: string;
  readonly lines: readonly string[];
  /** Its text for bash, if bash cannot find the file under its name inside. */
  readonly fd: number | null;
  readonly warnings: readonly Diagnostic[];
}

/** Other files are there inside, these are not. */
const HIDDEN = /^\/(run|var\/run|proc|sys|dev\/fd)(\/|$)/;
const SHELLS = new Set(["sh", "bash", "dash", "ash", "ksh", "busybox", "zsh"]);
/** Longer than any tutorial. */
const LARGEST = 4 * 1024 * 1024;

export function readScript(name: string): Script {
  const [bytes, plain] = contents(name);
  if (bytes.length > LARGEST) throw refuse(name, "is too large for a script");
  if (bytes.includes(0)) throw refuse(name, "is not a script", "it contains NUL bytes");
  const found = bytes.toString("utf8");
  const foreign = endsAsOnWindows(found);
  const text = foreign ? found.replaceAll("\r\n", "\n") : found;
  const words = /^#!\s*(.*)/.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const interpreter = words.map((word) => path.basename(word)).find((word) => word !== "env" && !word.startsWith("-"));
  if (interpreter !== undefined && !SHELLS.has(interpreter))
    throw refuse(name, "is not a shell script", `its first line is ${text.split("\n")[0]!}`);
  const hidden = !plain || foreign || HIDDEN.test(path.resolve(name)) || HIDDEN.test(realpathSync(name));
  return {
    name,
    lines: text.split("\n"),
    fd: hidden ? descriptorOf(foreign ? text : bytes) : null,
    warnings: foreign ? [windows(name)] : [],
  };
}

/** Every line: if only some do, that may be intentional. */
function endsAsOnWindows(text: string): boolean {
  return text.includes("\r\n") && !/(^|[^\r])\n/.test(text);
}

function windows(name: string): Diagnostic {
  return {
    code: "script.line-ends",
    severity: "warning",
    summary: `the lines of ${quoted(name)} have Windows line endings`,
    cause: "a shell takes the carriage return at the end of each line as part of the last word",
    state: "they are ignored here; elsewhere the script would fail",
    ...(name === "-" ? {} : { hint: `sed -i 's/\\r$//' ${JSON.stringify(name)}` }),
  };
}

/** What is in it, and whether it can be read again. */
function contents(name: string): [Buffer, boolean] {
  try {
    if (name === "-") return [readFileSync(0), false];
    const fd = openSync(name, "r");
    try {
      const found = fstatSync(fd);
      if (found.isDirectory()) throw refuse(name, "is a directory, not a script");
      return [found.isFile() && found.size > LARGEST ? Buffer.alloc(LARGEST + 1) : readFileSync(fd), found.isFile()];
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT") throw refuse(name, "does not exist", undefined, "script.missing");
    throw refuse(name, "cannot be read", message, "script.unreadable");
  }
}

function refuse(name: string, fault: string, cause?: string, code = "script.invalid"): NetloomError {
  const more = { ...(cause === undefined ? {} : { cause }), state: "nothing was run" };
  return failure(code, `${quoted(name)} ${fault}`, more, 2);
}

function quoted(name: string): string {
  return name === "-" ? "standard input" : JSON.stringify(name);
}

/** A file without a name: it disappears once it is no longer open. */
export function descriptorOf(bytes: Buffer | string): number {
  const folder = mkdtempSync(path.join(tmpdir(), "netloom-try-"));
  try {
    const file = path.join(folder, "text");
    writeFileSync(file, bytes, { mode: 0o600 });
    const fd = openSync(file, "r+");
    unlinkSync(file);
    return fd;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What was written into such a file since `from`. */
export function readSince(fd: number, from: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - from));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
}
