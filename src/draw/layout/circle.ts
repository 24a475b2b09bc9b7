/** Layout of a full mesh: boxes on a circle, with straight cables. */

import type { Cable, End } from "../types.ts";
import { isBar } from "../types.ts";
import type { Component } from "./graph.ts";
import { neighbours } from "./graph.ts";
import { polyline, shifted as shiftedPath } from "./path.ts";
import type { Point } from "./path.ts";
import { partOf } from "./sheet.ts";
import { linesOf, linesSize, sizeOf } from "./sizes.ts";
import type { Area, Part, PlacedBox, PlacedCable, PlacedLabel } from "./types.ts";

/** If most pairs are connected, tiers would be meaningless. */
export function isMesh(component: Component): boolean {
  const vertices = [...component.values()];
  const count = vertices.length;
  if (count < 3 || vertices.some(({ box }) => isBar(box) || box.kind === "outside")) return false;
  const degrees = vertices.map((vertex) => neighbours(vertex).length);
  const simple = vertices.every(({ cables }, i) => cables.length === degrees[i]);
  const pairs = degrees.reduce((sum, degree) => sum + degree, 0) / 2;
  return simple && Math.min(...degrees) > 1 && pairs >= 0.6 * ((count * (count - 1)) / 2);
}

/** With more boxes, labels at all ends would hide the cables; they are still shown on hover. */
const LABELLED = 9;

export function layCircle(component: Component): Part {
  const vertices = [...component.values()];
  const count = vertices.length;
  const many = count > LABELLED;
  const sizes = vertices.map(({ box }) => sizeOf(box));
  const wide = Math.max(...sizes.map(({ width }) => width));
  const reach = Math.max(125, (62 * count) / Math.PI);
  const turn = (2 * Math.PI) / count;
  const radius = !many
    ? Math.max(reach / Math.max(0.2, 1 - Math.cos(turn)) + 40 * (count - 3), 215)
    : Math.max(((wide + 24) * count) / (2 * Math.PI), 240);
  // Put a flat side at the top if possible: the first two boxes are in a row, in reading order.
  const begin = -Math.PI / 2 - (count % 2 === 0 ? turn / 2 : 0);
  const centres = vertices.map((_, i) => {
    const [x, y] = [Math.cos(begin + i * turn), Math.sin(begin + i * turn)];
    // With many boxes, each lies entirely outside the circle that contains the cables.
    const out = many ? radius + (Math.abs(x) * sizes[i]!.width + Math.abs(y) * sizes[i]!.height) / 2 : radius;
    return { x: x * out, y: y * out * (many ? 1 : 0.86) };
  });
  const boxes = vertices.map(({ box }, i): PlacedBox => {
    const { width, height } = sizes[i]!;
    return { box, x: centres[i]!.x - width / 2, y: centres[i]!.y - height / 2, width, height };
  });
  const places = new Map(boxes.map((placed) => [placed.box.id, placed]));
  const taken: Area[] = [...boxes];
  const lines = !many ? linesIn(component, places) : [];
  const seen = new Set<Cable>();
  const cables: PlacedCable[] = [];
  for (const { cables: own } of vertices)
    for (const cable of own) {
      if (seen.has(cable)) continue;
      seen.add(cable);
      const [a, b] = cable.ends.map(({ box }) => places.get(box)!) as [PlacedBox, PlacedBox];
      const others = lines.filter((line) => line.cable !== cable);
      const labels = many
        ? []
        : [...labelAt(cable.ends[0], a, b, taken, others), ...labelAt(cable.ends[1], b, a, taken, others)];
      cables.push({
        cable,
        path: polyline(many ? [centre(a), rim(a, radius), rim(b, radius), centre(b)] : [centre(a), centre(b)]),
        labels,
      });
    }
  return part(boxes, cables);
}

interface Line {
  readonly cable: Cable;
  readonly a: Point;
  readonly b: Point;
}

function linesIn(component: Component, places: ReadonlyMap<string, PlacedBox>): Line[] {
  const cables = new Set([...component.values()].flatMap((vertex) => vertex.cables));
  return [...cables].map((cable) => {
    const [a, b] = cable.ends.map(({ box }) => centre(places.get(box)!)) as [Point, Point];
    return { cable, a, b };
  });
}

/** A label on the cable, as near to its end as the other cables leave space; if there is no space, on top of one. */
function labelAt(end: End, from: PlacedBox, to: PlacedBox, taken: Area[], others: readonly Line[]): PlacedLabel[] {
  const clear = labelWhere(
    end,
    from,
    to,
    (area) => !taken.some((one) => meet(area, one)) && !others.some((one) => crosses(one, area)),
  );
  const label = clear ?? labelWhere(end, from, to, (area) => !taken.some((one) => meet(area, one)));
  if (label === null) return [];
  taken.push(label);
  return [label];
}

function labelWhere(end: End, from: PlacedBox, to: PlacedBox, isFree: (area: Area) => boolean): PlacedLabel | null {
  const lines = linesOf(end);
  if (lines.length === 0) return null;
  const size = linesSize(lines);
  const [a, b] = [centre(from), centre(to)];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  for (let way = 40; way < length / 2 - 4; way += 4) {
    const area = {
      x: a.x + ((b.x - a.x) * way) / length - size.width / 2,
      y: a.y + ((b.y - a.y) * way) / length - size.height / 2,
      ...size,
    };
    if (isFree(area)) return { lines, align: "middle", backed: true, ...area };
  }
  return null;
}

/** Whether a straight line intersects an area, by clipping the line at each side in turn (Liang-Barsky). */
function crosses({ a, b }: Line, { x, y, width, height }: Area): boolean {
  let [enter, leave] = [0, 1];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  for (const [step, distance] of [
    [-dx, a.x - x],
    [dx, x + width - a.x],
    [-dy, a.y - y],
    [dy, y + height - a.y],
  ] as const) {
    if (step === 0) {
      if (distance < 0) return false;
    } else if (step < 0) enter = Math.max(enter, distance / step);
    else leave = Math.min(leave, distance / step);
  }
  return enter <= leave;
}

function centre({ x, y, width, height }: Area): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

const APART = 4;

function meet(a: Area, b: Area): boolean {
  return (
    a.x < b.x + b.width + APART &&
    b.x < a.x + a.width + APART &&
    a.y < b.y + b.height + APART &&
    b.y < a.y + a.height + APART
  );
}

/** Where a cable from a box enters the circle. */
function rim(box: PlacedBox, radius: number): Point {
  const { x, y } = centre(box);
  const scale = radius / Math.hypot(x, y);
  return { x: x * scale, y: y * scale };
}

/** Moves the upper left corner to the origin. */
function part(boxes: readonly PlacedBox[], cables: readonly PlacedCable[]): Part {
  const all: Area[] = [...boxes, ...cables.flatMap(({ labels }) => labels)];
  const x = Math.min(...all.map((each) => each.x));
  const y = Math.min(...all.map((each) => each.y));
  const shifted = <T extends Area>(area: T): T => ({ ...area, x: area.x - x, y: area.y - y });
  return partOf(
    boxes.map(shifted),
    cables.map(({ cable, path, labels }) => ({ cable, path: shiftedPath(path, -x, -y), labels: labels.map(shifted) })),
  );
}
