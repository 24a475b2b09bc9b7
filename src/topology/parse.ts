/** A topology file's text, or its bytes, to a checked and resolved topology. */

import { basename } from "node:path";
import { failure } from "../diagnostic.ts";
import { labNameFrom } from "./names.ts";
import { diagnose, invalid } from "./problems.ts";
import { resolveAny } from "./resolved.ts";
import type { ParsedTopology, ResolveOptions } from "./resolved.ts";
import type { Topology } from "./schema.ts";
import { readYaml } from "./yaml/index.ts";

/** Bytes. A file of a thousand hosts has some 60,000. */
export const MAX_FILE_SIZE = 4 * 1024 * 1024;
/** Parsing takes a tenth of a millisecond a line: a wrong file is refused at once, not after half a minute. */
const MAX_LINES = 50_000;

/**
 * Parses YAML 1.2 or JSON, checks and resolves it.
 * @param text At most 4 MiB and 50,000 lines; bytes are UTF-8.
 * @param file Its name in messages. Without its ending it is the lab's name, if neither the options nor the text have one.
 * @throws NetloomError of status 2: `topology.not-text`, `topology.too-large`, `topology.empty`, or every error of the
 * text as `resolveTopology` has them.
 */
export function parseTopology(text: string | Uint8Array, file: string, options: ResolveOptions = {}): ParsedTopology {
  const source = readYaml(typeof text === "string" ? checkedText(text, file) : decode(text, file), file);
  const { value, problems, locate, readable } = source;
  if (!readable) throw invalid(diagnose(problems, locate));
  if (value === null && problems.length === 0) {
    const range = { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
    const hint = "the smallest valid file is: hosts: { a: }";
    throw failure("topology.empty", `${file} describes no network: it is empty`, { range, hint }, 2);
  }
  const fallbackName = labNameFrom(basename(file).replace(/\.(ya?ml|json)$/i, ""));
  const resolved = resolveAny(value, { ...options, file, fallbackName, locate, problems });
  return { topology: value as Topology, file, resolved };
}

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_FILE_SIZE) throw tooLarge(file);
  try {
    return checkedText(new TextDecoder("utf-8", { fatal: true }).decode(bytes), file);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw failure("topology.not-text", `${file} is not a text file: it is not valid UTF-8`, {}, 2);
  }
}

function checkedText(text: string, file: string): string {
  if (text.length > MAX_FILE_SIZE) throw tooLarge(file);
  if (text.includes("\0"))
    throw failure("topology.not-text", `${file} is not a text file: it contains NUL bytes`, {}, 2);
  let lines = 1;
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) lines++;
  if (lines > MAX_LINES) {
    const summary = `${file} has ${lines.toLocaleString("en")} lines, more than the ${MAX_LINES.toLocaleString("en")} that a topology file may have`;
    throw failure("topology.too-large", summary, { hint: "is it the right file?" }, 2);
  }
  return text;
}

export function tooLarge(file: string): Error {
  return failure(
    "topology.too-large",
    `${file} is larger than ${MAX_FILE_SIZE / 1024 / 1024} MB, the limit for a topology file`,
    {},
    2,
  );
}
