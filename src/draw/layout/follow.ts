/**
 * Positions of the followers: hosts, and cables on their way to one. The frame (routers and switches) is already ordered and has
 * reference heights. Each follower prefers the mean height of its neighbours in the frame, and goes into the gap of the frame
 * where its cables cross the fewest of the frame's cables. None of this depends on other followers, so adding one does not
 * reorder the others.
 */

import type { Item, Run } from "./item.ts";
import { mean, rounded } from "./mean.ts";
import { spread } from "./spread.ts";

/**
 * The minimum distance of followers from the frame items around them, as a fraction of the distance between those, which is at
 * least 1.
 */
const OFF = 0.25;

export function withFollowers(frame: readonly Item[][], items: readonly Item[], runs: readonly Run[]): Item[][] {
  const heights = heightsOf(frame);
  const wishes = new Wishes(heights, runs);
  const ranks = new Map<Item, number>();
  const layers = frame.map((): Item[] => []);
  for (const item of items) if (item.follows) layers[item.layer]!.push(item);
  // When a layer is processed, the positions of its neighbours in the layer before are known.
  return layers.map((followers, i) => {
    const firm = frame[i]!;
    const all = followers.map((item): Follower => {
      const wish = wishes.of(item);
      const gap = gapFor(item, { wish, firm, heightOf: (one) => wishes.expected(one) });
      const pull = item.before.length === 0 ? wish : mean(item.before.map((one) => heights.get(one)!));
      heights.set(item, within(pull, heights.get(firm[gap - 1]!), heights.get(firm[gap]!)));
      return { item, gap, wish, pull, first: Math.min(...item.before.map((one) => ranks.get(one)!)) };
    });
    all.sort(compare);
    const layer: Item[] = [];
    let next = 0;
    for (let gap = 0; gap <= firm.length; gap++) {
      for (; all[next]?.gap === gap; next++) layer.push(all[next]!.item);
      if (gap < firm.length) layer.push(firm[gap]!);
    }
    layer.forEach((item, rank) => ranks.set(item, rank));
    return layer;
  });
}

interface Follower {
  readonly item: Item;
  /** How many items of the frame are above it. */
  readonly gap: number;
  readonly wish: number;
  /** Mean height of its neighbours in the layer before, including the points where its cables pass. */
  readonly pull: number;
  /** Rank of its first neighbour in the layer before. */
  readonly first: number;
}

/** Among followers at the same height, no leaf crosses another's cable, and leaves come before items that lead on. */
function compare(a: Follower, b: Follower): number {
  const first = a.first === b.first ? 0 : a.first - b.first;
  return (
    a.gap - b.gap ||
    a.pull - b.pull ||
    a.wish - b.wish ||
    first ||
    Number(b.item.tip) - Number(a.item.tip) ||
    a.item.order - b.item.order
  );
}

/** Heights of the frame, as if there were nothing else. */
function heightsOf(frame: readonly (readonly Item[])[]): Map<Item, number> {
  const copies = new Map(frame.flat().map((item) => [item, { ...item, before: [] as Item[], after: [] as Item[] }]));
  for (const [item, copy] of copies)
    for (const side of ["before", "after"] as const)
      copy[side].push(...item[side].flatMap((one) => copies.get(one) ?? []));
  const middles = spread(
    frame.map((layer) => layer.map((item) => copies.get(item)!)),
    () => ({ above: 0.5, below: 0.5 }),
  );
  return new Map([...copies].map(([item, copy]) => [item, rounded(middles.get(copy)!)]));
}

class Wishes {
  readonly #heights: ReadonlyMap<Item, number>;
  /** Mean heights of the neighbours that boxes have in the frame. */
  readonly #means: ReadonlyMap<Item, number>;
  readonly #runs = new Map<Item, Run>();

  constructor(heights: ReadonlyMap<Item, number>, runs: readonly Run[]) {
    this.#heights = heights;
    const ends = new Map<Item, number[]>();
    for (const run of runs) {
      const [from, to] = [run.items[0], run.items.at(-1)!];
      for (const item of run.items.slice(1, -1)) this.#runs.set(item, run);
      for (const [near, far] of [
        [from, to],
        [to, from],
      ] as const)
        if (near.follows && !far.follows) ends.set(near, [...(ends.get(near) ?? []), heights.get(far)!]);
    }
    this.#means = new Map([...ends].map(([item, all]) => [item, mean(all)]));
  }

  /** Call it when the layers before have their positions. Without a frame there is no preference. */
  of(item: Item): number {
    return (
      this.expected(item) ?? (item.before.length === 0 ? 0 : mean(item.before.map((one) => this.#heights.get(one)!)))
    );
  }

  /** The known or likely height; undefined if it depends on the positions of other followers. */
  expected(item: Item): number | undefined {
    const known = this.#heights.get(item) ?? this.#means.get(item);
    const run = this.#runs.get(item);
    if (known !== undefined || run === undefined) return known;
    const [from, to] = [run.items[0], run.items.at(-1)!];
    const [start, end] = [from, to].map((one) => this.#heights.get(one) ?? this.#means.get(one));
    if (start === undefined || end === undefined) return start;
    return rounded(start + ((end - start) * (item.layer - from.layer)) / (to.layer - from.layer));
  }
}

function within(wish: number, above = -Infinity, below = Infinity): number {
  return Math.max(above + OFF, Math.min(wish, below - OFF));
}

interface Gaps {
  readonly wish: number;
  readonly firm: readonly Item[];
  readonly heightOf: (item: Item) => number | undefined;
}

/**
 * The gap with the fewest crossings of the frame; among equal ones the nearest to the preferred height, or for a leaf the topmost
 * nearby.
 */
function gapFor(item: Item, { wish, firm, heightOf }: Gaps): number {
  const costs = [0];
  for (const [i, other] of firm.entries()) {
    let change = 0;
    for (const side of ["before", "after"] as const)
      for (const mine of item[side]) {
        const here = heightOf(mine);
        if (here === undefined) continue;
        // Below the other item, it crosses cables from further below; above it, cables from further above.
        for (const one of other[side]) if (!one.follows) change += Math.sign(heightOf(one)! - here);
      }
    costs.push(costs[i]! + change);
  }
  const natural = firm.filter((one) => heightOf(one)! <= wish).length;
  const least = Math.min(...costs);
  let gap = natural;
  for (let off = 0; costs[gap] !== least; off++) gap = costs[natural - off] === least ? natural - off : natural + off;
  while (item.tip && gap > 0 && costs[gap - 1] === least) gap--;
  return gap;
}
