/** Rows in columns: as wide as what is in them, cut to the terminal where it does not fit. */

import type { Style } from "./style.ts";
import { cells, padEnd, printable, truncate, truncateMiddle } from "./text.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Columns that may be cut, in the order given by the number: higher goes first. 0 or absent: never cut. */
  readonly shrink?: number;
  /** Priority for dropping the column when space is short, before any column is cut; higher goes first. 0 or absent: never. */
  readonly spare?: number;
  /**
   * How what does not fit is made to: cut at its end (the default), out of its middle, to the first of a list and how many
   * more there are, or not at all but going on in the next line.
   */
  readonly fit?: "end" | "middle" | "list" | "wrap";
}

/** Text, or text with a colour put on after it was cut and padded. Foreign text is made printable here. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const GAP = "  ";
const NARROWEST = 6;
/** For columns not meant to be cut, if cutting all others is not enough. */
const LEAST = 4;

/** Lines joined by newlines, without one at the end. Columns in which every cell is empty are left out. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Style): string {
  const shown = spared(
    columns
      .map((column, index) => ({ column, index, width: widthOf(column, index, rows) }))
      .filter(({ index }) => rows.some((row) => textOf(row[index]) !== "")),
    style.width,
  );
  const texts = rows.map((row) => shown.map(({ index }) => printable(textOf(row[index]))));
  const widths = shown.map(({ width }) => width);
  fit(
    widths,
    shown.map(({ column }) => column),
    shown.map((_, at) => texts.reduce((most, parts) => Math.max(most, cells(parts[at] ?? "")), LEAST)),
    style.width,
  );
  const fitted = texts.map((parts) => parts.map((part, at) => fitting(part, widths[at] ?? 0, shown[at]?.column.fit)));
  const titles = shown.map(({ column }, at) => truncate(column.title, widths[at] ?? 0));
  // Shortened or wrapped text often needs less space than it was given.
  for (let at = 0; at < widths.length; at++)
    widths[at] = fitted.reduce(
      (most, parts) => (parts[at] ?? []).reduce((wide, one) => Math.max(wide, cells(one)), most),
      cells(titles[at] ?? ""),
    );
  const line = (parts: readonly string[], paint: (text: string, at: number) => string): string =>
    parts
      .map((cut, at) => {
        const right = shown[at]?.column.align === "right";
        const last = at === shown.length - 1 && !right;
        const blank = " ".repeat(Math.max(0, (widths[at] ?? 0) - cells(cut)));
        return right ? blank + paint(cut, at) : paint(cut, at) + (last ? "" : blank);
      })
      .join(GAP)
      .trimEnd();
  const head = line(titles, (text) => style.colours.dim(text));
  const body = fitted.flatMap((lines, row) => {
    const height = lines.reduce((most, { length }) => Math.max(most, length), 1);
    return Array.from({ length: height }, (_, down) =>
      line(
        lines.map((each) => each[down] ?? ""),
        (text, at) => (text === "" ? text : paintOf(rows[row]?.[shown[at]?.index ?? 0])(text)),
      ),
    );
  });
  return [head, ...body].join("\n");
}

/** The lines of a cell. */
function fitting(text: string, width: number, fit: Column["fit"] = "end"): readonly string[] {
  if (cells(text) <= width) return [text];
  if (fit === "middle") return [truncateMiddle(text, width)];
  if (fit === "list") return [truncateList(text, width)];
  return fit === "wrap" ? wrapped(text, width).map((line) => truncate(line, width)) : [truncate(text, width)];
}

/** `10.0.0.1/24 +2` */
function truncateList(text: string, width: number): string {
  const items = text.split(" ");
  for (let kept = items.length - 1; kept > 0; kept--) {
    const shown = `${items.slice(0, kept).join(" ")} +${items.length - kept}`;
    if (cells(shown) <= width) return shown;
  }
  return truncate(text, width);
}

interface Measured {
  readonly column: Column;
  readonly index: number;
  readonly width: number;
}

function widthOf(column: Column, index: number, rows: readonly (readonly Cell[])[]): number {
  // Not by spreading: there may be more rows than a call can take arguments.
  return rows.reduce((most, row) => Math.max(most, cells(printable(textOf(row[index])))), cells(column.title));
}

const totalOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, GAP.length * Math.max(0, widths.length - 1));

/** Without those columns that have to go. One that may be cut needs its least width only. */
function spared(columns: readonly Measured[], limit: number): readonly Measured[] {
  const least = columns.map(({ column, width }) => ((column.shrink ?? 0) > 0 ? Math.min(width, COMFORTABLE) : width));
  if (totalOf(least) <= limit) return columns;
  const rank = Math.max(0, ...columns.map(({ column }) => column.spare ?? 0));
  if (rank === 0) return columns;
  return spared(
    columns.filter(({ column }) => column.spare !== rank),
    limit,
  );
}

/** A column that is cut to less than this is worse than one column less. */
const COMFORTABLE = 24;

/** `contents`: how wide each is without its title. */
function fit(widths: number[], columns: readonly Column[], contents: readonly number[], limit: number): void {
  const ranks = columns.map(({ shrink = 0 }) => shrink);
  const order = [...new Set(ranks)].filter((rank) => rank > 0).sort((a, b) => b - a);
  const least = columns.map(({ title }) => Math.max(NARROWEST, cells(title)));
  // First all columns to a readable width; then below their titles, which matter less than the content; then further.
  for (const rank of order)
    shrinkTo(limit, widths, (at) => (ranks[at] === rank ? Math.max(COMFORTABLE, least[at] ?? 0) : Infinity));
  shrinkTo(limit, widths, (at) => contents[at] ?? 0);
  for (const rank of order)
    shrinkTo(limit, widths, (at) => (ranks[at] === rank ? Math.min(least[at] ?? 0, contents[at] ?? 0) : Infinity));
  shrinkTo(limit, widths, () => LEAST);
}

function shrinkTo(limit: number, widths: number[], least: (at: number) => number): void {
  while (totalOf(widths) > limit) {
    // The widest gives way first, so that equals end up equal.
    let widest = -1;
    for (let at = 0; at < widths.length; at++) {
      if ((widths[at] ?? 0) <= least(at)) continue;
      if (widest < 0 || (widths[at] ?? 0) > (widths[widest] ?? 0)) widest = at;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}
/** Unchanged, whatever it contains. */
export function textOf(cell: Cell | undefined): string {
  return cell === undefined ? "" : typeof cell === "string" ? cell : cell.text;
}

function paintOf(cell: Cell | undefined): (text: string) => string {
  return cell === undefined || typeof cell === "string" ? (text) => text : cell.paint;
}

/**
 * `name   value` lines under each other, for single things. Empty values are left out; a value that does not fit goes on in
 * the next line, at its spaces.
 */
export function list(entries: readonly (readonly [name: string, value: Cell])[], style: Style): string {
  const shown = entries.filter(([, value]) => textOf(value) !== "");
  const width = Math.max(0, ...shown.map(([name]) => cells(name)));
  const room = Math.max(NARROWEST, style.width - width - GAP.length);
  return shown
    .flatMap(([name, value]) =>
      wrapped(printable(textOf(value)), room).map(
        (line, at) =>
          `${style.colours.dim(padEnd(at === 0 ? name : "", width))}${GAP}${paintOf(value)(truncate(line, room))}`,
      ),
    )
    .join("\n");
}

/** In lines of at most so many columns where there are spaces to break at. */
function wrapped(text: string, limit: number): string[] {
  if (cells(text) <= limit) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && cells(line) + 1 + cells(word) > limit) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
