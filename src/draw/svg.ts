/** A drawing as self-contained SVG: colours for light and dark, text as text, details on hover. */

import { textWidth } from "./measure.ts";
import type { Drawing, PlacedBox, PlacedCable, PlacedLabel } from "./layout/index.ts";
import { MARGIN } from "./layout/index.ts";
import {
  CHIP_GAP,
  CHIP_HEIGHT,
  chipWidth,
  HEAD,
  ICON,
  LABEL_LINE,
  NOTE_SIZE,
  NAME_SIZE,
  nameOf,
  NOTE_LINE,
  noteOf,
  PILE,
  sizeOf,
  uprightSizeOf,
} from "./layout/sizes.ts";
import { xml } from "./escape.ts";
import { icon } from "./icons.ts";
import { legend } from "./svg-legend.ts";
import { ROOT_CLASS, stylesheet } from "./svg-style.ts";
import { type Box, isBar } from "./types.ts";

/** The result ends in a newline. */
export function svgOf(drawing: Drawing): string {
  const { scene, boxes, cables } = drawing;
  const key = legend(drawing);
  const width = Math.max(drawing.width, key.width + 2 * MARGIN);
  const height = drawing.height + key.height;
  // Red lines come last, so that what is broken is drawn on top.
  const lines = [...cables.filter(({ cable }) => !cable.down), ...cables.filter(({ cable }) => cable.down)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${ROOT_CLASS}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${xml(`Network ${scene.name}`)}">`,
    `<title>${xml(scene.name)}</title>`,
    `<style>\n${stylesheet()}\n</style>`,
    `<rect class="paper" width="100%" height="100%"/>`,
    `<g class="cables">`,
    ...lines.map(cableSvg),
    `</g>`,
    `<g class="boxes">`,
    ...boxes.map(boxSvg),
    `</g>`,
    `<g class="labels">`,
    ...lines.flatMap(({ cable, labels }) => labels.map((label) => labelSvg(label, cable.down))),
    `</g>`,
    ...(key.text === "" ? [] : [key.text]),
    `</svg>`,
    "",
  ].join("\n");
}

function cableSvg({ cable, path }: PlacedCable): string {
  const classes = ["cable", cable.kind, ...(cable.down ? ["down"] : []), ...(cable.count > 1 ? ["many"] : [])];
  const [a, b] = cable.ends;
  const details = [...a.details, ...(b.details.length > 0 ? ["↔", ...b.details] : [])];
  return `<g class="${classes.join(" ")}"${data(cable.id)}>${title(details)}<path class="hit" d="${path}"/><path class="line" d="${path}"/></g>`;
}

function boxSvg({ box, x, y, width, height }: PlacedBox): string {
  const inner: string[] = [title(box.details)];
  const pile = box.kind === "group" ? PILE : 0;
  const [w, h] = [width - pile, height - pile];
  const radius = box.kind === "outside" || box.kind === "end" ? Math.min(h / 2, 17) : 7;
  for (let sheet = pile; sheet > 0; sheet -= 3)
    inner.push(`<rect class="box" x="${sheet}" y="${sheet}" width="${round(w)}" height="${h}" rx="${radius}"/>`);
  inner.push(`<rect class="box" width="${round(w)}" height="${h}" rx="${radius}"/>`);
  inner.push(
    ...(isBar(box)
      ? barText(box, w, h)
      : box.kind === "end"
        ? endText(box, w)
        : nodeText(box, w, (height - sizeOf(box).height) / 2)),
  );
  const classes = [box.kind, ...(box.down ? ["down"] : [])].join(" ");
  return `<g class="${classes}"${data(box.id)} transform="translate(${round(x)} ${round(y)})">${inner.join("")}</g>`;
}

/** `top`: the space left free above. */
function nodeText(box: Box, width: number, top: number): string[] {
  const name = nameOf(box);
  const text = textWidth(name, NAME_SIZE, true);
  const left = (width - text - ICON) / 2;
  const out = [
    icon(box.kind, left, round(top + HEAD / 2)),
    `<text class="name" x="${round(left + ICON)}" y="${round(top + HEAD / 2 + 4.5)}">${xml(name)}</text>`,
  ];
  let y = round(top + HEAD - 3);
  for (const note of box.notes) {
    out.push(
      `<text class="note" x="${round(width / 2)}" y="${round(y + 11)}" text-anchor="middle">${xml(noteOf(note))}</text>`,
    );
    y += NOTE_LINE;
  }
  if (box.notes.length > 0) y += 6;
  const widths = box.marks.map((mark) => chipWidth(mark.text));
  let x = (width - widths.reduce((sum, one) => sum + one + CHIP_GAP, -CHIP_GAP)) / 2;
  for (const [i, { kind, text }] of box.marks.entries()) {
    const chip = widths[i]!;
    out.push(
      `<g class="chip ${kind}"><rect x="${round(x)}" y="${y}" width="${chip}" height="${CHIP_HEIGHT}" rx="${CHIP_HEIGHT / 2}"/><text x="${round(x + chip / 2)}" y="${round(y + 11.5)}" text-anchor="middle">${xml(text)}</text></g>`,
    );
    x += chip + CHIP_GAP;
  }
  return out;
}

function barText(box: Box, width: number, height: number): string[] {
  if (width < sizeOf(box).width) return nodeText(box, width, (height - uprightSizeOf(box).height) / 2);
  const name = nameOf(box);
  const notes = box.notes.map(noteOf);
  const widths = [ICON + textWidth(name, NAME_SIZE, true), ...notes.map((note) => textWidth(note, NOTE_SIZE) + 12)];
  let x = (width - widths.reduce((sum, one) => sum + one, 0)) / 2;
  const y = height / 2 + 4.5;
  const out = [icon(box.kind, x, height / 2), `<text class="name" x="${round(x + ICON)}" y="${y}">${xml(name)}</text>`];
  x += widths[0]! + 12;
  for (const [i, note] of notes.entries()) {
    out.push(`<text class="note" x="${round(x)}" y="${y}">${xml(note)}</text>`);
    x += widths[i + 1]!;
  }
  return out;
}

function endText(box: Box, width: number): string[] {
  const [x, y] = [13, 13];
  const mark = box.down
    ? `<path class="icon" d="M${x - 3} ${y - 3}l6 6m0 -6l-6 6"/>`
    : `<circle class="icon" cx="${x}" cy="${y}" r="3.5"/>`;
  const line = (text: string, kind: string, at: number): string =>
    `<text class="${kind}" x="${round((width + 12) / 2)}" y="${at}" text-anchor="middle">${xml(text)}</text>`;
  const notes = box.notes.map((note, i) => line(noteOf(note), "note", y + 4 + (i + 1) * NOTE_LINE));
  return [mark, line(nameOf(box), "name", y + 4), ...notes];
}

function labelSvg({ x, y, width, height, lines, align, backed }: PlacedLabel, down: boolean): string {
  const at = round(align === "start" ? x : align === "end" ? x + width : x + width / 2);
  const spans = lines.map(
    ({ kind, text }, i) =>
      `<tspan class="${kind}" x="${at}" y="${round(y + i * LABEL_LINE + 11)}">${xml(text)}</tspan>`,
  );
  const anchor = align === "start" ? "" : ` text-anchor="${align}"`;
  const back =
    backed === true ? `<rect class="paper" x="${round(x)}" y="${round(y)}" width="${width}" height="${height}"/>` : "";
  const text = `${back}<text class="label"${anchor}>${spans.join("")}</text>`;
  return down ? `<g class="down">${text}</g>` : text;
}

function title(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `<title>${lines.map(xml).join("\n")}</title>`;
}

/** Lets scripts find elements in the picture. */
function data(id: string): string {
  return ` data-id="${xml(id)}"`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
