/** Boxes and cables of tiers before they have positions: computed by tiers.ts, drawn by wires.ts. */

import type { Cable } from "../types.ts";
import { nearEnd } from "../types.ts";
import type { Grid } from "./grid.ts";
import { linesOf, linesSize } from "./sizes.ts";
import type { Joint } from "./skeleton.ts";

/** A joint with the space it needs. */
export interface Block {
  readonly joint: Joint;
  readonly bar: boolean;
  readonly grid: Grid | null;
  readonly parent: Block | null;
  readonly children: Block[];
  readonly down: Wire[];
  readonly up: Wire[];
  /** The space that its own box and the labels at its ends need to the left of its centre, … */
  before: number;
  /** … and to the right of it, where most labels are. */
  after: number;
  /** Width of the strip reserved for its subtree, and the position of the box's centre in it. */
  strip: number;
  offset: number;
  /** Where in the strip its grid and its children begin. */
  indent: number;
  centre: number;
  left: number;
  width: number;
  readonly height: number;
  y: number;
  gridLeft: number;
}

/** A cable from the lower side of `from` to the upper side of `to`. */
export interface Wire {
  readonly cable: Cable;
  readonly from: Block;
  readonly to: Block;
  /** Width of the wider label of the two ends, plus a margin. */
  readonly slot: number;
}

export const SLOT_AIR = 16;

/** The space that a cable to a leaf needs along the side of a box. */
export function leafSlot(block: Block, cable: Cable): number {
  return linesSize(linesOf(nearEnd(cable, block.joint.vertex.box.id))).width + SLOT_AIR;
}
