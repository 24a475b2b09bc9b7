/**
 * Layers of a part: steps from its top. Routers and switches are laid out by what joins them among themselves; hosts, however
 * many cables they have, follow and have no say, so that one more moves none of the others past each other. A cable over several
 * layers has an item in each of those between, which keeps its way free.
 */

import { isBar } from "../types.ts";
import type { Cable } from "../types.ts";
import type { Component, Vertex } from "./graph.ts";
import { neighbours } from "./graph.ts";
import { bonesOf, topOf } from "./skeleton.ts";

/** A box in its layer, or a place that a cable passes. */
export interface Item {
  readonly vertex: Vertex | null;
  readonly order: number;
  readonly layer: number;
  /** It takes its place from the others and gives none. */
  readonly follows: boolean;
  /** It is a leaf, or on the way to one: where what it hangs on is says it all. */
  readonly tip: boolean;
  readonly before: Item[];
  readonly after: Item[];
}

/** A cable from layer to layer; both ends may be in the same one, then it has only those. */
export interface Run {
  readonly cable: Cable;
  readonly items: readonly [Item, ...Item[]];
}

export interface Layers {
  /** From top to bottom. */
  readonly layers: readonly (readonly Item[])[];
  readonly runs: readonly Run[];
}

export function layersOf(component: Component): Layers {
  const bones = bonesOf(component);
  const frame = frameOf(component, bones);
  const depths = staggered(component, bones, depthsOf(component, bones, frame));
  const items = new Map<string, Item>();
  for (const [id, vertex] of component) {
    const [follows, tip] = [!frame.has(id), !bones.has(id) && vertex.cables.length === 1];
    items.set(id, { vertex, order: vertex.order, layer: depths.get(id)!, follows, tip, before: [], after: [] });
  }
  const passing: Item[] = [];
  const cables = new Set([...component.values()].flatMap((vertex) => vertex.cables));
  const runs = [...cables].map((cable): Run => {
    const [a, b] = cable.ends.map(({ box }) => items.get(box)!) as [Item, Item];
    const [from, to] = a.layer < b.layer || (a.layer === b.layer && a.order <= b.order) ? [a, b] : [b, a];
    const between: Item[] = [];
    for (let layer = from.layer + 1; layer < to.layer; layer++)
      between.push({
        vertex: null,
        order: to.order,
        layer,
        follows: from.follows || to.follows,
        tip: to.tip,
        before: [],
        after: [],
      });
    passing.push(...between);
    const way: [Item, ...Item[]] = [from, ...between, to];
    for (let i = 1; i < way.length && to.layer > from.layer; i++) {
      way[i - 1]!.after.push(way[i]!);
      way[i]!.before.push(way[i - 1]!);
    }
    return { cable, items: way };
  });
  return { layers: ordered([...items.values(), ...passing]), runs };
}

const isHost = ({ box }: Vertex): boolean => box.kind === "host" || box.kind === "group" || box.kind === "end";

/** What the layout is made by: routers, switches, and those hosts without which they would not hang together. */
function frameOf(component: Component, bones: ReadonlySet<string>): ReadonlySet<string> {
  const frame = new Set([...bones].filter((id) => !isHost(component.get(id)!)));
  if (frame.size === 0) return bones;
  const chiefs = new Map([...bones].map((id) => [id, id]));
  const chief = (id: string): string => {
    let one = id;
    while (chiefs.get(one) !== one) one = chiefs.get(one)!;
    chiefs.set(id, one);
    return one;
  };
  const join = (id: string, others: readonly string[]): void => others.forEach((other) => chiefs.set(chief(other), chief(id))); // prettier-ignore
  for (const id of frame) join(id, neighbours(component.get(id)!).filter((other) => frame.has(other))); // prettier-ignore
  for (const id of [...bones].filter((one) => !frame.has(one))) {
    const others = neighbours(component.get(id)!).filter((other) => frame.has(other));
    if (new Set(others.map(chief)).size < 2) continue;
    join(id, others);
    frame.add(id);
  }
  // Where it takes several hosts in a row, all of them count.
  return new Set([...frame].map(chief)).size === 1 ? frame : bones;
}

/** Steps from the top, and from those that are joined to all that it is joined to. */
function depthsOf(component: Component, bones: ReadonlySet<string>, frame: ReadonlySet<string>): Map<string, number> {
  const around = (id: string, among: ReadonlySet<string>): string[] => neighbours(component.get(id)!).filter((one) => among.has(one)); // prettier-ignore
  const top = topOf(component, frame);
  const likeness = (id: string): string => [component.get(id)!.box.kind, ...around(id, frame).sort()].join("\n");
  const depths = new Map<string, number>();
  const grow = (starts: readonly string[], among: ReadonlySet<string>): void => {
    const found = [...starts];
    for (const id of found)
      for (const other of around(id, among))
        if (!depths.has(other)) {
          depths.set(other, depths.get(id)! + 1);
          found.push(other);
        }
  };
  // Two switches are alike in name only: what is between them is what the picture is about.
  const twins = isBar(component.get(top)!.box) ? [] : [...frame].filter((id) => likeness(id) === likeness(top));
  const tops = twins.length === 0 ? [top] : twins;
  for (const id of tops) depths.set(id, 0);
  grow([...depths.keys()], frame);
  for (const id of bones) {
    if (depths.has(id)) continue;
    const own = around(id, frame).map((other) => depths.get(other)!);
    if (own.length === 0) continue;
    const next = Math.min(...own) + 1;
    depths.set(id, own.includes(next) ? Math.max(...own) + 1 : next);
  }
  grow([...depths.keys()], bones);
  grow([...depths.keys()], new Set(component.keys()));
  return depths;
}

/** With more leaves than these, those of a switch that has more than a few stand in two columns. */
const MANY = 30;
const FEW = 3;

/** Where there are many leaves, every other one of a switch is a layer further, so that the picture is less high. */
function staggered(component: Component, bones: ReadonlySet<string>, depths: Map<string, number>): Map<string, number> {
  const leaves = new Map<string, string[]>();
  for (const [id, vertex] of component) {
    const [parent] = neighbours(vertex);
    if (bones.has(id) || parent === undefined || !isBar(component.get(parent)!.box)) continue;
    const known = leaves.get(parent);
    if (known === undefined) leaves.set(parent, [id]);
    else known.push(id);
  }
  const count = [...leaves.values()].reduce((sum, { length }) => sum + length, 0);
  if (count <= MANY) return depths;
  for (const own of leaves.values())
    if (own.length > FEW) for (const [i, id] of own.entries()) depths.set(id, depths.get(id)! + (i % 2));
  return depths;
}

const SWEEPS = 8;

/** Each layer by the middle of what it is joined to before it, where that crosses least. */
function ordered(items: readonly Item[]): Item[][] {
  const count = Math.max(...items.map(({ layer }) => layer)) + 1;
  const layers = Array.from({ length: count }, (): Item[] => []);
  const leaves = items.filter(({ tip, before }) => tip && before.length > 0);
  for (const item of items) if (!item.tip || item.before.length === 0) layers[item.layer]!.push(item);
  for (const layer of layers) layer.sort((a, b) => a.order - b.order);
  const places = new Map<Item, number>();
  const number = (layer: readonly Item[]): void => numberFirm(layer, places);
  layers.forEach(number);
  let best: Item[][] = [];
  let least = Infinity;
  for (let sweep = 0; sweep < SWEEPS && least > 0; sweep++) {
    for (const layer of layers.slice(1)) number(sortBy(layer, (item) => pull(item, item.before, places)));
    const crossed = layers.reduce((sum, layer) => sum + crossings(layer, places), 0);
    if (crossed < least) [least, best] = [crossed, layers.map((layer) => [...layer])];
    for (const layer of layers.slice(0, -1).reverse()) number(sortBy(layer, (item) => pull(item, item.after, places)));
  }
  best.forEach(number);
  // Leaves stand before what leads on from where they hang.
  const leafFirst = new Map(leaves.map((leaf) => [leaf, -1]));
  for (const leaf of leaves) best[leaf.layer]!.push(leaf);
  for (const layer of best.slice(1)) number(sortBy(layer, (item) => pull(item, item.before, places), leafFirst));
  return best;
}

/** From 0 to 1, by those that have a say; all others between two of them are at the same place, however many they are. */
function numberFirm(layer: readonly Item[], places: Map<Item, number>): void {
  const firm = layer.filter(({ follows }) => !follows).length;
  let passed = 0;
  for (const item of layer) {
    if (!item.follows) passed++;
    places.set(item, (item.follows ? passed : passed - 0.5) / Math.max(1, firm));
  }
}

function pull(item: Item, all: readonly Item[], places: ReadonlyMap<Item, number>): number {
  const firm = item.follows ? all : all.filter(({ follows }) => !follows);
  const others = firm.length === 0 ? all : firm;
  if (others.length === 0) return places.get(item)!;
  return others.reduce((sum, one) => sum + places.get(one)!, 0) / others.length;
}

function sortBy(layer: Item[], keyOf: (item: Item) => number, ranks: ReadonlyMap<Item, number> = NO_RANKS): Item[] {
  const keys = new Map(layer.map((item) => [item, keyOf(item)]));
  const rank = (item: Item): number => ranks.get(item) ?? 0;
  return layer.sort((a, b) => keys.get(a)! - keys.get(b)! || rank(a) - rank(b) || a.order - b.order);
}

const NO_RANKS: ReadonlyMap<Item, number> = new Map();

/** Between a layer and the one before it, of those that have a say. */
function crossings(layer: readonly Item[], places: ReadonlyMap<Item, number>): number {
  const lines = layer.flatMap(
    (item) =>
    item.follows ? [] : item.before.filter(({ follows }) => !follows).map((one) => places.get(one)!).sort((a, b) => a - b), // prettier-ignore
  );
  // Pairs in the wrong order, by insertion into what came before.
  const seen: number[] = [];
  let count = 0;
  for (const line of lines) {
    let [low, high] = [0, seen.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seen[middle]! <= line) low = middle + 1;
      else high = middle;
    }
    count += seen.length - low;
    seen.splice(low, 0, line);
  }
  return count;
}
