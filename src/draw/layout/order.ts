/** Orders the items of each layer so that few cables cross: first the frame alone, then its followers. */

import { crossedAs, crossedByLoops, crossings, type Loops, loopsOf } from "./crossings.ts";
import { withFollowers } from "./follow.ts";
import type { Item, Run } from "./item.ts";
import { mean } from "./mean.ts";

const SWEEPS = 8;
const ROUNDS = 10;

export function ordered(items: readonly Item[], runs: readonly Run[]): Item[][] {
  const layers = Array.from({ length: Math.max(...items.map(({ layer }) => layer)) + 1 }, (): Item[] => []);
  for (const item of items) if (!item.follows) layers[item.layer]!.push(item);
  return withFollowers(orderedFrame(layers, loopsOf(runs)), items, runs);
}

/**
 * Sorts each layer by the mean position of its neighbours in the layer before, then in the one after, and so on; after each
 * sweep, adjacent items are swapped if that reduces crossings. Returns the best order found.
 */
function orderedFrame(start: readonly (readonly Item[])[], loops: Loops): Item[][] {
  const layers = start.map((layer) => [...layer].sort((a, b) => a.order - b.order));
  const places = new Map<Item, number>();
  const number = (layer: readonly Item[]): void =>
    layer.forEach((item, i) => places.set(item, (i + 0.5) / layer.length));
  layers.forEach(number);
  let best: Item[][] = [];
  let least = Infinity;
  const keep = (): number => {
    transpose(layers, places, loops);
    const crossed = layers.reduce(
      (sum, layer) => sum + crossings(layer, places) + crossedByLoops(layer, loops, places),
      0,
    );
    if (crossed < least) [least, best] = [crossed, layers.map((layer) => [...layer])];
    return crossed;
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    // The order of two items that are drawn to the same position affects the layers after them.
    const ties = sweep % 4 < 2 ? 1 : -1;
    for (const layer of layers.slice(1)) number(sortBy(layer, ties, (item) => pull(item, item.before, places)));
    if (keep() === 0) break;
    for (const layer of layers.slice(0, -1).reverse())
      number(sortBy(layer, ties, (item) => pull(item, item.after, places)));
    if (keep() === 0) break;
  }
  return best;
}

/** Swaps adjacent items of a layer as long as that reduces crossings. */
function transpose(layers: readonly Item[][], places: Map<Item, number>, loops: Loops): void {
  let better = true;
  for (let round = 0; round < ROUNDS && better; round++) {
    better = false;
    for (const layer of layers)
      for (let i = 1; i < layer.length; i++) {
        const [a, b] = [layer[i - 1]!, layer[i]!];
        if (crossedAs(a, b, places, loops) <= crossedAs(b, a, places, loops)) continue;
        [layer[i - 1], layer[i]] = [b, a];
        const [above, below] = [places.get(a)!, places.get(b)!];
        places.set(b, above).set(a, below);
        better = true;
      }
  }
}

function pull(item: Item, all: readonly Item[], places: ReadonlyMap<Item, number>): number {
  const others = all.filter(({ follows }) => !follows);
  if (others.length === 0) return places.get(item)!;
  return mean(others.map((one) => places.get(one)!));
}

function sortBy(layer: Item[], ties: 1 | -1, keyOf: (item: Item) => number): Item[] {
  const keys = new Map(layer.map((item) => [item, keyOf(item)]));
  return layer.sort((a, b) => keys.get(a)! - keys.get(b)! || ties * (a.order - b.order));
}
