/** Positions of the items of a layer: close to what they are connected to, in the given order, without overlaps. */

import type { Item } from "./item.ts";

/** The space that an item needs on either side of its centre. */
export interface Extent {
  readonly above: number;
  readonly below: number;
}

const SWEEPS = 10;

export function spread(layers: readonly (readonly Item[])[], extentOf: (item: Item) => Extent): Map<Item, number> {
  const middles = new Map<Item, number>();
  for (const layer of layers) {
    let y = 0;
    for (const item of layer) {
      const { above, below } = extentOf(item);
      middles.set(item, y + above);
      y += above + below;
    }
  }
  const settle = (layer: readonly Item[], side: "before" | "after"): void => {
    const wanted = layer.map((item) => {
      const others = item[side];
      if (others.length === 0) return middles.get(item)!;
      return others.reduce((sum, one) => sum + middles.get(one)!, 0) / others.length;
    });
    const weights = layer.map((item) => (item[side].length === 0 ? 0.05 : item.vertex === null ? 2 : 1));
    const found = apart(wanted, weights, layer.map(extentOf));
    layer.forEach((item, i) => middles.set(item, found[i]!));
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers.slice(1)) settle(layer, "before");
    for (const layer of layers.slice(0, -1).reverse()) settle(layer, "after");
  }
  return middles;
}

interface Pool {
  sum: number;
  weight: number;
  count: number;
}

/**
 * As close to the wanted positions as the required space allows, by least squares. After subtracting the space between
 * neighbours, positions only have to be non-decreasing; where two would decrease, they share their mean (pool adjacent
 * violators).
 */
function apart(wanted: readonly number[], weights: readonly number[], extents: readonly Extent[]): number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const [i, extent] of extents.entries()) {
    if (i > 0) offset += extents[i - 1]!.below + extent.above;
    offsets.push(offset);
  }
  const pools: Pool[] = [];
  for (const [i, want] of wanted.entries()) {
    let last: Pool = { sum: (want - offsets[i]!) * weights[i]!, weight: weights[i]!, count: 1 };
    for (;;) {
      const before = pools.at(-1);
      if (before === undefined || before.sum / before.weight <= last.sum / last.weight) break;
      pools.pop();
      last = { sum: before.sum + last.sum, weight: before.weight + last.weight, count: before.count + last.count };
    }
    pools.push(last);
  }
  const places = pools.flatMap(({ sum, weight, count }) => Array.from({ length: count }, () => sum / weight));
  return places.map((place, i) => place + offsets[i]!);
}
