/**
 * A scene as a graph for Graphviz: each box is a table with a row for each interface that a cable is plugged into. Labels at the
 * ends of the edges would be simpler, but Graphviz draws the labels of one box on top of each other.
 */

import { dot as quoted, xml } from "./escape.ts";
import { linesOf } from "./layout/sizes.ts";
import { LIGHT } from "./theme.ts";
import type { Box, Cable, End, Scene } from "./types.ts";

const STYLES: Readonly<Record<Cable["kind"], string>> = {
  cable: "",
  link: "",
  own: " style=dotted",
  stacked: " style=dotted",
  tunnel: ` style=dashed color="${LIGHT.tunnel}"`,
};

/** The result ends in a newline. */
export function dotOf({ name, boxes, cables }: Scene): string {
  const ends = new Map<string, [port: string, end: End][]>(boxes.map(({ id }) => [id, []]));
  for (const [i, cable] of cables.entries())
    for (const [side, end] of cable.ends.entries())
      if (linesOf(end).length > 0) ends.get(end.box)?.push([portOf(end, i, side), end]);
  return [
    `graph ${quoted(name)} {`,
    '  graph [fontname="sans-serif" rankdir=LR nodesep=0.3 ranksep=1.2]',
    '  node [fontname="sans-serif" fontsize=11 shape=plain]',
    `  edge [color="${LIGHT.cable}"]`,
    ...boxes.map((box) => node(box, ends.get(box.id)!)),
    ...cables.map(edge),
    "}",
    "",
  ].join("\n");
}

function node(box: Box, ends: readonly (readonly [string, End])[]): string {
  const { id, kind, name, notes, marks, details, down, members } = box;
  const [fill, line] = LIGHT.box[kind];
  const small = kind === "outside" || kind === "end";
  const about = [...notes, ...(marks.length > 0 ? [marks.map(({ text }) => text).join(" · ")] : [])];
  const rows = [
    `<tr><td port="box">${small ? xml(name) : `<b>${xml(name)}</b>`}</td></tr>`,
    ...about.map((text) => `<tr><td><font point-size="10" color="${LIGHT.muted}">${xml(text)}</font></td></tr>`),
    ...ends.map(([port, end]) => `<tr><td port="${port}"><font point-size="9">${textOf(end)}</font></td></tr>`),
  ];
  const style = small ? ' style="rounded,dashed"' : ' style="rounded"';
  const sheets = members.length > 0 ? ' border="3"' : ' border="1"';
  const table = `<table${sheets} cellborder="0" cellspacing="0" cellpadding="3"${style} bgcolor="${fill}" color="${down ? LIGHT.down : line}">${rows.join("")}</table>`;
  return `  ${quoted(id)} [label=<${table}> tooltip=${quoted(...details)}]`;
}

function textOf(end: End): string {
  return linesOf(end)
    .map(({ kind, text }) => (kind === "link" ? `<b>${xml(text)}</b>` : xml(text)))
    .join("<br/>");
}

/** An end without text is attached to the name of its box. */
function portOf(end: End, cable: number, side: number): string {
  return linesOf(end).length === 0 ? "box" : `c${cable}${"ab"[side]}`;
}

function edge({ kind, ends: [a, b], down, count }: Cable, i: number): string {
  const style = down ? ` style=dashed color="${LIGHT.down}"` : STYLES[kind];
  const [from, to] = [a, b].map((end, side) => `${quoted(end.box)}:${portOf(end, i, side)}`);
  const links = [a, b].flatMap(({ link }) => link ?? []);
  return `  ${from} -- ${to} [tooltip=${quoted(...links)}${style}${count > 1 ? " penwidth=3" : ""}]`;
}
