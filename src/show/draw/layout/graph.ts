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

/** Steps to the farthest, for those of `among`, in the graph of `among` alone. */
export function eccentricities(component: Component, among: ReadonlySet<string>): Map<string, number> {
  const around = new Map([...among].map((id) => [id, neighbours(component.get(id)!).filter((one) => among.has(one))]));
  return new Map(
    [...among].map((start) => {
      const steps = new Map([[start, 0]]);
      let most = 0;
      for (const [id, step] of steps)
        for (const other of around.get(id)!)
          if (!steps.has(other)) {
            steps.set(other, step + 1);
            most = step + 1;
          }
      return [start, most];
    }),
  );
}
