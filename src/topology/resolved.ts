/** The last step: a topology of any origin to what the rest of netloom works with. */

import type { Diagnostic } from "../diagnostic.ts";
import type { Expectation, Model } from "../model/index.ts";
import { labNameFault } from "./names.ts";
import { diagnose, invalid } from "./problems.ts";
import type { Locate, Problem } from "./problems.ts";
import { resolve } from "./resolve/index.ts";
import { validate } from "./validate.ts";
import type { Topology } from "./schema.ts";

/** What a topology means: the network that it asks for, and what must hold in it. */
export interface ResolvedTopology {
  readonly model: Model;
  readonly expect: readonly Expectation[];
  /** The file's path as it was given; null for objects and shapes. */
  readonly file: string | null;
  readonly warnings: readonly Diagnostic[];
}

/** A topology that came from text: as it was written, and resolved. */
export interface ParsedTopology {
  readonly topology: Topology;
  readonly file: string;
  /** The topology under the requested name, its own name, or that of its file. */
  readonly resolved: ResolvedTopology;
}

/** How to resolve a topology. */
export interface ResolveOptions {
  /** The lab's name, instead of the topology's own. */
  readonly name?: string;
}

/**
 * Checks a topology and resolves it: picks addresses, finds gateways, pairs the ends of cables. Pure.
 * @throws NetloomError of status 2 with every error that was found, each with a code of its own (`topology.unknown-key`,
 * `topology.unknown-switch`, `topology.lab-name` …) and its place: `subject`, and `range` for what came from a file.
 */
export function resolveTopology(input: Topology | ParsedTopology, options: ResolveOptions = {}): ResolvedTopology {
  if (isParsed(input)) {
    if (options.name === undefined || options.name === input.resolved.model.name) return input.resolved;
    return resolveAny(input.topology, { ...options, file: input.file });
  }
  return resolveAny(input, { ...options, file: null });
}

function isParsed(input: Topology | ParsedTopology): input is ParsedTopology {
  return "resolved" in input;
}

interface Origin extends ResolveOptions {
  readonly file: string | null;
  /** The lab's name when neither the options nor the topology have one. */
  readonly fallbackName?: string;
  readonly locate?: Locate;
  /** What was found before. */
  readonly problems?: readonly Problem[];
}

/** Validates and resolves a value of unknown shape. */
export function resolveAny(
  value: unknown,
  { name, file, fallbackName = "lab", locate, problems = [] }: Origin,
): ResolvedTopology {
  const valid = validate(value);
  const lab = name ?? valid.topology.name ?? fallbackName;
  const resolution = resolve(valid.topology, lab, valid.pruned);
  const fault = name === undefined ? null : labNameFault(name);
  const diagnostics = diagnose([...problems, ...valid.problems, ...resolution.problems], locate);
  if (fault !== null) {
    const summary = `the lab's name ${JSON.stringify(name)} ${fault}`;
    // Without a place: this name does not come from the file.
    const hint = "choose a name of letters, digits, _, . and -, at most 40";
    diagnostics.push({ code: "topology.lab-name", severity: "error", summary, hint });
  }
  if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) throw invalid(diagnostics);
  return { model: resolution.model, expect: resolution.expect, file, warnings: diagnostics };
}
