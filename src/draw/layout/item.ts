/** Boxes and cables of layers before they have positions: computed by layers.ts, drawn by layered.ts. */

import type { Cable } from "../types.ts";
import type { Vertex } from "./graph.ts";

/** A box in its layer, or a point that a cable passes. */
export interface Item {
  readonly vertex: Vertex | null;
  readonly order: number;
  readonly layer: number;
  /** Its position depends on others, and no other position depends on it. */
  readonly follows: boolean;
  /** It is a leaf, or on the way to one, so that the box it hangs from determines its position. */
  readonly tip: boolean;
  readonly before: Item[];
  readonly after: Item[];
}

/** A cable from layer to layer; if both ends are in the same layer, it has only those two items. */
export interface Run {
  readonly cable: Cable;
  readonly items: readonly [Item, ...Item[]];
}

/** Whether both ends are in the same layer. */
export function isLoop({ items }: Run): boolean {
  return items[0].layer === items.at(-1)!.layer;
}

export interface Layers {
  /** From left to right; each from top to bottom. */
  readonly layers: readonly (readonly Item[])[];
  readonly runs: readonly Run[];
}
