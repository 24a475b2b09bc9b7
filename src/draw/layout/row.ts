/** A chain as rows that reverse direction at their ends, a ring as rows that lead back to the start. */

import type { Cable } from "../types.ts";
import { farEnd, isBar, nearEnd } from "../types.ts";
import type { Component, Vertex } from "./graph.ts";
import { neighbours } from "./graph.ts";
import { beside, over, under } from "./labels.ts";
import { polyline } from "./path.ts";
import { partOf } from "./sheet.ts";
import { HEAD, LABEL_LINE, linesOf, linesSize, sizeOf } from "./sizes.ts";
import type { LabelLine, Part, PlacedBox, PlacedCable } from "./types.ts";

interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The nodes of a line or a ring, in order; null for anything else, and if there is a switch. */
export function asRow(component: Component): { readonly order: readonly Vertex[]; readonly closed: boolean } | null {
  const vertices = [...component.values()];
  if (vertices.length < 2) return null;
  if (vertices.some(({ box, cables }) => cables.length > 2 || isBar(box) || box.kind === "outside")) return null;
  const tips = vertices.filter(({ cables }) => cables.length === 1);
  // Two cables between two nodes are not a ring worth drawing as one.
  if (tips.length === 0 && vertices.length < 4) return null;
  const order = [tips[0] ?? vertices[0]!];
  const seen = new Set([order[0]!.box.id]);
  while (order.length < vertices.length) {
    const next = neighbours(order.at(-1)!).map((id) => component.get(id)!);
    const [on] = next.filter(({ box }) => !seen.has(box.id)).sort((a, b) => a.order - b.order);
    if (on === undefined) return null;
    seen.add(on.box.id);
    order.push(on);
  }
  return { order, closed: tips.length === 0 };
}

const GAP = 96;
const BETWEEN = 30;
/** Up to this width all boxes are equally wide. */
const USUAL = 140;

export function layRow(order: readonly Vertex[], closed: boolean): Part {
  const cells = closed ? circleCells(order.length) : lineCells(order.length);
  const joined = order.flatMap((vertex, i) => {
    const next = order[i + 1] ?? (closed ? order[0] : undefined);
    return next === undefined ? [] : [[i, (i + 1) % order.length, cableBetween(vertex, next)] as const];
  });
  const sizes = order.map(({ box }) => sizeOf(box));
  const width = Math.max(...sizes.map((size) => size.width));
  const height = Math.max(...sizes.map((size) => size.height));
  const widths = joined.map(([, , { ends }]) => ends.map((end) => linesSize(linesOf(end)).width));
  const across = Math.max(GAP, ...widths.map(([a = 0, b = 0]) => a + b + BETWEEN));
  const tall = Math.max(0, ...joined.map(([, , { ends }]) => Math.max(...ends.map((end) => linesOf(end).length))));
  const along = Math.max(44, 2 * tall * LABEL_LINE + 30);
  // Addresses below the line may extend further down than the boxes at its ends.
  const row = Math.max(height, HEAD / 2 + tall * LABEL_LINE);
  const boxes = order.map(({ box }, i): PlacedBox => {
    const size = sizes[i]!;
    const own = width <= USUAL ? width : size.width;
    const x = cells[i]!.column * (width + across) + (width - own) / 2;
    return { box, x, y: cells[i]!.row * (row + along), width: own, height: size.height };
  });
  const cables = joined.map(([a, b, cable]) => join(cable, [boxes[a]!, cells[a]!], [boxes[b]!, cells[b]!]));
  return partOf(boxes, cables);
}

function cableBetween(a: Vertex, b: Vertex): Cable {
  return a.cables.find((cable) => farEnd(cable, a.box.id).box === b.box.id)!;
}

/** Five in a row, about the width of a page, more in very long chains; the next row goes back. */
function lineCells(count: number): Cell[] {
  const columns = count <= 60 ? 5 : count <= 120 ? 8 : 20;
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / columns);
    return { row, column: row % 2 === 0 ? i % columns : columns - 1 - (i % columns) };
  });
}

/** The first row goes right, the others alternate in all columns but the first, which leads back up. */
function circleCells(count: number): Cell[] {
  const rows = count <= 10 ? 2 : 2 * Math.round(Math.sqrt(count / 0.72) / 2);
  const columns = Math.ceil(count / rows);
  const missing = rows * columns - count;
  const cells: Cell[] = Array.from({ length: columns }, (_, column) => ({ row: 0, column }));
  for (let row = 1; row < rows; row++)
    for (let i = 1; i < columns; i++) cells.push({ row, column: row % 2 === 1 ? columns - i : i });
  for (let row = rows - 1; row > missing; row--) cells.push({ row, column: 0 });
  return cells;
}

type Side = readonly [box: PlacedBox, cell: Cell];

function join(cable: Cable, [first, from]: Side, [second, to]: Side): PlacedCable {
  const [a, b] = [nearEnd(cable, first.box.id), farEnd(cable, first.box.id)].map(linesOf) as [
    readonly LabelLine[],
    readonly LabelLine[],
  ];
  const middle = (box: PlacedBox): number => box.x + box.width / 2;
  const line = (box: PlacedBox): number => box.y + HEAD / 2;
  if (from.row === to.row) {
    const right = from.column < to.column;
    const [x1, x2] = right ? [first.x + first.width, second.x] : [first.x, second.x + second.width];
    const path = polyline([
      { x: x1, y: line(first) },
      { x: x2, y: line(second) },
    ]);
    return { cable, path, labels: [...beside(a, x1, line(first), right), ...beside(b, x2, line(second), !right)] };
  }
  if (from.column === to.column) {
    const down = from.row < to.row;
    const [upper, lower] = down ? [first, second] : [second, first];
    const [top, bottom] = down ? [a, b] : [b, a];
    const x = middle(upper);
    const ends = [
      { x, y: upper.y + upper.height },
      { x, y: lower.y },
    ] as const;
    return { cable, path: polyline(ends), labels: [...under(top, x, ends[0].y), ...over(bottom, x, ends[1].y)] };
  }
  // From the last row back to the first box, around a corner.
  const corner = { x: middle(second), y: line(first) };
  const path = polyline([{ x: first.x, y: line(first) }, corner, { x: corner.x, y: second.y + second.height }]);
  return {
    cable,
    path,
    labels: [...beside(a, first.x, line(first), false), ...under(b, corner.x, second.y + second.height)],
  };
}
