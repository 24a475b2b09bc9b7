/** Rows in columns: as wide as what is in them, cut to the terminal where it does not fit. */

import type { Style } from "./style.ts";
import { cells, padEnd, printable, truncate } from "./text.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Columns that may be cut, in the order given by the number: higher goes first. 0 or absent: never cut. */
  readonly shrink?: number;
}

/** Text, or text with a colour put on after it was cut and padded. Foreign text is made printable here. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const GAP = "  ";
const NARROWEST = 6;

/** Lines joined by newlines, without one at the end. Columns in which every cell is empty are left out. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Style): string {
  const shown = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => rows.some((row) => textOf(row[index]) !== ""));
  const texts = rows.map((row) => shown.map(({ index }) => printable(textOf(row[index]))));
  const widths = shown.map(({ column }, at) => Math.max(cells(column.title), ...columnWidths(texts, at)));
  fit(
    widths,
    shown.map(({ column }) => column.shrink ?? 0),
    style.width,
  );
  const line = (parts: readonly string[], paint: (text: string, at: number) => string): string =>
    parts
      .map((part, at) => {
        const cut = truncate(part, widths[at] ?? 0);
        const right = shown[at]?.column.align === "right";
        const last = at === shown.length - 1 && !right;
        const blank = " ".repeat(Math.max(0, (widths[at] ?? 0) - cells(cut)));
        return right ? blank + paint(cut, at) : paint(cut, at) + (last ? "" : blank);
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    shown.map(({ column }) => column.title),
    (text) => style.colours.dim(text),
  );
  const body = texts.map((parts, row) => line(parts, (text, at) => paintOf(rows[row]?.[shown[at]?.index ?? 0])(text)));
  return [head, ...body].join("\n");
}

function* columnWidths(texts: readonly (readonly string[])[], at: number): Generator<number> {
  for (const row of texts) yield cells(row[at] ?? "");
}

function fit(widths: number[], shrink: readonly number[], limit: number): void {
  const total = (): number => widths.reduce((sum, width) => sum + width, GAP.length * Math.max(0, widths.length - 1));
  const order = [...new Set(shrink)].filter((rank) => rank > 0).sort((a, b) => b - a);
  for (const rank of order) {
    while (total() > limit) {
      // The widest of this rank gives way first, so that equals end up equal.
      let widest = -1;
      for (let at = 0; at < widths.length; at++) {
        if (shrink[at] !== rank || (widths[at] ?? 0) <= NARROWEST) continue;
        if (widest < 0 || (widths[at] ?? 0) > (widths[widest] ?? 0)) widest = at;
      }
      if (widest < 0) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
}

function textOf(cell: Cell | undefined): string {
  return cell === undefined ? "" : typeof cell === "string" ? cell : cell.text;
}

function paintOf(cell: Cell | undefined): (text: string) => string {
  return cell === undefined || typeof cell === "string" ? (text) => text : cell.paint;
}

/** `name   value` lines under each other, for single things. Empty values are left out. */
export function list(entries: readonly (readonly [name: string, value: Cell])[], style: Style): string {
  const shown = entries.filter(([, value]) => textOf(value) !== "");
  const width = Math.max(0, ...shown.map(([name]) => cells(name)));
  return shown
    .map(([name, value]) => `${style.colours.dim(padEnd(name, width))}  ${paintOf(value)(printable(textOf(value)))}`)
    .join("\n");
}
