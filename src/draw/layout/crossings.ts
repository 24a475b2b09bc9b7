/**
 * Counts how many cables of the frame cross, given the positions of items in their layers; hosts and their cables are not
 * counted.
 */

import { isLoop, type Item, type Run } from "./item.ts";

/** For each item of the frame, the items of its own layer that it has cables to. */
export type Loops = ReadonlyMap<Item, readonly Item[]>;

export function loopsOf(runs: readonly Run[]): Loops {
  const loops = new Map<Item, Item[]>();
  for (const run of runs.filter(isLoop)) {
    const [a, b] = [run.items[0], run.items.at(-1)!];
    if (a.follows || b.follows) continue;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const)
      loops.set(one, [...(loops.get(one) ?? []), other]);
  }
  return loops;
}

/** Crossings between a layer and the one before it. */
export function crossings(layer: readonly Item[], places: ReadonlyMap<Item, number>): number {
  const lines = layer.flatMap((item) =>
    item.before
      .filter(({ follows }) => !follows)
      .map((one) => places.get(one)!)
      .sort((a, b) => a - b),
  );
  // Count inversions by inserting each item into the sorted list of those before it.
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

/** Crossings between the cables of two neighbours if the first is above the second. */
export function crossedAs(upper: Item, lower: Item, places: ReadonlyMap<Item, number>, loops: Loops): number {
  let count = 0;
  for (const side of ["before", "after"] as const)
    for (const one of upper[side])
      if (!one.follows)
        for (const other of lower[side]) if (!other.follows && places.get(one)! > places.get(other)!) count++;
  const [from, to] = [
    Math.min(places.get(upper)!, places.get(lower)!),
    Math.max(places.get(upper)!, places.get(lower)!),
  ];
  for (const partner of loops.get(upper) ?? []) if (places.get(partner)! > to) count += onwards(lower);
  for (const partner of loops.get(lower) ?? []) if (places.get(partner)! < from) count += onwards(upper);
  return count;
}

function onwards({ after }: Item): number {
  return after.reduce((sum, { follows }) => sum + Number(!follows), 0);
}

/** A cable that loops around on the right crosses the cables that lead on from the items between its ends. */
export function crossedByLoops(layer: readonly Item[], loops: Loops, places: ReadonlyMap<Item, number>): number {
  let count = 0;
  for (const item of layer)
    for (const partner of loops.get(item) ?? [])
      for (const other of layer)
        if (places.get(item)! < places.get(other)! && places.get(other)! < places.get(partner)!)
          count += onwards(other);
  return count;
}
