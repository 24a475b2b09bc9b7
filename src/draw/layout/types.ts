/** Positions of everything, in pixels. x to the right, y down; the position of a box or a label is its upper left corner. */

import type { Box, Cable, Scene } from "../types.ts";

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedBox extends Area {
  readonly box: Box;
}

export interface LabelLine {
  readonly kind: "link" | "address";
  readonly text: string;
}

export interface PlacedLabel extends Area {
  readonly lines: readonly LabelLine[];
  readonly align: "start" | "middle" | "end";
  /** It is on its own line, and interrupts it. */
  readonly backed?: true;
}

export interface PlacedCable {
  readonly cable: Cable;
  /** SVG path data. */
  readonly path: string;
  readonly labels: readonly PlacedLabel[];
}

export interface Drawing {
  readonly scene: Scene;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly cables: readonly PlacedCable[];
}

/** A connected component of the picture, with its own origin. */
export interface Part {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly cables: readonly PlacedCable[];
}
