/**
 * Columns from left to right: layers.ts says who is in which, and in what order, spread.ts how high. Each
 * text lies along its own cable, in a zone beside the boxes that every cable crosses straight; only between the zones cables
 * change their height. So no cable is on a box that is not its own, and none is on a text.
 */

import type { End } from "../types.ts";
import { isBar, nearEnd } from "../types.ts";
import type { Component } from "./graph.ts";
import { type Item, layersOf, type Run } from "./layers.ts";
import type { Point } from "./path.ts";
import { polyline, weave } from "./path.ts";
import { beside } from "./row.ts";
import { LABEL_LINE, linesOf, linesSize, sizeOf, uprightSizeOf } from "./sizes.ts";
import { type Room, spread } from "./spread.ts";
import type { Part, PlacedBox, PlacedCable } from "./types.ts";

const ABOVE = LABEL_LINE + 5;
const AIR = 6;
const TEXT_AIR = 14;
const LANE = 9;
/** Up to here all of a column are equally wide. */
const USUAL = 140;
const PASSING: Room = { above: 7, below: 7 };

/** One end of a cable at a box. */
interface Port {
  readonly run: Run;
  readonly end: End;
  readonly room: Room;
  /** The item that the cable leads to next. */
  readonly next: Item;
  y: number;
}

interface Node {
  readonly item: Item;
  readonly bar: boolean;
  readonly width: number;
  readonly left: Port[];
  readonly right: Port[];
  /** Least height, then the height. */
  height: number;
  middle: number;
}

interface Column {
  readonly x: number;
  /** Width that most of its boxes have. */
  readonly usual: number;
  /** Where cables to the right may leave the height of their ends, and where the next ones have to have theirs. */
  readonly bend: number;
  readonly land: number;
}

export function layColumns(component: Component): Part {
  const { layers, runs } = layersOf(component);
  const nodes = nodesOf(layers, runs);
  const middles = spread(layers, (item) => roomOf(nodes.get(item)));
  for (const [item, node] of nodes) node.middle = middles.get(item)!;
  for (const layer of layers) stretch(layer, nodes, middles);
  for (const bars of [false, true]) for (const node of nodes.values()) if (node.bar === bars) setPorts(node, nodes, middles); // prettier-ignore
  raise(nodes, middles);
  const lanes = lanesOf(runs, nodes);
  const columns = columnsOf(layers, runs, { nodes, middles, lanes });
  const boxes = [...nodes.values()].map((node) => boxAt(node, columns));
  const cables = runs.map((run) => draw(run, { nodes, middles, lanes, columns }));
  return sheet(boxes, cables);
}

function nodesOf(layers: readonly (readonly Item[])[], runs: readonly Run[]): Map<Item, Node> {
  const nodes = new Map<Item, Node>();
  for (const item of layers.flat()) {
    if (item.vertex === null) continue;
    const { box } = item.vertex;
    const bar = isBar(box);
    nodes.set(item, { item, bar, ...(bar ? uprightSizeOf(box) : sizeOf(box)), left: [], right: [], middle: 0 });
  }
  for (const run of runs) {
    const { items, cable } = run;
    const [first, last] = [items[0], items.at(-1)!];
    const port = (own: Item, next: Item): Port => {
      const end = nearEnd(cable, own.vertex!.box.id);
      return { run, end, room: textRoom(end), next, y: 0 };
    };
    nodes.get(first)!.right.push(port(first, items[1]!));
    nodes.get(last)![first.layer === last.layer ? "right" : "left"].push(port(last, items.at(-2)!));
  }
  for (const node of nodes.values())
    for (const side of [node.left, node.right])
      node.height = Math.max(
        node.height,
        side.reduce((sum, { room }) => sum + room.above + room.below, 0),
      );
  return nodes;
}

/** The interface is above the line, the rest below. */
function textRoom(end: End): Room {
  const lines = linesOf(end).length;
  return { above: lines === 0 ? AIR : ABOVE, below: Math.max(AIR, (lines - 1) * LABEL_LINE + 6) };
}

/** Of a box with all its texts, and some air. */
function roomOf(node: Node | undefined): Room {
  if (node === undefined) return PASSING;
  const ports = [...node.left, ...node.right];
  const single = Math.max(node.left.length, node.right.length) === 1;
  const text = (side: "above" | "below"): number => (single ? Math.max(...ports.map(({ room }) => room[side])) : 0);
  return {
    above: Math.max(node.height / 2 + AIR, text("above")),
    below: Math.max(node.height / 2 + AIR, text("below")),
  };
}

/** A bar grows as far as those that are plugged into it, if nobody of its column is in the way. */
function stretch(layer: readonly Item[], nodes: ReadonlyMap<Item, Node>, middles: ReadonlyMap<Item, number>): void {
  const edge = (item: Item | undefined, side: -1 | 1, none: number): number => {
    if (item === undefined) return none;
    const node = nodes.get(item);
    const { above, below } = roomOf(node);
    return node === undefined ? middles.get(item)! + side * above : node.middle + (side < 0 ? -above : below);
  };
  for (const [i, item] of layer.entries()) {
    const node = nodes.get(item);
    if (node?.bar !== true) continue;
    const [low, high] = [edge(layer[i - 1], 1, -Infinity) + AIR, edge(layer[i + 1], -1, Infinity) - AIR];
    const ports = [...node.left, ...node.right];
    const wanted = ports.map(({ next, room }) => [middles.get(next)! - room.above, middles.get(next)! + room.below] as const); // prettier-ignore
    const [from, to] = [node.middle - node.height / 2, node.middle + node.height / 2];
    const upper = Math.max(Math.min(low, from), Math.min(from, ...wanted.map(([y]) => y)));
    const lower = Math.min(Math.max(high, to), Math.max(to, ...wanted.map(([, y]) => y)));
    node.height = lower - upper;
    node.middle = (lower + upper) / 2;
  }
}

/** Side by side in the order of where they lead; of a bar straight across, else about the middle. */
function setPorts(node: Node, nodes: ReadonlyMap<Item, Node>, middles: ReadonlyMap<Item, number>): void {
  for (const side of [node.left, node.right]) {
    const target = ({ run, next }: Port): number => {
      const there = nodes.get(next);
      if (there === undefined) return middles.get(next)!;
      // What is no bar has its ports by now.
      const known = node.bar && !there.bar ? [...there.left, ...there.right].find((port) => port.run === run) : undefined; // prettier-ignore
      return known?.y ?? there.middle;
    };
    const ports = side.map((port) => [port, target(port)] as const).sort((a, b) => a[1] - b[1]);
    const [low, high] = [node.middle - node.height / 2, node.middle + node.height / 2];
    const total = side.reduce((sum, { room }) => sum + room.above + room.below, 0);
    let y = node.bar ? low : node.middle - total / 2;
    let rest = total;
    for (const [port, wanted] of ports) {
      const { above, below } = port.room;
      // As high as wanted, as far as those before and after leave room.
      port.y = node.bar ? Math.max(y + above, Math.min(wanted, high - rest + above)) : y + above;
      y = port.y + below;
      rest -= above + below;
    }
    if (!node.bar && side.length === 1) side[0]!.y = node.middle;
  }
}

/** The highest thing to height 0. */
function raise(nodes: ReadonlyMap<Item, Node>, middles: Map<Item, number>): void {
  let top = Infinity;
  for (const { middle, height, left, right } of nodes.values()) {
    top = Math.min(top, middle - height / 2);
    for (const { y, room } of [...left, ...right]) top = Math.min(top, y - room.above + 2);
  }
  top = Math.floor(top);
  for (const [item, middle] of middles) middles.set(item, middle - top);
  for (const node of nodes.values()) {
    node.middle -= top;
    for (const port of [...node.left, ...node.right]) port.y -= top;
  }
}

const isLoop = ({ items }: Run): boolean => items[0].layer === items.at(-1)!.layer;

function portOf(node: Node, run: Run, side: "left" | "right"): Port {
  return node[side].find((port) => port.run === run)!;
}

/** Cables between two of a column go round on the right, the longer the farther out. */
function lanesOf(runs: readonly Run[], nodes: ReadonlyMap<Item, Node>): Map<Run, number> {
  const length = ({ items }: Run): number => Math.abs(nodes.get(items[0])!.middle - nodes.get(items.at(-1)!)!.middle);
  const counts = new Map<number, number>();
  const lanes = new Map<Run, number>();
  for (const run of runs.filter(isLoop).sort((a, b) => length(a) - length(b))) {
    const { layer } = run.items[0];
    const lane = counts.get(layer) ?? 0;
    counts.set(layer, lane + 1);
    lanes.set(run, lane);
  }
  return lanes;
}

interface Placing {
  readonly nodes: ReadonlyMap<Item, Node>;
  readonly middles: ReadonlyMap<Item, number>;
  readonly lanes: ReadonlyMap<Run, number>;
}

/** Heights at which a run leaves each of its items and comes to the next. */
function stepsOf({ items, ...run }: Run, { nodes, middles }: Placing): [from: number, to: number][] {
  const height = (item: Item, side: "left" | "right"): number => {
    const node = nodes.get(item);
    return node === undefined ? middles.get(item)! : node[side].find((port) => port.run.cable === run.cable)!.y;
  };
  return items.slice(1).map((item, i) => [height(items[i]!, "right"), height(item, "left")]);
}

function columnsOf(layers: readonly (readonly Item[])[], runs: readonly Run[], placing: Placing): Column[] {
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
    layer.reduce((widest, item) => (nodes.get(item)?.[side] ?? []).reduce((sum, { end }) => Math.max(sum, linesSize(linesOf(end)).width), widest), 0); // prettier-ignore
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

/** Those of a column are equally wide, but for the few that are much wider, and for what is small by nature. */
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
    const way: Point[] = [{ x: right(first), y: start.y }, { x, y: start.y }, { x, y: end.y }, { x: right(last), y: end.y }]; // prettier-ignore
    return { cable, path: polyline(way), labels: [...labels, ...beside(linesOf(end.end), right(last), end.y, true)] };
  }
  const end = portOf(last, run, "left");
  const { layer } = items[0];
  const steps = stepsOf(run, placing).map(([from, to], i) => ({ from, to, bend: columns[layer + i]!.bend, land: columns[layer + i]!.land })); // prettier-ignore
  const x = columns[last.item.layer]!.x;
  const path = weave({ x: right(first), y: start.y }, steps, { x, y: end.y });
  return { cable, path, labels: [...labels, ...beside(linesOf(end.end), x, end.y, false)] };
}

function sheet(boxes: readonly PlacedBox[], cables: readonly PlacedCable[]): Part {
  const all = [...boxes, ...cables.flatMap(({ labels }) => labels)];
  const width = all.reduce((most, each) => Math.max(most, each.x + each.width), 0);
  const height = all.reduce((most, each) => Math.max(most, each.y + each.height), 0);
  return { width, height, boxes, cables };
}
