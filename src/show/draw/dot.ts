/** A scene as a graph for Graphviz. */

import { dot as quoted } from "./escape.ts";
import { linesOf } from "./layout/sizes.ts";
import type { Box, BoxKind, Cable, End, Scene } from "./types.ts";

const SHAPES: Readonly<Record<BoxKind, string>> = {
  host: "shape=box",
  router: 'shape=box style="rounded,filled" fillcolor="#e8f1fe" color="#3b7ddd"',
  machine: 'shape=box style="filled" fillcolor="#f1ecfd" color="#8257d8"',
  switch: 'shape=box style="rounded,filled" fillcolor="#e3f5f0" color="#2a9d83"',
  bond: 'shape=box style="rounded,filled" fillcolor="#eef6d8" color="#7a9a1f"',
  group: "shape=box3d",
  outside: 'shape=ellipse style="dashed"',
  end: 'shape=plaintext fontcolor="#5b6878"',
};

const STYLES: Readonly<Record<Cable["kind"], string>> = {
  cable: "",
  link: "",
  own: " style=dotted",
  stacked: " style=dotted",
  tunnel: ' style=dashed color="#b45309"',
};

/** Ends in a newline. */
export function dotOf({ name, boxes, cables }: Scene): string {
  return [
    `graph ${quoted(name)} {`,
    '  graph [fontname="sans-serif" nodesep=0.8 ranksep=1.1]',
    '  node [fontname="sans-serif" fontsize=11 color="#94a3b8"]',
    '  edge [fontname="sans-serif" fontsize=9 color="#8291a5"]',
    ...boxes.map(node),
    ...cables.map(edge),
    "}",
    "",
  ].join("\n");
}

function node({ id, kind, name, notes, marks, details, down }: Box): string {
  const lines = [name, ...notes, ...(marks.length > 0 ? [marks.map(({ text }) => text).join(" · ")] : [])];
  const red = down ? ' color="#d92d3a"' : "";
  return `  ${quoted(id)} [${SHAPES[kind]} label=${quoted(...lines)} tooltip=${quoted(...details)}${red}]`;
}

function edge({ kind, ends: [a, b], down }: Cable): string {
  const style = down ? ' style=dashed color="#d92d3a"' : STYLES[kind];
  return `  ${quoted(a.box)} -- ${quoted(b.box)} [taillabel=${label(a)} headlabel=${label(b)}${style}]`;
}

function label(end: End): string {
  return quoted(...linesOf(end).map(({ text }) => text));
}
