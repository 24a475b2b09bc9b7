/** Where the line of a cable really is. */

import type { Area, Drawing, Part } from "../../src/draw/layout/index.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

const PIECES = 12;

/** Straight pieces of a path of M, L, Q and C with absolute coordinates. */
export function piecesOf(path: string): [Point, Point][] {
  const points: Point[] = [];
  for (const [, command, rest] of path.matchAll(/([MLQC])([^MLQC]*)/g)) {
    const numbers = [...rest!.matchAll(/-?[\d.]+/g)].map(([text]) => Number(text));
    const given: Point[] = [];
    for (let i = 0; i < numbers.length; i += 2) given.push({ x: numbers[i]!, y: numbers[i + 1]! });
    if (command === "M" || command === "L") points.push(...given);
    else points.push(...curve([points.at(-1)!, ...given]));
  }
  return points.slice(1).map((point, i) => [points[i]!, point]);
}

/** Points of a Bézier curve of any degree, by de Casteljau. */
function curve(control: readonly Point[]): Point[] {
  return Array.from({ length: PIECES }, (_, i) => {
    const t = (i + 1) / PIECES;
    let some = control;
    while (some.length > 1) {
      const next: Point[] = [];
      for (let j = 1; j < some.length; j++) {
        const [a, b] = [some[j - 1]!, some[j]!];
        next.push({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t });
      }
      some = next;
    }
    return some[0]!;
  });
}

/** Does a straight piece meet an area? By cutting it off at each side in turn. */
export function meets([a, b]: readonly [Point, Point], { x, y, width, height }: Area): boolean {
  let [enter, leave] = [0, 1];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  for (const [step, room] of [
    [-dx, a.x - x],
    [dx, x + width - a.x],
    [-dy, a.y - y],
    [dy, y + height - a.y],
  ] as const) {
    if (step === 0 && room < 0) return false;
    if (step < 0) enter = Math.max(enter, room / step);
    if (step > 0) leave = Math.min(leave, room / step);
  }
  return enter <= leave;
}

const shrunk = ({ x, y, width, height }: Area, by: number): Area => ({
  x: x + by,
  y: y + by,
  width: width - 2 * by,
  height: height - 2 * by,
});

/** Cables that run through boxes which they are not plugged into. */
export function strayCables({ boxes, cables }: Part | Drawing): string[] {
  return cables.flatMap(({ cable, path }) => {
    const pieces = piecesOf(path);
    const foreign = boxes.filter(({ box }) => cable.ends.every((end) => end.box !== box.id));
    const hit = foreign.filter((area) => pieces.some((piece) => meets(piece, shrunk(area, 1))));
    return hit.map(({ box }) => `${cable.id} runs through ${box.id}`);
  });
}

/** Texts that a line runs through; those that interrupt their own line may be on that. */
export function crossedText({ cables }: Part | Drawing): string[] {
  const lines = cables.map(({ cable, path }) => ({ cable, pieces: piecesOf(path) }));
  return cables.flatMap(({ cable: own, labels }) =>
    labels.flatMap((label) =>
      lines.some(
        ({ cable, pieces }) =>
          (cable !== own || label.backed !== true) && pieces.some((piece) => meets(piece, shrunk(label, 2))),
      )
        ? [label.lines.map(({ text }) => text).join(" ")]
        : [],
    ),
  );
}

/** Pairs of cables whose lines cross. */
export function crossedCables({ cables }: Part | Drawing): string[] {
  const lines = cables.map(({ cable, path }) => ({ id: cable.id, pieces: piecesOf(path) }));
  return lines.flatMap((one, i) =>
    lines
      .slice(i + 1)
      .filter((other) => one.pieces.some((a) => other.pieces.some((b) => cross(a, b))))
      .map((other) => `${one.id} crosses ${other.id}`),
  );
}

/** The ends of each piece are on different sides of the other. */
function cross([a, b]: readonly [Point, Point], [c, d]: readonly [Point, Point]): boolean {
  const side = (p: Point, q: Point, r: Point): number =>
    Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
