/** Boxes and cables of layers on their way to a place: what layers.ts decides and layered.ts draws by. */

import type { Cable } from "../types.ts";
import type { Vertex } from "./graph.ts";

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

/** Both ends are in the same layer. */
export function isLoop({ items }: Run): boolean {
  return items[0].layer === items.at(-1)!.layer;
}

export interface Layers {
  /** From left to right; each from top to bottom. */
  readonly layers: readonly (readonly Item[])[];
  readonly runs: readonly Run[];
}
