/** For formats that are laid out by another program: decides which end of a cable comes first. */

import type { Scene } from "../types.ts";
import { componentsOf, neighbours } from "./graph.ts";
import { bonesOf, topOf } from "./skeleton.ts";

/** Each cable leads away from where our own layout would begin. */
export function outwards(scene: Scene): Scene {
  const depths = new Map<string, number>();
  for (const component of componentsOf(scene)) {
    const top = topOf(component, bonesOf(component));
    const found = [top];
    depths.set(top, 0);
    // The set grows during the iteration.
    for (const id of found)
      for (const other of neighbours(component.get(id)!))
        if (!depths.has(other)) {
          depths.set(other, depths.get(id)! + 1);
          found.push(other);
        }
  }
  const cables = scene.cables.map((cable) => {
    const [a, b] = cable.ends;
    return depths.get(a.box)! > depths.get(b.box)! ? { ...cable, ends: [b, a] as const } : cable;
  });
  return { ...scene, cables };
}
