/** Parts of a topology by their paths. */

import type { Path } from "../topology/problems.ts";

type Container = Record<string | number, unknown>;

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (value as Container | null | undefined)?.[part], root);
}

/** Changes the value in place; undefined takes the key away. The part that holds it must be there. */
export function putAt(root: unknown, path: Path, value: unknown): void {
  const parent = valueAt(root, path.slice(0, -1)) as Container;
  const key = path.at(-1)!;
  if (value !== undefined) parent[key] = value;
  else delete parent[key];
}

/** Takes values away; what follows in a list moves up. Returns the paths that there were. */
export function takeAway(root: unknown, paths: readonly Path[]): Path[] {
  const lists = new Set<unknown[]>();
  const found = paths.filter((path) => valueAt(root, path) !== undefined);
  for (const path of found) {
    const parent = valueAt(root, path.slice(0, -1));
    // Something around it may be gone by now.
    if (typeof parent !== "object" || parent === null) continue;
    if (Array.isArray(parent)) lists.add(parent);
    putAt(root, path, undefined);
  }
  // `delete` leaves holes, which filter() skips.
  for (const list of lists) list.splice(0, list.length, ...list.filter(() => true));
  return found;
}
