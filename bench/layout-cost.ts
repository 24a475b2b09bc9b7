// What a layout costs, in numbers that need no eye: the same definitions for whoever made it.
import type { Area } from "../src/draw/layout/index.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A cable as straight pieces, and the ids of the boxes that it is plugged into. */
export interface Line {
  readonly points: readonly Point[];
  readonly ends: readonly string[];
}

export interface Layout {
  readonly boxes: ReadonlyMap<string, Area>;
  readonly lines: readonly Line[];
}

export interface Cost {
  /** Points at which two cables cross, outside of boxes that both are plugged into. */
  readonly crossings: number;
  /** Length of cables on boxes that they are not plugged into, in pixels. */
  readonly over: number;
  /** Of the smallest rectangle around boxes and cables, in thousands of square pixels. */
  readonly area: number;
  /** Length of all cables outside of their own boxes, in pixels. */
  readonly length: number;
  /** By how much all cables change their direction, in right angles. */
  readonly turns: number;
}

export function costOf({ boxes, lines }: Layout): Cost {
  let [over, length] = [0, 0];
  for (const { points, ends } of lines)
    for (const [a, b] of pieces(points)) {
      length += distance(a, b);
      for (const [id, box] of boxes) {
        const inside = lengthIn(a, b, box);
        if (ends.includes(id)) length -= inside;
        else over += lengthIn(a, b, shrunk(box));
      }
    }
  const turns = lines.reduce((sum, { points }) => sum + turned(points), 0) / (Math.PI / 2);
  return { crossings: crossings(lines, boxes), over, area: areaOf(boxes, lines), length, turns };
}

export function sum(costs: readonly Cost[]): Cost {
  const add = (key: keyof Cost): number => costs.reduce((total, cost) => total + cost[key], 0);
  return {
    crossings: add("crossings"),
    over: add("over"),
    area: add("area"),
    length: add("length"),
    turns: add("turns"),
  };
}

function pieces(points: readonly Point[]): [Point, Point][] {
  return points.slice(1).map((point, i) => [points[i]!, point]);
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}

/** A cable along the edge of a box is not on it. */
function shrunk({ x, y, width, height }: Area): Area {
  return { x: x + 1, y: y + 1, width: width - 2, height: height - 2 };
}

/** Of a straight piece in an area, by cutting it off at each side in turn (Liang and Barsky). */
function lengthIn(a: Point, b: Point, { x, y, width, height }: Area): number {
  let [enter, leave] = [0, 1];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  for (const [step, room] of [
    [-dx, a.x - x],
    [dx, x + width - a.x],
    [-dy, a.y - y],
    [dy, y + height - a.y],
  ] as const) {
    if (step === 0 && room < 0) return 0;
    if (step < 0) enter = Math.max(enter, room / step);
    if (step > 0) leave = Math.min(leave, room / step);
  }
  return Math.max(0, leave - enter) * distance(a, b);
}

function turned(points: readonly Point[]): number {
  const headings = pieces(points).flatMap(([a, b]) => (distance(a, b) < 0.5 ? [] : [Math.atan2(b.y - a.y, b.x - a.x)]));
  return headings.slice(1).reduce((total, heading, i) => {
    const turn = Math.abs(heading - headings[i]!);
    return total + Math.min(turn, 2 * Math.PI - turn);
  }, 0);
}

function areaOf(boxes: ReadonlyMap<string, Area>, lines: readonly Line[]): number {
  const points = lines.flatMap((line) => line.points);
  const corners = [...boxes.values()].flatMap(({ x, y, width, height }) => [
    { x, y },
    { x: x + width, y: y + height },
  ]);
  const [xs, ys] = [[...points, ...corners].map(({ x }) => x), [...points, ...corners].map(({ y }) => y)];
  return ((Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys))) / 1000;
}

function crossings(lines: readonly Line[], boxes: ReadonlyMap<string, Area>): number {
  const all = lines.map(({ points, ends }) => ({ ends, pieces: pieces(points) }));
  let count = 0;
  for (const [i, one] of all.entries())
    for (const other of all.slice(i + 1)) {
      const common = one.ends.filter((end) => other.ends.includes(end)).map((end) => boxes.get(end)!);
      for (const a of one.pieces)
        for (const b of other.pieces) {
          const point = crossing(a, b);
          if (point !== null && !common.some((box) => isIn(point, box))) count++;
        }
    }
  return count;
}

/** Where two straight pieces cross. A corner belongs to one of the two pieces that meet there, so that none is counted twice. */
function crossing([a, b]: readonly [Point, Point], [c, d]: readonly [Point, Point]): Point | null {
  const side = (p: Point, q: Point, r: Point): number => (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
  const [ofC, ofD] = [side(a, b, c), side(a, b, d)];
  if (ofC >= 0 === ofD >= 0 || side(c, d, a) >= 0 === side(c, d, b) >= 0) return null;
  const part = ofC / (ofC - ofD);
  return { x: c.x + (d.x - c.x) * part, y: c.y + (d.y - c.y) * part };
}

function isIn(point: Point, { x, y, width, height }: Area): boolean {
  return point.x >= x - 1 && point.x <= x + width + 1 && point.y >= y - 1 && point.y <= y + height + 1;
}
