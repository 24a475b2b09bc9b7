/** Boxes and cables of tiers on their way to a place: what tiers.ts decides and wires.ts draws by. */

import type { Cable } from "../types.ts";
import { nearEnd } from "../types.ts";
import type { Grid } from "./grid.ts";
import { linesOf, linesSize } from "./sizes.ts";
import type { Joint } from "./skeleton.ts";

/** A joint with its room. */
export interface Block {
  readonly joint: Joint;
  readonly bar: boolean;
  readonly grid: Grid | null;
  readonly parent: Block | null;
  readonly children: Block[];
  readonly down: Wire[];
  readonly up: Wire[];
  /** What its own box and the texts at its ends need to the left of its middle, … */
  before: number;
  /** … and to the right of it, where most texts are. */
  after: number;
  /** Width of the strip that its subtree has to itself, and where in it the middle of the box is. */
  strip: number;
  offset: number;
  /** Where in the strip that begins which is below it: grid and children. */
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
  /** Width of the text at either end, and some air. */
  readonly slot: number;
}

export const SLOT_AIR = 16;

/** Room for a cable to a leaf at the side of a box. */
export function leafSlot(block: Block, cable: Cable): number {
  return linesSize(linesOf(nearEnd(cable, block.joint.vertex.box.id))).width + SLOT_AIR;
}
