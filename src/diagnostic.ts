/**
 * What every module says when something is wrong. A diagnostic is data: it names the place, quotes the cause in the
 * kernel's (or the parser's) own words, says what state was left behind and what to do next. Rendering lives in show/.
 */

/** A place in a file; lines and columns count from 1, the end is exclusive. */
export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** An error stops what was asked for; a warning does not. */
export type Severity = "error" | "warning";

/** One thing that is wrong, as data. See NetloomError. */
export interface Diagnostic {
  /** Stable, dotted, lower-case: `topology.unknown-key`, `kernel.permission`, `sandbox.userns-forbidden`. */
  readonly code: string;
  readonly severity: Severity;
  /** One line: what is wrong, naming the object. No full stop. */
  readonly summary: string;
  /** Where, when it is not a place in a file: `hosts.a.interfaces.eth0`, `namespace gw`. */
  readonly subject?: string;
  /** Where in a file. */
  readonly range?: SourceRange;
  /** The cause in the words of whoever refused: errno name, extended ACK text, parser message. */
  readonly cause?: string;
  /** What was left as it was, or what was undone. */
  readonly state?: string;
  /** What to do, as an imperative sentence: `did you mean "lan"?`, `install the package uidmap`. */
  readonly hint?: string;
}

/** 1: it failed or does not hold; 2: bad usage or an invalid file. */
export type FailureStatus = 1 | 2;

/** The one error class of netloom. Carries every diagnostic of the failure, and the exit status it stands for. */
export class NetloomError extends Error {
  override readonly name = "NetloomError";
  readonly diagnostics: readonly Diagnostic[];
  readonly status: FailureStatus;

  constructor(diagnostics: Diagnostic | readonly Diagnostic[], status: FailureStatus = 1, options?: ErrorOptions) {
    const list = Array.isArray(diagnostics) ? (diagnostics as readonly Diagnostic[]) : [diagnostics as Diagnostic];
    super(list.map((d) => d.summary + (d.cause ? `: ${d.cause}` : "")).join("\n"), options);
    this.diagnostics = list;
    this.status = status;
  }
}

/** An error-severity diagnostic, ready to throw. */
export function failure(
  code: string,
  summary: string,
  more: Omit<Diagnostic, "code" | "severity" | "summary"> = {},
  status: FailureStatus = 1,
): NetloomError {
  return new NetloomError({ code, severity: "error", summary, ...more }, status);
}
