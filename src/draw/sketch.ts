/**
 * The picture for a terminal: each switch with what is plugged into it as a tree, each bond with its members and where they lead,
 * and every other cable as a line between its two ends. It shows less than the other formats, but right where the commands are
 * typed.
 */

import type { Style } from "../show/style.ts";
import { enumerate, printable, truncate } from "../show/text.ts";
import { addressed, aligned, cableRows, type Context, type Line, memberRow, nameOf, plugRows } from "./sketch-rows.ts";
import { type Box, type Cable, type End, farEnd, isBar, isOwn, nearEnd, type Scene } from "./types.ts";

/** Beyond this the picture is no longer readable. */
const MOST_LINES = 60;

/** The result ends in a newline; it is empty if there is nothing to show, or too much. */
export function sketchOf({ boxes, cables }: Scene, { width, colours }: Style): string {
  if (cables.length === 0 || cables.length > MOST_LINES) return "";
  const context: Context = { boxes: new Map(boxes.map((box) => [box.id, box])), width };
  const kindAt = ({ box }: End): string | undefined => context.boxes.get(box)?.kind;
  const isBond = ({ ends }: Cable): boolean => ends.some((end) => kindAt(end) === "bond");
  // If both are switches, neither is plugged into the other.
  const isPlug = ({ ends: [a, b] }: Cable): boolean => (kindAt(a) === "switch") !== (kindAt(b) === "switch");
  const trees = boxes.filter(isBar).flatMap((box): Painted[] => {
    const own = cables.filter(({ ends }) => ends.some((end) => end.box === box.id));
    if (box.kind === "bond") return bond(box, own, context);
    return tree(box, [], plugs(box, own.filter(isPlug), context));
  });
  const others = cables.filter((cable) => !isPlug(cable) && !isBond(cable));
  const strung = aligned(
    others.flatMap((cable) => cableRows(cable, context)),
    " ",
  );
  const lines = [...trees, ...strung.map(painted), ...alone(boxes, cables)];
  if (lines.length > MOST_LINES) return "";
  return lines
    .map(([text, colour]) => [truncate(text, width), colour] as const)
    .map(([text, colour]) => `${colour === null ? text : colours[colour](text)}\n`)
    .join("");
}

type Painted = readonly [text: string, colour: "red" | "green" | "dim" | null];

const painted = ({ text, red }: Line): Painted => [text, red ? "red" : null];

function tree({ name, home, down }: Box, about: readonly string[], rows: readonly Line[]): Painted[] {
  const where = home === null || home === "root" ? "" : ` in ${printable(home)}`;
  const head = [printable(name) + where, ...about].join("  ");
  return [
    down ? [`${head} down`, "red"] : [head, "green"],
    ...rows.map(({ text, red }, i) => painted({ text: ` ${i === rows.length - 1 ? "└" : "├"}── ${text}`, red })),
  ];
}

function plugs({ id }: Box, cables: readonly Cable[], context: Context): Line[] {
  // The node that owns the bridge comes first.
  const sorted = [...cables].sort((a, b) => Number(b.kind === "own") - Number(a.kind === "own"));
  const rows = sorted.flatMap((cable) => plugRows(cable, id, context));
  return aligned(rows, "  ");
}

/** The bond as one interface is the heading; below it each member with its peer, and the other links stacked on the bond. */
function bond(box: Box, cables: readonly Cable[], context: Context): Painted[] {
  const { id, notes } = box;
  const own = cables.find((cable) => isOwn(cable, id));
  const others = cables.filter((cable) => cable !== own);
  const isMember = (cable: Cable): boolean => nearEnd(cable, id).link !== null;
  const sorted = [...others.filter(isMember), ...others.filter((cable) => !isMember(cable))];
  const rows = aligned(
    sorted.map((cable) => memberRow(cable, id, context)),
    " ",
  );
  const what = notes.slice(0, 1).map(printable);
  if (own === undefined) return tree(box, what, rows);
  const end = farEnd(own, id);
  const port = own.kind === "cable" ? [`port of ${nameOf(end, context)}`] : [];
  const uppers = (end.above ?? []).map((upper): Line => ({
    text: [printable(upper.link), ...addressed(upper, context), printable(upper.note)].join("  "),
    red: upper.down,
  }));
  return tree(box, [...what, ...port, ...addressed(end, context)], [...rows, ...uppers]);
}

const ALONE_SHOWN = 8;

function alone(boxes: readonly Box[], cables: readonly Cable[]): Painted[] {
  const used = new Set(cables.flatMap(({ ends }) => ends.map(({ box }) => box)));
  const names = boxes.flatMap(({ id, kind, name }) =>
    !used.has(id) && (kind === "host" || kind === "router") ? [printable(name)] : [],
  );
  return names.length === 0 ? [] : [[`without a cable: ${enumerate(names, ALONE_SHOWN)}`, "dim"]];
}
