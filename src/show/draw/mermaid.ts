/** A scene as a Mermaid flowchart: what a Markdown page can show without a picture beside it. */

import { mermaid as escaped } from "./escape.ts";
import { linesOf } from "./layout/sizes.ts";
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

const CLASSES = [
  "classDef router fill:#e8f1fe,stroke:#3b7ddd,color:#1b2430",
  "classDef machine fill:#f1ecfd,stroke:#8257d8,color:#1b2430",
  "classDef switch fill:#e3f5f0,stroke:#2a9d83,color:#1b2430",
  "classDef bond fill:#eef6d8,stroke:#7a9a1f,color:#1b2430",
  "classDef down stroke:#d92d3a,stroke-dasharray:6 4",
];

/** Ends in a newline. */
export function mermaidOf({ boxes, cables }: Scene): string {
  const ids = new Map(boxes.map((box, i) => [box.id, `n${i}`]));
  const red = cables.flatMap(({ down }, i) => (down ? [i] : []));
  const tunnels = cables.flatMap(({ kind, down }, i) => (kind === "tunnel" && !down ? [i] : []));
  const classed = boxes.filter(({ kind, down }) => down || ["router", "machine", "switch", "bond"].includes(kind));
  const lines = [
    "flowchart TB",
    ...boxes.map((box) => `${ids.get(box.id)}${shape(box)}`),
    ...cables.map((cable) => line(cable, ids)),
    ...(classed.length > 0 ? CLASSES : []),
    ...classed.map(({ id, kind, down }) => `class ${ids.get(id)} ${down ? "down" : kind}`),
    ...(tunnels.length > 0 ? [`linkStyle ${tunnels.join(",")} stroke:#b45309,stroke-dasharray:9 5`] : []),
    ...(red.length > 0 ? [`linkStyle ${red.join(",")} stroke:#d92d3a,stroke-dasharray:6 4`] : []),
  ];
  return `${lines.map((text, i) => (i === 0 ? text : `  ${text}`)).join("\n")}\n`;
}

function shape({ kind, name, notes, marks }: Box): string {
  const [open, close] = SHAPES[kind];
  const text = [name, ...notes, ...(marks.length > 0 ? [marks.map((mark) => mark.text).join(" · ")] : [])];
  return `${open}"${text.map(escaped).join("<br/>")}"${close}`;
}

function line({ kind, ends, down }: Cable, ids: ReadonlyMap<string, string>): string {
  const [a, b] = ends;
  const text = [endText(a), endText(b)].filter((one) => one !== "").join("<br/>");
  const stroke = down || kind === "own" || kind === "stacked" ? "-.-" : "---";
  return `${ids.get(a.box)} ${stroke}${text === "" ? "" : `|"${text}"|`} ${ids.get(b.box)}`;
}

function endText(end: End): string {
  return escaped(
    linesOf(end)
      .map(({ text }) => text)
      .join(" "),
  );
}
