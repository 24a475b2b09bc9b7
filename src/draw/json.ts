/** A drawing as data: the boxes and cables, and their positions in a picture. */

import type { Drawing } from "./layout/index.ts";

/** The body of a document of kind `drawing`. */
export function jsonOf({ scene, width, height, boxes, cables }: Drawing): object {
  return {
    name: scene.name,
    width,
    height,
    boxes: boxes.map(({ box, x, y, width: w, height: h }) => ({
      ...box,
      x: round(x),
      y: round(y),
      width: round(w),
      height: round(h),
    })),
    cables: cables.map(({ cable, path }) => ({ ...cable, path })),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
