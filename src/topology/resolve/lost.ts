/** Parts that were removed from the topology because their shape was wrong: errors that only follow from that are not reported. */

import type { Path } from "../problems.ts";
import type { Network } from "./network.ts";

/** Whether something at, below or above the path was taken out. */
export function lost({ pruned }: Network, path: Path): boolean {
  if (pruned.length === 0) return false;
  let keys = touched.get(pruned);
  if (keys === undefined) touched.set(pruned, (keys = touchedBy(pruned)));
  return keys.above.has(path.join("\0")) || path.some((_, i) => keys.at.has(path.slice(0, i).join("\0")));
}

// Asked once for each node and interface: searching the list each time would be quadratic in a file full of mistakes.
const touched = new WeakMap<readonly Path[], { at: Set<string>; above: Set<string> }>();

function touchedBy(pruned: readonly Path[]): { at: Set<string>; above: Set<string> } {
  const at = new Set<string>();
  const above = new Set<string>();
  for (const path of pruned) {
    at.add(path.join("\0"));
    for (let i = 0; i <= path.length; i++) above.add(path.slice(0, i).join("\0"));
  }
  return { at, above };
}
