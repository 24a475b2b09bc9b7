/** Heights of the boxes of a column and of the cable ends at their sides. */

import type { End } from "../types.ts";
import { isBar, nearEnd } from "../types.ts";
import { isLoop, type Item, type Layers, type Run } from "./item.ts";
import { LABEL_LINE, linesOf, sizeOf, uprightSizeOf } from "./sizes.ts";
import { type Extent, spread } from "./spread.ts";

const ABOVE = LABEL_LINE + 5;
const AIR = 6;
const PASSING: Extent = { above: 7, below: 7 };

/** One end of a cable at a box. */
export interface Port {
  readonly run: Run;
  readonly end: End;
  readonly extent: Extent;
  /** The item that the cable leads to next. */
  readonly next: Item;
  y: number;
}

export interface Node {
  readonly item: Item;
  readonly bar: boolean;
  readonly width: number;
  readonly left: Port[];
  readonly right: Port[];
  /** The minimum height at first, then the final height. */
  height: number;
  middle: number;
}

/** Boxes by their items, and the centres of all items: boxes and points where cables pass. */
export interface Heights {
  readonly nodes: ReadonlyMap<Item, Node>;
  readonly middles: ReadonlyMap<Item, number>;
}

export function heightsOf({ layers, runs }: Layers): Heights {
  const nodes = nodesOf(layers, runs);
  const middles = spread(layers, (item) => extentOf(nodes.get(item)));
  for (const [item, node] of nodes) node.middle = middles.get(item)!;
  for (const layer of layers) stretch(layer, nodes, middles);
  // Ports of bars depend on the ports of what is plugged into them.
  for (const bars of [false, true])
    for (const node of nodes.values()) if (node.bar === bars) setPorts(node, nodes, middles);
  raise(nodes, middles);
  return { nodes, middles };
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
      return { run, end, extent: labelExtent(end), next, y: 0 };
    };
    nodes.get(first)!.right.push(port(first, items[1]!));
    nodes.get(last)![first.layer === last.layer ? "right" : "left"].push(port(last, items.at(-2)!));
  }
  for (const node of nodes.values())
    for (const side of [node.left, node.right])
      node.height = Math.max(
        node.height,
        side.reduce((sum, { extent }) => sum + extent.above + extent.below, 0),
      );
  return nodes;
}

/** The interface is above the line, everything else below. */
function labelExtent(end: End): Extent {
  const lines = linesOf(end).length;
  return { above: lines === 0 ? AIR : ABOVE, below: Math.max(AIR, (lines - 1) * LABEL_LINE + 6) };
}

/** The space for a box with all its labels and a margin. */
function extentOf(node: Node | undefined): Extent {
  if (node === undefined) return PASSING;
  // A single port of a side is in the middle, even if its label is taller on one side of the line; several ports share the
  // height.
  const middle = [node.left, node.right].flatMap((side) => (side.length === 1 ? side : []));
  const text = (side: "above" | "below"): number => Math.max(0, ...middle.map(({ extent }) => extent[side]));
  return {
    above: Math.max(node.height / 2 + AIR, text("above")),
    below: Math.max(node.height / 2 + AIR, text("below")),
  };
}

/** A bar extends to the positions of what is plugged into it, unless another item of its column is in the way. */
function stretch(layer: readonly Item[], nodes: ReadonlyMap<Item, Node>, middles: ReadonlyMap<Item, number>): void {
  const edge = (item: Item | undefined, side: -1 | 1, none: number): number => {
    if (item === undefined) return none;
    const node = nodes.get(item);
    const { above, below } = extentOf(node);
    return node === undefined ? middles.get(item)! + side * above : node.middle + (side < 0 ? -above : below);
  };
  for (const [i, item] of layer.entries()) {
    const node = nodes.get(item);
    if (node?.bar !== true) continue;
    const [low, high] = [edge(layer[i - 1], 1, -Infinity) + AIR, edge(layer[i + 1], -1, Infinity) - AIR];
    const ports = [...node.left, ...node.right];
    const wanted = ports.map(
      ({ next, extent }) => [middles.get(next)! - extent.above, middles.get(next)! + extent.below] as const,
    );
    const [from, to] = [node.middle - node.height / 2, node.middle + node.height / 2];
    const upper = Math.max(Math.min(low, from), Math.min(from, ...wanted.map(([y]) => y)));
    const lower = Math.min(Math.max(high, to), Math.max(to, ...wanted.map(([, y]) => y)));
    node.height = lower - upper;
    node.middle = (lower + upper) / 2;
  }
}

/**
 * Ports are placed side by side in the order of where they lead: on a bar straight across, otherwise around the middle. Cables
 * that loop around upwards are at the top, the nearest target first, since shorter loops use inner lanes; those that loop
 * downwards are at the bottom.
 */
function setPorts(node: Node, nodes: ReadonlyMap<Item, Node>, middles: ReadonlyMap<Item, number>): void {
  for (const side of [node.left, node.right]) {
    const target = ({ run, next }: Port): number => {
      const there = nodes.get(next);
      if (there === undefined) return middles.get(next)!;
      // Boxes that are not bars already have their ports.
      const known =
        node.bar && !there.bar ? [...there.left, ...there.right].find((port) => port.run === run) : undefined;
      return known?.y ?? there.middle;
    };
    const round = (port: Port): number => (isLoop(port.run) ? Math.sign(target(port) - node.middle) : 0);
    const sorted = side
      .map((port, order) => ({ port, wanted: target(port), round: round(port), order }))
      .sort(
        (a, b) =>
          a.round - b.round ||
          (a.round === 0 ? a.wanted - b.wanted : b.wanted - a.wanted) ||
          (a.round > 0 ? b.order - a.order : a.order - b.order),
      );
    const ports = sorted.map(({ port, wanted, round }) => [port, round === 0 ? wanted : round * Infinity] as const);
    const [low, high] = [node.middle - node.height / 2, node.middle + node.height / 2];
    const total = side.reduce((sum, { extent }) => sum + extent.above + extent.below, 0);
    let y = node.bar ? low : node.middle - total / 2;
    let rest = total;
    for (const [port, wanted] of ports) {
      const { above, below } = port.extent;
      // As close to the wanted height as the ports before and after allow.
      port.y = node.bar ? Math.max(y + above, Math.min(wanted, high - rest + above)) : y + above;
      y = port.y + below;
      rest -= above + below;
    }
    if (!node.bar && side.length === 1) side[0]!.y = node.middle;
  }
}

/** Moves everything so that the highest point is at height 0. */
function raise(nodes: ReadonlyMap<Item, Node>, middles: Map<Item, number>): void {
  let top = Infinity;
  for (const { middle, height, left, right } of nodes.values()) {
    top = Math.min(top, middle - height / 2);
    for (const { y, extent } of [...left, ...right]) top = Math.min(top, y - extent.above + 2);
  }
  top = Math.floor(top);
  for (const [item, middle] of middles) middles.set(item, middle - top);
  for (const node of nodes.values()) {
    node.middle -= top;
    for (const port of [...node.left, ...node.right]) port.y -= top;
  }
}

export function portOf(node: Node, run: Run, side: "left" | "right"): Port {
  return node[side].find((port) => port.run === run)!;
}
