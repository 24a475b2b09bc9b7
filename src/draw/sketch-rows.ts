/** The lines of a picture for a terminal, in columns: the ends of cables and their descriptions. */

import { cells, padEnd, printable } from "../show/text.ts";
import { type Box, type Cable, type End, farEnd, nearEnd, type Upper } from "./types.ts";

/** The columns of a line, and whether it is red. */
export interface Row {
  readonly columns: readonly string[];
  readonly red: boolean;
}

export interface Line {
  readonly text: string;
  readonly red: boolean;
}

/** What the text of an end depends on. */
export interface Context {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly width: number;
}

/** Aligns the columns of all rows. */
export function aligned(rows: readonly Row[], gap: string): Line[] {
  const widths: number[] = [];
  for (const { columns } of rows)
    for (const [i, text] of columns.entries()) widths[i] = Math.max(widths[i] ?? 0, cells(text));
  return rows.map(({ columns, red }) => ({
    text: columns
      .map((text, i) => padEnd(text, widths[i]!))
      .join(gap)
      .trimEnd(),
    red,
  }));
}

/** What is plugged into a switch: the node, its interface, further details, and the links stacked on that interface. */
export function plugRows(cable: Cable, bar: string, context: Context): Row[] {
  const [near, far] = [nearEnd(cable, bar), farEnd(cable, bar)];
  const there = context.boxes.get(far.box);
  const name = nameOf(far, context);
  const link = far.link ?? near.link ?? "";
  const rest = [
    ...addressed(far, context),
    ...beyond(there),
    ...kindNotes(cable),
    ...(far.down || cable.down ? ["down"] : []),
  ];
  return [
    // A bond is an interface itself, so its name is not repeated.
    {
      columns: [name, there?.kind === "bond" && link === there.name ? "" : printable(link), rest.join("  ")],
      red: isRed(cable, there),
    },
    ...(far.above ?? []).map((upper) => ({
      columns: [name, printable(upper.link), [...addressed(upper, context), stackedText(upper, far)].join("  ")],
      red: upper.down,
    })),
  ];
}

/** A member of a bond and where it leads, or a link elsewhere that is stacked on the bond. */
export function memberRow(cable: Cable, bond: string, context: Context): Row {
  const [near, far] = [nearEnd(cable, bond), farEnd(cable, bond)];
  const notes = near.link === null ? [] : kindNotes(cable);
  const right = [...words(far, cable, context).reverse(), ...beyond(context.boxes.get(far.box))].join(" ");
  return rowOf(cable, [printable(near.link ?? near.note ?? ""), right], notes, context);
}

/** A cable from end to end, and the links stacked on either end. */
export function cableRows(cable: Cable, context: Context): Row[] {
  const [a, b] = cable.ends;
  const right = [...words(b, cable, context).reverse(), ...beyond(context.boxes.get(b.box))].join(" ");
  const uppers = cable.ends.flatMap((end) =>
    (end.above ?? []).map((upper) => ({
      columns: [
        [nameOf(end, context), printable(upper.link), ...addressed(upper, context)].join(" "),
        "┄┄┄┄┄",
        stackedText(upper, end),
      ],
      red: upper.down,
    })),
  );
  return [rowOf(cable, [words(a, cable, context).join(" "), right], kindNotes(cable), context), ...uppers];
}

function rowOf(
  cable: Cable,
  [left, right]: readonly [string, string],
  notes: readonly string[],
  { boxes }: Context,
): Row {
  const far = boxes.get(cable.ends[1].box);
  // Both ends of a cable that leads back to its own box are known.
  const isCable = cable.kind === "cable" || (cable.kind === "link" && cable.ends[1].link !== null);
  const line = cable.down ? "──✗──" : isCable ? "─────" : "┄┄┄┄┄";
  const rest = [...notes, ...(cable.down ? ["down"] : [])];
  return { columns: [left, line, [right, ...rest].join("  ")], red: isRed(cable, far) };
}

/** Whether it is down or unplugged. */
function isRed({ down }: Cable, there: Box | undefined): boolean {
  return down || (there?.kind === "end" && there.down);
}

function words(end: End, { kind }: Cable, context: Context): string[] {
  const note = kind === "tunnel" || kind === "stacked" ? "" : (end.note ?? "");
  return [nameOf(end, context), printable(end.link ?? ""), printable(note), ...addressed(end, context)].filter(
    (word) => word !== "",
  );
}

/** The kind of a tunnel, or of a link stacked on one elsewhere. */
function kindNotes({ kind, ends }: Cable): string[] {
  if (kind !== "tunnel" && kind !== "stacked") return [];
  return [...new Set(ends.flatMap(({ note }) => (note === undefined ? [] : [printable(note)])))];
}

/** For a loose end: where it leads, and which programs have it open. */
function beyond(box: Box | undefined): string[] {
  return box?.kind === "end" ? box.notes.map(printable) : [];
}

function stackedText(upper: Upper, { link }: End): string {
  return printable(`${upper.note} on ${link ?? ""}`);
}

/** The name of the box at an end. Bridges and bonds of nodes are shown with their node. */
export function nameOf({ box, link }: End, { boxes }: Context): string {
  const { name = "", kind, home } = boxes.get(box) ?? {};
  if (kind === "end" && link !== null) return printable(home ?? "");
  return printable((kind === "switch" || kind === "bond") && home !== "root" ? `${home}/${name}` : name);
}

export function addressed({ addresses, leased }: Pick<End, "addresses" | "leased">, { width }: Context): string[] {
  const [first, ...more] = addresses.map(printable);
  if (first === undefined) return leased === true ? ["by DHCP"] : [];
  if (width === Infinity) return [[first, ...more].join(" ")];
  return [more.length === 0 ? first : `${first} +${more.length}`];
}
