/** What a FILE argument can be: a topology file, a shape (`star:5`), or `-` for standard input. */

import { readFileSync } from "node:fs";
import { failure } from "../diagnostic.ts";
import { loadTopology, parseTopology, resolveTopology } from "../topology/index.ts";
import type { ResolvedTopology, ResolveOptions } from "../topology/index.ts";
import { rememberSource, say } from "./failure.ts";

/** The help text of the argument, the same everywhere. */
export const FILE_HELP = "topology file, a shape such as star:5, or - for standard input";

const STDIN = "<stdin>";

/** Reads and resolves; warnings are printed, all errors are thrown at once. */
export function load(file: string, options: ResolveOptions = {}): ResolvedTopology {
  const topology = file === "-" ? fromStandardInput(options) : loadTopology(file, options);
  say(topology.warnings);
  return topology;
}

function fromStandardInput(options: ResolveOptions): ResolvedTopology {
  let bytes: Buffer;
  try {
    bytes = readFileSync(0);
  } catch (error) {
    throw failure("topology.file", "standard input cannot be read", { cause: (error as Error).message }, 2);
  }
  rememberSource(STDIN, bytes.toString());
  return resolveTopology(parseTopology(bytes, STDIN, options));
}
