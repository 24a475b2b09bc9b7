/** How large a part is: all of its boxes and texts. */

import type { Part, PlacedBox, PlacedCable } from "./types.ts";

/** Of what begins at the origin. A cable leaves no sheet that its ends are on. */
export function partOf(boxes: readonly PlacedBox[], cables: readonly PlacedCable[]): Part {
  const all = [...boxes, ...cables.flatMap(({ labels }) => labels)];
  const width = all.reduce((most, each) => Math.max(most, each.x + each.width), 0);
  const height = all.reduce((most, each) => Math.max(most, each.y + each.height), 0);
  return { width, height, boxes, cables };
}
