/** Collects everything that is wrong with a topology, so that a user sees all of it at once. */

import { NetloomError } from "../diagnostic.ts";
import type { Diagnostic, Severity, SourceRange } from "../diagnostic.ts";

/** Where in the topology: `["hosts", "a", "interfaces", "eth0"]`. */
export type Path = readonly (string | number)[];

export interface Problem {
  readonly code: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly path: Path;
  /** Whether the key at the path is to blame, or its value. */
  readonly at: "key" | "value";
  /** Part of the value's text, for scalars: offsets from its start. */
  readonly span?: readonly [start: number, end: number];
  readonly cause?: string;
  /** A function when it takes a search: of ten thousand unknown names only those that are shown are looked up. */
  readonly hint?: string | (() => string | undefined) | undefined;
}

/** Finds the place of a path in the file; undefined for topologies that came as an object. */
export type Locate = (path: Path, at: "key" | "value", span?: readonly [number, number]) => SourceRange | undefined;

type More = Partial<Pick<Problem, "at" | "span" | "cause" | "hint">>;

export class Problems {
  readonly list: Problem[] = [];

  error(code: string, summary: string, path: Path, more: More = {}): void {
    this.list.push({ code: `topology.${code}`, severity: "error", summary, path, at: "value", ...more });
  }

  warn(code: string, summary: string, path: Path, more: More = {}): void {
    this.list.push({ code: `topology.${code}`, severity: "warning", summary, path, at: "value", ...more });
  }

  get failed(): boolean {
    return this.list.some((problem) => problem.severity === "error");
  }
}

/** `hosts.a.interfaces.eth0`; a key that contains dots is quoted. */
export function pathText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += (text === "" ? "" : ".") + (/^[\w-]+$/.test(part) ? part : JSON.stringify(part));
  }
  return text;
}

function toDiagnostic(problem: Problem, range: SourceRange | undefined): Diagnostic {
  const { code, severity, summary, path, cause } = problem;
  const hint = typeof problem.hint === "function" ? problem.hint() : problem.hint;
  return {
    code,
    severity,
    summary,
    ...(path.length > 0 && { subject: pathText(path) }),
    ...(range && { range }),
    ...(cause !== undefined && { cause }),
    ...(hint !== undefined && { hint }),
  };
}

// Nobody reads more than this, and a generated file can repeat one mistake ten thousand times.
const MOST = 200;

/** The problems as diagnostics in the file's order, errors before warnings when there are too many to show. */
export function diagnose(problems: readonly Problem[], locate?: Locate): Diagnostic[] {
  const placed = problems.map((problem) => ({ problem, range: locate?.(problem.path, problem.at, problem.span) }));
  const errors = placed.filter(({ problem }) => problem.severity === "error");
  const listed = placed.length > MOST && errors.length > 0 ? errors : placed;
  listed.sort((a, b) => comparePlaces(a.range, b.range));
  const diagnostics = listed.slice(0, MOST).map(({ problem, range }) => toDiagnostic(problem, range));
  if (listed.length > MOST) {
    const severity = errors.length > 0 ? "error" : "warning";
    diagnostics.push({
      code: "topology.more",
      severity,
      summary: `${listed.length - MOST} more like these are not listed`,
    });
  }
  return diagnostics;
}

function comparePlaces(a: SourceRange | undefined, b: SourceRange | undefined): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

/** The error of an invalid topology. */
export function invalid(diagnostics: readonly Diagnostic[]): NetloomError {
  return new NetloomError(diagnostics, 2);
}
