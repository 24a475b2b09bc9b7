/**
 * Columns from left to right: layers.ts assigns boxes to layers and orders them, ports.ts determines heights. Each label lies
 * along its own cable, in a zone next to the boxes that every cable crosses horizontally; cables change height only between these
 * zones. So no cable crosses a foreign box or a label.
 */

import type { Component } from "./graph.ts";
import { isLoop, type Item, type Layers, type Run } from "./item.ts";
import { layersOf } from "./layers.ts";
import type { Point } from "./path.ts";
import { polyline, weave } from "./path.ts";
import { type Heights, heightsOf, type Node, portOf } from "./ports.ts";
import { beside } from "./labels.ts";
import { partOf } from "./sheet.ts";
import { linesOf, linesSize } from "./sizes.ts";
import type { Part, PlacedBox, PlacedCable } from "./types.ts";

const TEXT_AIR = 14;
const LANE = 9;
/** Up to this width, all boxes of a column are equally wide. */
const USUAL = 140;

interface Column {
  readonly x: number;
  /** Width of most of its boxes. */
  readonly usual: number;
  /** Where cables to the right may leave the height of their start, and where they must have reached the height of their end. */
  readonly bend: number;
  readonly land: number;
}

export function layColumns(component: Component): Part {
  const all = layersOf(component);
  const heights = heightsOf(all);
  const lanes = lanesOf(all.runs, heights);
  const columns = columnsOf(all, { ...heights, lanes });
  const boxes = [...heights.nodes.values()].map((node) => boxAt(node, columns));
  const cables = all.runs.map((run) => draw(run, { ...heights, lanes, columns }));
  return partOf(boxes, cables);
}

/**
 * Cables between two boxes of a column loop around on the right, longer ones farther out; those that do not overlap share a lane.
 */
function lanesOf(runs: readonly Run[], { nodes }: Heights): Map<Run, number> {
  const spans = runs.filter(isLoop).map((run) => {
    const ends = [run.items[0], run.items.at(-1)!].map((item) => portOf(nodes.get(item)!, run, "right").y);
    return { run, layer: run.items[0].layer, top: Math.min(...ends), bottom: Math.max(...ends), lane: 0 };
  });
  spans.sort((a, b) => a.bottom - a.top - (b.bottom - b.top));
  for (const [i, span] of spans.entries())
    for (const inner of spans.slice(0, i))
      if (inner.layer === span.layer && inner.top <= span.bottom && span.top <= inner.bottom)
        span.lane = Math.max(span.lane, inner.lane + 1);
  return new Map(spans.map(({ run, lane }) => [run, lane]));
}

interface Placing extends Heights {
  readonly lanes: ReadonlyMap<Run, number>;
}

/** The height at which a run leaves each item, and at which it reaches the next. */
function stepsOf(run: Run, { nodes, middles }: Placing): [from: number, to: number][] {
  const height = (item: Item, side: "left" | "right"): number => {
    const node = nodes.get(item);
    return node === undefined ? middles.get(item)! : portOf(node, run, side).y;
  };
  return run.items.slice(1).map((item, i) => [height(run.items[i]!, "right"), height(item, "left")]);
}

function columnsOf({ layers, runs }: Layers, placing: Placing): Column[] {
  const { nodes, lanes } = placing;
  const rise = layers.map(() => 0);
  const most = layers.map(() => 0);
  for (const run of runs) {
    const { layer } = run.items[0];
    const lane = lanes.get(run);
    if (lane !== undefined) most[layer] = Math.max(most[layer]!, lane + 1);
    else stepsOf(run, placing).forEach(([a, b], i) => (rise[layer + i] = Math.max(rise[layer + i]!, Math.abs(a - b))));
  }
  const texts = (layer: readonly Item[], side: "left" | "right"): number =>
    layer.reduce(
      (widest, item) =>
        (nodes.get(item)?.[side] ?? []).reduce((sum, { end }) => Math.max(sum, linesSize(linesOf(end)).width), widest),
      0,
    );
  let x = 0;
  return layers.map((layer, i): Column => {
    const left = texts(layer, "left");
    if (i > 0) x += left === 0 ? 0 : left + TEXT_AIR;
    const widths = layer.map((item) => nodes.get(item)?.width ?? 0);
    const width = Math.max(...widths);
    const usual = Math.max(...widths.filter((one) => one <= USUAL), 0);
    const right = texts(layer, "right");
    const bend = x + width + (right === 0 ? 4 : right + TEXT_AIR);
    const land = bend + most[i]! * LANE + Math.min(150, 22 + 0.16 * rise[i]!);
    const column = { x, usual, bend, land };
    x = land;
    return column;
  });
}

/** Boxes of a column are equally wide, except for the few that are much wider, and for kinds that are always small. */
function boxAt({ item, width, height, middle }: Node, columns: readonly Column[]): PlacedBox {
  const { x, usual } = columns[item.layer]!;
  const { box } = item.vertex!;
  const isSmall = box.kind === "end" || box.kind === "outside";
  return { box, x, y: middle - height / 2, width: isSmall ? width : Math.max(width, usual), height };
}

function draw(run: Run, placing: Placing & { readonly columns: readonly Column[] }): PlacedCable {
  const { cable, items } = run;
  const { nodes, lanes, columns } = placing;
  const [first, last] = [nodes.get(items[0])!, nodes.get(items.at(-1)!)!];
  const right = (node: Node): number => {
    const { x, width } = boxAt(node, columns);
    return x + width;
  };
  const start = portOf(first, run, "right");
  const labels = beside(linesOf(start.end), right(first), start.y, true);
  const lane = lanes.get(run);
  if (lane !== undefined) {
    const end = portOf(last, run, "right");
    const x = columns[items[0].layer]!.bend + 4 + lane * LANE;
    const way: Point[] = [
      { x: right(first), y: start.y },
      { x, y: start.y },
      { x, y: end.y },
      { x: right(last), y: end.y },
    ];
    return { cable, path: polyline(way), labels: [...labels, ...beside(linesOf(end.end), right(last), end.y, true)] };
  }
  const end = portOf(last, run, "left");
  const { layer } = items[0];
  const steps = stepsOf(run, placing).map(([from, to], i) => ({
    from,
    to,
    bend: columns[layer + i]!.bend,
    land: columns[layer + i]!.land,
  }));
  const x = columns[last.item.layer]!.x;
  const path = weave({ x: right(first), y: start.y }, steps, { x, y: end.y });
  return { cable, path, labels: [...labels, ...beside(linesOf(end.end), x, end.y, false)] };
}
