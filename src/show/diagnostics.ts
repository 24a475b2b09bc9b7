/**
 * Diagnostics as text, in the manner of rustc and OpenTofu: what is wrong, where, the line itself with the spot marked,
 * the cause in the original words, what was left unchanged, what to do.
 */

import type { Diagnostic, SourceRange } from "../diagnostic.ts";
import type { Style } from "./style.ts";
import { PLAIN } from "./style.ts";
import { cells, plural, printable } from "./text.ts";

/** The text of a file that a range points into; undefined if it is no longer available. */
export type SourceReader = (file: string) => string | undefined;

/** More than this many are counted, not printed: a file with a systematic mistake would scroll away the first one. */
const SHOWN = 50;

/** All of them, an empty line between two, ending in a newline; "" for none. */
export function diagnostics(
  list: readonly Diagnostic[],
  style: Style = PLAIN,
  read: SourceReader = () => undefined,
): string {
  if (list.length === 0) return "";
  const lines = new Map<string, readonly string[] | undefined>();
  const linesOf = (file: string): readonly string[] | undefined => {
    if (!lines.has(file)) lines.set(file, read(file)?.split(/\r\n|\n|\r/));
    return lines.get(file);
  };
  const shown = list.slice(0, SHOWN).map((one) => diagnostic(one, style, linesOf));
  // Short ones (no place, no details) are set closer together.
  const separator = shown.every((text) => !text.includes("\n")) ? "\n" : "\n\n";
  const errors = list.filter((one) => one.severity === "error").length;
  let text = shown.join(separator) + "\n";
  if (list.length > SHOWN) text += `\n… and ${list.length - SHOWN} more\n`;
  if (errors > 1) text += `\n${style.colours.bold(style.colours.red(plural(errors, "error")))}\n`;
  return text;
}

function diagnostic(one: Diagnostic, style: Style, linesOf: (file: string) => readonly string[] | undefined): string {
  const c = style.colours;
  const paint = one.severity === "error" ? c.red : c.yellow;
  const out = [c.bold(paint(`${one.severity}[${printable(one.code)}]`)) + c.bold(`: ${printable(one.summary)}`)];
  let indent = " ";
  if (one.range !== undefined) {
    const line = linesOf(one.range.file)?.[one.range.line - 1];
    indent = " ".repeat(String(one.range.line).length + 1);
    const column = one.range.column;
    out.push(`${indent.slice(1)}${c.blue("-->")} ${printable(one.range.file)}:${one.range.line}:${column}`);
    if (line !== undefined) out.push(...frame(line, one.range, indent, style, paint));
  }
  const note = (name: string, text: string | undefined): void => {
    if (text === undefined || text === "") return;
    const [first = "", ...more] = text.split("\n").map(printable);
    out.push(
      `${indent}${c.blue("=")} ${c.bold(name)}: ${first}`,
      ...more.map((next) => `${indent}  ${" ".repeat(name.length + 2)}${next}`),
    );
  };
  note("in", one.subject);
  note("cause", one.cause);
  note("state", one.state);
  note("help", one.hint);
  return out.join("\n");
}

/** The source line with carets under the range; a long line is cut around the spot. */
function frame(
  line: string,
  range: SourceRange,
  indent: string,
  style: Style,
  paint: (text: string) => string,
): string[] {
  const c = style.colours;
  const end = range.endLine === range.line ? range.endColumn - 1 : line.length;
  const before = printableSource(line.slice(0, range.column - 1));
  const marked = printableSource(line.slice(range.column - 1, Math.max(end, range.column - 1)));
  const after = printableSource(line.slice(Math.max(end, range.column - 1)));
  const room = Math.max(20, Math.min(style.width, 120) - indent.length - 3);
  const lead = before.length > room / 2 ? `…${before.slice(before.length - Math.floor(room / 2) + 1)}` : before;
  const spot = marked.length > room / 2 ? `${marked.slice(0, Math.floor(room / 2) - 1)}…` : marked;
  const rest = room - lead.length - spot.length;
  const tail = after.length > rest ? `${after.slice(0, Math.max(0, rest - 1))}…` : after;
  const bar = c.blue("|");
  return [
    `${indent}${bar}`,
    `${c.blue(String(range.line))} ${bar} ${lead}${spot}${tail}`.trimEnd(),
    `${indent}${bar} ${" ".repeat(cells(lead))}${paint("^".repeat(Math.max(1, cells(spot))))}`,
  ];
}

/** A tab takes a single column in the frame, so that the carets are under what they point at. */
function printableSource(text: string): string {
  return printable(text.replaceAll("\t", " "));
}
