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
  readonly hint?: string;
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

/** `hosts.a.interfaces.eth0`; a key with dots of its own is quoted. */
export function pathText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += (text === "" ? "" : ".") + (/^[\w-]+$/.test(part) ? part : JSON.stringify(part));
  }
  return text;
}

export function toDiagnostic(problem: Problem, locate?: Locate): Diagnostic {
  const { code, severity, summary, path, at, span, cause, hint } = problem;
  const range = locate?.(path, at, span);
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

// Beyond this nobody reads on, and a generated file can have one mistake ten thousand times.
const MOST = 200;

/** The error of an invalid topology: status 2, its diagnostics in the file's order. */
export function invalid(diagnostics: readonly Diagnostic[]): NetloomError {
  const line = (d: Diagnostic): number => d.range?.line ?? 0;
  const all = [...diagnostics].sort((a, b) => line(a) - line(b) || (a.range?.column ?? 0) - (b.range?.column ?? 0));
  if (all.length <= MOST) return new NetloomError(all, 2);
  const summary = `${all.length - MOST} more errors are not listed`;
  return new NetloomError([...all.slice(0, MOST), { code: "topology.more-errors", severity: "error", summary }], 2);
}
