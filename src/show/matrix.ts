/**
 * Who reaches whom, as a matrix: one row per source, one column per destination. Above a dozen nodes, those that behave alike
 * (same answers from and to everyone, and among themselves) share a row and a column, so that a hundred hosts with one
 * broken one are a square of two.
 */

import type { Verification } from "../model/verification.ts";
import type { Style } from "./style.ts";
import { cells, fold, grouped, padEnd, padStart, printable, truncate } from "./text.ts";

/** What one pair came to; the index into SYMBOLS. */
export const Mark = {
  unasked: 0,
  holds: 1,
  silence: 2,
  unreachable: 3,
  refused: 4,
  only4: 5,
  only6: 6,
  answered: 7,
} as const;

const SYMBOLS = ["·", "✓", "✗", "!", "R", "4", "6", "A"] as const;
const MEANING = [
  "",
  "as expected",
  "no answer",
  "unreachable",
  "refused",
  "IPv4 only",
  "IPv6 only",
  "answers, but must not",
] as const;

export interface Matrix {
  readonly nodes: readonly string[];
  /** Marks, row by row: source * nodes.length + destination. */
  readonly marks: Uint8Array;
}

/** Nodes that behave alike, as indices into Matrix.nodes. */
export type Group = readonly number[];

const FOLD_ABOVE = 16;
/** With more distinct rows than this a matrix is unreadable; the list of failures is better. */
const DRAWN_AT_MOST = 100;
/** Wider lines are hard to read across, even where no terminal sets a limit. */
const WIDEST = 160;
const LONGEST_LABEL = 28;

export function matrixOf(verification: Verification): Matrix {
  const nodes = verification.nodes;
  const position = new Map(nodes.map((name, index) => [name, index]));
  const marks = new Uint8Array(nodes.length * nodes.length);
  for (const result of verification.results) {
    const row = position.get(result.source);
    const column = position.get(result.destination);
    if (row === undefined || column === undefined) continue;
    const at = row * nodes.length + column;
    const before = marks[at] ?? Mark.unasked;
    marks[at] = merge(before, markOf(result), result.family);
  }
  return { nodes, marks };
}

function markOf(result: Verification["results"][number]): number {
  if (result.holds) return Mark.holds;
  return result.outcome === "reply" ? Mark.answered : Mark[result.outcome];
}

/** Two families of one pair: the same mark, or which of the two still works. */
function merge(before: number, mark: number, family: 4 | 6): number {
  if (before === Mark.unasked || before === mark) return mark;
  if (mark === Mark.holds) return family === 4 ? Mark.only4 : Mark.only6;
  if (before === Mark.holds) return family === 4 ? Mark.only6 : Mark.only4;
  return Math.min(before, mark);
}

/**
 * The coarsest grouping in which every block of the square is uniform. Being alike (equal towards all others, and
 * towards each other the same both ways) is transitive, so comparing with one member of each group is enough.
 */
export function groupsOf({ nodes, marks }: Matrix): Group[] {
  const size = nodes.length;
  const alike = (a: number, b: number): boolean => {
    if (marks[a * size + b] !== marks[b * size + a]) return false;
    for (let k = 0; k < size; k++) {
      if (k === a || k === b) continue;
      if (marks[a * size + k] !== marks[b * size + k] || marks[k * size + a] !== marks[k * size + b]) return false;
    }
    return true;
  };
  const groups: number[][] = [];
  for (let node = 0; node < size; node++) {
    const home = groups.find(([first = 0]) => alike(first, node));
    if (home) home.push(node);
    else groups.push([node]);
  }
  return groups;
}

/** Groups as they are drawn: every node by itself while that is readable. */
function drawnGroups(matrix: Matrix): Group[] {
  return matrix.nodes.length > FOLD_ABOVE ? groupsOf(matrix) : matrix.nodes.map((_, index) => [index]);
}

export function groupLabel(matrix: Matrix, group: Group, limit = LONGEST_LABEL): string {
  const names = group.map((index) => printable(matrix.nodes[index] ?? ""));
  if (names.length === 1) return truncate(names[0] ?? "", limit);
  const count = ` (${grouped(names.length)})`;
  return truncate(fold(names), limit - count.length) + count;
}

/** The mark all pairs of two groups share. */
function blockMark({ nodes, marks }: Matrix, from: Group, to: Group): number {
  const source = from[0] ?? 0;
  const destination = from === to ? from[1] : to[0];
  return destination === undefined ? Mark.unasked : (marks[source * nodes.length + destination] ?? Mark.unasked);
}

/** The square and below it what its signs mean. "" for fewer than two nodes, and when nothing in it is alike. */
export function matrix(of: Matrix, style: Style, groups: readonly Group[] = drawnGroups(of)): string {
  if (of.nodes.length < 2 || groups.length > DRAWN_AT_MOST) return "";
  const labels = groups.map((group) => groupLabel(of, group));
  const width = Math.min(style.width, WIDEST);
  const label = Math.max(...labels.map(cells), 4);
  const named = labels.map((text) => Math.max(cells(text), 1) + 2);
  const lines: string[] = [];
  if (2 + label + named.reduce((sum, one) => sum + one, 0) <= width && groups.length <= FOLD_ABOVE) {
    lines.push(`  ${" ".repeat(label)}${labels.map((text) => `  ${style.colours.dim(text)}`).join("")}`);
    groups.forEach((from, row) => {
      const marks = groups.map((to, at) => centred(of, from, to, named[at] ?? 0, style)).join("");
      lines.push(`  ${padEnd(labels[row] ?? "", label)}${marks}`.trimEnd());
    });
  } else {
    lines.push(...numbered(of, groups, labels, label, width, style));
  }
  return `${lines.join("\n")}\n\n  ${style.colours.dim(`row → column   ${legend(of, groups)}`)}`;
}

/** Column heads are the numbers of the rows, written upright; too many columns for the width go in several strips. */
function numbered(
  of: Matrix,
  groups: readonly Group[],
  labels: readonly string[],
  label: number,
  width: number,
  style: Style,
): string[] {
  const digits = String(groups.length).length;
  const room = width - 2 - digits - 2 - label - 1;
  const step = groups.length * 2 <= room || room < 20 ? 2 : 1;
  const strip = Math.max(10, Math.floor(room / step));
  const lead = " ".repeat(2 + digits + 2 + label + 1);
  const lines: string[] = [];
  for (let start = 0; start < groups.length; start += strip) {
    const columns = groups.slice(start, start + strip);
    if (start > 0) lines.push("");
    for (let digit = 0; digit < digits; digit++) {
      const head = columns
        .map((_, at) => (padStart(String(start + at + 1), digits)[digit] ?? " ").padStart(step))
        .join("");
      lines.push(lead + style.colours.dim(head.trimEnd()));
    }
    groups.forEach((from, row) => {
      const marks = columns.map((to) => " ".repeat(step - 1) + symbol(blockMark(of, from, to), style)).join("");
      const number = style.colours.dim(padStart(String(row + 1), digits));
      lines.push(`  ${number}  ${padEnd(labels[row] ?? "", label)} ${marks}`);
    });
  }
  return lines;
}

function centred(of: Matrix, from: Group, to: Group, width: number, style: Style): string {
  const left = 2 + Math.floor((width - 3) / 2);
  return " ".repeat(left) + symbol(blockMark(of, from, to), style) + " ".repeat(Math.max(0, width - left - 1));
}

function symbol(mark: number, style: Style): string {
  const text = SYMBOLS[mark] ?? "?";
  if (mark === Mark.unasked) return style.colours.dim(text);
  return mark === Mark.holds ? style.colours.green(text) : style.colours.red(text);
}

function legend(of: Matrix, groups: readonly Group[]): string {
  const seen = new Set<number>();
  for (const from of groups) for (const to of groups) seen.add(blockMark(of, from, to));
  return [...seen]
    .filter((mark) => mark !== Mark.unasked)
    .sort((a, b) => a - b)
    .map((mark) => `${SYMBOLS[mark]} ${MEANING[mark]}`)
    .join("   ");
}
