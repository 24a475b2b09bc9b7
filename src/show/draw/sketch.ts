/**
 * The picture for a terminal: each switch with what is plugged into it as a tree, and each other cable as a line between its two
 * ends. Less than the others show, but it stands where the commands were typed.
 */

import type { Style } from "../style.ts";
import { cells, enumerate, padEnd, printable, truncate } from "../text.ts";
import { type Box, type Cable, type End, farEnd, nearEnd, type Scene } from "./types.ts";

/** With more it is no picture any more. */
const MOST_LINES = 60;

/** Ends in a newline; empty where there is nothing to see, or too much. */
export function sketchOf({ boxes, cables }: Scene, style: Style): string {
  const known = new Map(boxes.map((box) => [box.id, box]));
  const isSwitch = (end: End): boolean => known.get(end.box)?.kind === "switch";
  const plugged = cables.filter(({ ends }) => isSwitch(ends[0]) !== isSwitch(ends[1]));
  const others = cables.filter((cable) => !plugged.includes(cable));
  const switches = boxes.filter(({ kind }) => kind === "switch");
  if (cables.length === 0 || cables.length + switches.length > MOST_LINES) return "";
  const trees = switches.flatMap((box) => tree(box, plugged.filter(({ ends }) => ends.some((end) => end.box === box.id)), known, style)); // prettier-ignore
  const used = new Set(cables.flatMap(({ ends }) => ends.map(({ box }) => box)));
  const alone = boxes.filter(({ id, kind }) => !used.has(id) && (kind === "host" || kind === "router"));
  const rest =
    alone.length === 0
      ? []
      : [
          `without a cable: ${enumerate(
            alone.map(({ name }) => printable(name)),
            8,
          )}`,
        ];
  return [...trees, ...lines(others, known, style), ...rest.map((line) => style.colours.dim(line))]
    .map((line) => `${line}\n`)
    .join("");
}

function tree(box: Box, cables: readonly Cable[], known: ReadonlyMap<string, Box>, style: Style): string[] {
  const { colours, width } = style;
  // Whose bridge it is comes first.
  const sorted = [...cables].sort((a, b) => Number(b.kind === "own") - Number(a.kind === "own"));
  const rows = sorted.map((cable) => {
    const far = farEnd(cable, box.id);
    const note = far.down || cable.down ? "down" : "";
    return {
      name: nameOf(known.get(far.box)),
      link: printable(far.link ?? nearEnd(cable, box.id).link ?? ""),
      rest: [...addressed(far, width), note],
    };
  });
  const names = Math.max(0, ...rows.map(({ name }) => cells(name)));
  const links = Math.max(0, ...rows.map(({ link }) => cells(link)));
  const home = box.home === null || box.home === "root" ? "" : ` in ${printable(box.home)}`;
  const head = truncate(printable(box.name) + home, width);
  return [
    (box.down ? colours.red : colours.green)(box.down ? `${head} down` : head),
    ...rows.map(({ name, link, rest }, i) => {
      const text = truncate(` ${i === rows.length - 1 ? "└" : "├"}── ${padEnd(name, names)}  ${padEnd(link, links)}  ${rest.join("  ")}`.trimEnd(), width); // prettier-ignore
      return sorted[i]!.down ? colours.red(text) : text;
    }),
  ];
}

/** The lines in their middles stand below each other. */
function lines(cables: readonly Cable[], known: ReadonlyMap<string, Box>, { colours, width }: Style): string[] {
  const rows = cables.map((cable) => {
    const [left, right] = cable.ends.map((end) => [nameOf(known.get(end.box)), printable(end.link ?? ""), ...addressed(end, width)].filter((part) => part !== "")) as [string[], string[]]; // prettier-ignore
    const line = cable.down ? "──✗──" : cable.kind === "cable" ? "─────" : "┄┄┄┄┄";
    return { left: left.join(" "), right: right.reverse().join(" "), line, down: cable.down };
  });
  const most = Math.max(0, ...rows.map(({ left }) => cells(left)));
  return rows.map(({ left, right, line, down }) => {
    const text = truncate(`${padEnd(left, most)} ${line} ${right}${down ? "  down" : ""}`, width);
    return down ? colours.red(text) : text;
  });
}

function nameOf(box: Box | undefined): string {
  const { name = "", kind, home } = box ?? {};
  return printable(kind === "switch" && home !== "root" ? `${home}/${name}` : name);
}

function addressed({ addresses, leased }: End, width: number): string[] {
  const [first, ...more] = addresses.map(printable);
  if (first === undefined) return leased === true ? ["by DHCP"] : [];
  if (width === Infinity) return [[first, ...more].join(" ")];
  return [more.length === 0 ? first : `${first} +${more.length}`];
}
