/** Who is joined to whom, and the connected parts of a scene. */

import type { Box, Cable, Scene } from "../types.ts";

export interface Vertex {
  readonly box: Box;
  /** Place in the scene: the order of everything that has no better reason. */
  readonly order: number;
  readonly cables: Cable[];
}

export type Component = ReadonlyMap<string, Vertex>;

/** In the order of their first boxes, without those that hang on one cable: a new one of these moves nothing. */
export function componentsOf({ boxes, cables }: Scene): Component[] {
  const vertices = new Map<string, Vertex>(boxes.map((box, order) => [box.id, { box, order, cables: [] }]));
  for (const cable of cables) for (const { box } of cable.ends) vertices.get(box)?.cables.push(cable);
  const seen = new Set<string>();
  const components: Component[] = [];
  for (const start of vertices.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const found = [start];
    // Grows while it is being walked.
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

/** No way leads back to where it began. */
export function isTree(component: Component): boolean {
  const cables = new Set([...component.values()].flatMap((vertex) => vertex.cables));
  return cables.size === component.size - 1;
}

/** Without repetition, in the order of the cables. */
export function neighbours({ box, cables }: Vertex): string[] {
  return [...new Set(cables.map(({ ends }) => (ends[0].box === box.id ? ends[1].box : ends[0].box)))];
}

/** Steps to the farthest, for those of `among`, in the graph of `among` alone. By numbers: it is as many walks as there are boxes. */
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
