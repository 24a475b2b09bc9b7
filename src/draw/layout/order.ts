/** In which order the items of each layer stand, so that few cables cross. */

import type { Item } from "./item.ts";

const SWEEPS = 8;

/** Each layer by the middle of what it is joined to before it, where that crosses least. */
export function ordered(items: readonly Item[]): Item[][] {
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
  for (const leaf of leaves) best[leaf.layer]!.push(leaf);
  for (const [i, layer] of best.entries()) if (i > 0) number(withLeaves(layer, best[i - 1]!, places));
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

/** Those of its neighbours that have a say in where it stands; if there are none, all. */
function heard(item: Item, all: readonly Item[]): readonly Item[] {
  const firm = item.follows ? all : all.filter(({ follows }) => !follows);
  return firm.length === 0 ? all : firm;
}

function pull(item: Item, all: readonly Item[], places: ReadonlyMap<Item, number>): number {
  const others = heard(item, all);
  if (others.length === 0) return places.get(item)!;
  return others.reduce((sum, one) => sum + places.get(one)!, 0) / others.length;
}

function sortBy(layer: Item[], keyOf: (item: Item) => number): Item[] {
  const keys = new Map(layer.map((item) => [item, keyOf(item)]));
  return layer.sort((a, b) => keys.get(a)! - keys.get(b)! || a.order - b.order);
}

/**
 * Of those at the same place, each stands where the first of those stands that it is joined to before, so that no leaf crosses
 * another's cable; and leaves stand before what leads on from where they hang.
 */
function withLeaves(layer: Item[], before: readonly Item[], places: ReadonlyMap<Item, number>): Item[] {
  const indexes = new Map(before.map((item, i) => [item, i]));
  const keys = new Map(
    layer.map((item) => [
      item,
      [
        pull(item, item.before, places),
        Math.min(...heard(item, item.before).map((one) => indexes.get(one)!)),
        Number(!item.tip),
      ] as const,
    ]),
  );
  return layer.sort((a, b) => {
    const [here, there] = [keys.get(a)!, keys.get(b)!];
    return here[0] - there[0] || here[1] - there[1] || here[2] - there[2] || a.order - b.order;
  });
}

/** Between a layer and the one before it, of those that have a say. */
function crossings(layer: readonly Item[], places: ReadonlyMap<Item, number>): number {
  const lines = layer.flatMap((item) =>
    item.follows
      ? []
      : item.before
          .filter(({ follows }) => !follows)
          .map((one) => places.get(one)!)
          .sort((a, b) => a - b),
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
