/** Where along its layer each item is: near what it is joined to, in the order that is given, and apart from its neighbours. */

import type { Item } from "./item.ts";

/** What an item needs on either side of its middle. */
export interface Room {
  readonly above: number;
  readonly below: number;
}

const SWEEPS = 10;

export function spread(layers: readonly (readonly Item[])[], roomOf: (item: Item) => Room): Map<Item, number> {
  const middles = new Map<Item, number>();
  for (const layer of layers) {
    let y = 0;
    for (const item of layer) {
      const { above, below } = roomOf(item);
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
    const found = apart(wanted, weights, layer.map(roomOf));
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
 * As near to what is wanted as the room allows, least squares. With the room between neighbours taken off, places only have to
 * rise; where two would fall they share their mean (pool adjacent violators).
 */
function apart(wanted: readonly number[], weights: readonly number[], rooms: readonly Room[]): number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const [i, room] of rooms.entries()) {
    if (i > 0) offset += rooms[i - 1]!.below + room.above;
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
