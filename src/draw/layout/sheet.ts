/** The size of a component: all of its boxes and labels. */

import type { Part, PlacedBox, PlacedCable } from "./types.ts";

/** Everything must start at the origin. A cable never leaves the area that its ends are in. */
export function partOf(boxes: readonly PlacedBox[], cables: readonly PlacedCable[]): Part {
  const all = [...boxes, ...cables.flatMap(({ labels }) => labels)];
  const width = all.reduce((most, each) => Math.max(most, each.x + each.width), 0);
  const height = all.reduce((most, each) => Math.max(most, each.y + each.height), 0);
  return { width, height, boxes, cables };
}
