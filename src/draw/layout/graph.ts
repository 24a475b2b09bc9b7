/** The graph of a scene: neighbours and connected components. */

import type { Box, Cable, Scene } from "../types.ts";

export interface Vertex {
  readonly box: Box;
  /** Position in the scene: the order used if nothing else decides. */
  readonly order: number;
  readonly cables: Cable[];
}

export type Component = ReadonlyMap<string, Vertex>;

/** In the order of their first boxes, ignoring boxes with a single cable, so that adding one of these does not move anything. */
export function componentsOf({ boxes, cables }: Scene): Component[] {
  const vertices = new Map<string, Vertex>(boxes.map((box, order) => [box.id, { box, order, cables: [] }]));
  for (const cable of cables) for (const { box } of cable.ends) vertices.get(box)?.cables.push(cable);
  const seen = new Set<string>();
  const components: Component[] = [];
  for (const start of vertices.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const found = [start];
    // The set grows during the iteration.
    for (const id of found)
      for (const other of neighbours(vertices.get(id)!))
        if (!seen.has(other)) {
          seen.add(other);
          found.push(other);
        }
    const members = found.map((id) => vertices.get(id)!).sort((a, b) => a.order - b.order);
    components.push(new Map(members.map((vertex) => [vertex.box.id, vertex])));
  }
  const rank = (component: Component): number => {
    const all = [...component.values()];
    return (all.find(({ box, cables }) => cables.length !== 1 || box.kind !== "host") ?? all[0]!).order;
  };
  return components.sort((a, b) => rank(a) - rank(b));
}

/** Whether there are no cycles. */
export function isTree(component: Component): boolean {
  const cables = new Set([...component.values()].flatMap((vertex) => vertex.cables));
  return cables.size === component.size - 1;
}

/** Without duplicates, in the order of the cables. */
export function neighbours({ box, cables }: Vertex): string[] {
  return [...new Set(cables.map(({ ends }) => (ends[0].box === box.id ? ends[1].box : ends[0].box)))];
}

/**
 * Distance to the farthest box, for each box of `among`, within the subgraph of `among`. It uses numeric indices for speed: there
 * is one traversal per box.
 */
export function eccentricities(component: Component, among: ReadonlySet<string>): Map<string, number> {
  const ids = [...among];
  const numbers = new Map(ids.map((id, i) => [id, i]));
  const around = ids.map((id) => neighbours(component.get(id)!).flatMap((other) => numbers.get(other) ?? []));
  const steps = new Int32Array(ids.length);
  const found = new Int32Array(ids.length);
  return new Map(
    ids.map((id, start) => {
      steps.fill(-1);
      steps[start] = 0;
      found[0] = start;
      let count = 1;
      for (let at = 0; at < count; at++) {
        const one = found[at]!;
        for (const other of around[one]!)
          if (steps[other]! < 0) {
            steps[other] = steps[one]! + 1;
            found[count++] = other;
          }
      }
      return [id, steps[found[count - 1]!]!];
    }),
  );
}
