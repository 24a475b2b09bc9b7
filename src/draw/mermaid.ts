/** A scene as a Mermaid flowchart, which a Markdown page can show without a separate image file. */

import { mermaid as escaped } from "./escape.ts";
import { linesOf } from "./layout/sizes.ts";
import { LIGHT } from "./theme.ts";
import type { Box, BoxKind, Cable, End, Scene } from "./types.ts";

const SHAPES: Readonly<Record<BoxKind, readonly [string, string]>> = {
  host: ["[", "]"],
  router: ["{{", "}}"],
  machine: ["[[", "]]"],
  switch: ["([", "])"],
  bond: ["([", "])"],
  group: ["[[", "]]"],
  outside: ["((", "))"],
  end: [">", "]"],
};

/** Kinds of boxes that have their own colour. */
const COLOURED: readonly BoxKind[] = ["router", "machine", "switch", "bond"];

const CLASSES = [
  ...COLOURED.map((kind) => {
    const [fill, stroke] = LIGHT.box[kind];
    return `classDef ${kind} fill:${fill},stroke:${stroke},color:${LIGHT.ink}`;
  }),
  `classDef down stroke:${LIGHT.down},stroke-dasharray:6 4`,
];

/** The result ends in a newline. */
export function mermaidOf({ boxes, cables }: Scene): string {
  const ids = new Map(boxes.map((box, i) => [box.id, `n${i}`]));
  const red = cables.flatMap(({ down }, i) => (down ? [i] : []));
  const tunnels = cables.flatMap(({ kind, down }, i) => (kind === "tunnel" && !down ? [i] : []));
  const classed = boxes.filter(({ kind, down }) => down || COLOURED.includes(kind));
  const lines = [
    "flowchart TB",
    ...boxes.map((box) => `${ids.get(box.id)}${shape(box)}`),
    ...cables.map((cable) => line(cable, ids)),
    ...(classed.length > 0 ? CLASSES : []),
    ...classed.map(({ id, kind, down }) => `class ${ids.get(id)} ${down ? "down" : kind}`),
    ...(tunnels.length > 0 ? [`linkStyle ${tunnels.join(",")} stroke:${LIGHT.tunnel},stroke-dasharray:9 5`] : []),
    ...(red.length > 0 ? [`linkStyle ${red.join(",")} stroke:${LIGHT.down},stroke-dasharray:6 4`] : []),
  ];
  return `${lines.map((text, i) => (i === 0 ? text : `  ${text}`)).join("\n")}\n`;
}

function shape({ kind, name, notes, marks }: Box): string {
  const [open, close] = SHAPES[kind];
  const text = [name, ...notes, ...(marks.length > 0 ? [marks.map((mark) => mark.text).join(" · ")] : [])];
  return `${open}"${text.map(escaped).join("<br/>")}"${close}`;
}

function line({ kind, ends, down, count }: Cable, ids: ReadonlyMap<string, string>): string {
  const [a, b] = ends;
  const text = [endText(a), endText(b)].filter((one) => one !== "").join("<br/>");
  const stroke = down || kind === "own" || kind === "stacked" ? "-.-" : count > 1 ? "===" : "---";
  return `${ids.get(a.box)} ${stroke}${text === "" ? "" : `|"${text}"|`} ${ids.get(b.box)}`;
}

function endText(end: End): string {
  return escaped(
    linesOf(end)
      .map(({ text }) => text)
      .join(" "),
  );
}
