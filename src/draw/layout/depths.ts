/** Assigns each box of a part to a layer: its distance from the top. */

import { isBar } from "../types.ts";
import type { Component, Vertex } from "./graph.ts";
import { neighbours } from "./graph.ts";
import { topOf } from "./skeleton.ts";

const isHost = ({ box }: Vertex): boolean => box.kind === "host" || box.kind === "group" || box.kind === "end";

/** The boxes that determine the layout: routers, switches, and the hosts that are needed to connect them. */
export function frameOf(component: Component, bones: ReadonlySet<string>): ReadonlySet<string> {
  const frame = new Set([...bones].filter((id) => !isHost(component.get(id)!)));
  if (frame.size === 0) return bones;
  const parents = new Map([...bones].map((id) => [id, id]));
  const rootOf = (id: string): string => {
    let one = id;
    while (parents.get(one) !== one) one = parents.get(one)!;
    parents.set(id, one);
    return one;
  };
  const join = (id: string, others: readonly string[]): void =>
    others.forEach((other) => parents.set(rootOf(other), rootOf(id)));
  for (const id of frame)
    join(
      id,
      neighbours(component.get(id)!).filter((other) => frame.has(other)),
    );
  for (const id of [...bones].filter((one) => !frame.has(one))) {
    const others = neighbours(component.get(id)!).filter((other) => frame.has(other));
    if (new Set(others.map(rootOf)).size < 2) continue;
    join(id, others);
    frame.add(id);
  }
  // If a connection takes several hosts in a row, all of them count.
  return new Set([...frame].map(rootOf)).size === 1 ? frame : bones;
}

/** The layer of each box, from 0. */
export function depthsOf(
  component: Component,
  bones: ReadonlySet<string>,
  frame: ReadonlySet<string>,
): Map<string, number> {
  const depths = stepsOf(component, bones, frame);
  for (const id of staggered(component, bones)) depths.set(id, depths.get(id)! + 1);
  return depths;
}

/** Distances from the top, and from the boxes that are connected to everything the top is connected to. */
function stepsOf(component: Component, bones: ReadonlySet<string>, frame: ReadonlySet<string>): Map<string, number> {
  const around = (id: string, among: ReadonlySet<string>): string[] =>
    neighbours(component.get(id)!).filter((one) => among.has(one));
  const top = topOf(component, frame);
  const signature = (id: string): string => [component.get(id)!.box.kind, ...around(id, frame).sort()].join("\n");
  const depths = new Map<string, number>();
  const grow = (starts: readonly string[], among: ReadonlySet<string>): void => {
    const found = [...starts];
    for (const id of found)
      for (const other of around(id, among))
        if (!depths.has(other)) {
          depths.set(other, depths.get(id)! + 1);
          found.push(other);
        }
  };
  // Two switches with the same neighbours are not twins: what is between them is the subject of the picture.
  const twins = isBar(component.get(top)!.box) ? [] : [...frame].filter((id) => signature(id) === signature(top));
  const tops = [top, ...twins.filter((id) => id !== top)];
  for (const id of tops) depths.set(id, 0);
  grow([...depths.keys()], frame);
  for (const id of bones) {
    if (depths.has(id)) continue;
    const own = around(id, frame).map((other) => depths.get(other)!);
    if (own.length === 0) continue;
    const next = Math.min(...own) + 1;
    depths.set(id, own.includes(next) ? Math.max(...own) + 1 : next);
  }
  grow([...depths.keys()], bones);
  grow([...depths.keys()], new Set(component.keys()));
  return depths;
}

/** With more leaves than this, switches with more than a few leaves arrange them in two columns. */
const MANY = 30;
const FEW = 3;

/**
 * If there are many leaves, about every other leaf of a switch moves one layer further, to make the picture less tall. The name
 * alone decides which: if the order did, one more leaf would move every later one to the other column.
 */
function staggered(component: Component, bones: ReadonlySet<string>): string[] {
  const leaves = new Map<string, string[]>();
  for (const [id, vertex] of component) {
    const [parent] = neighbours(vertex);
    if (bones.has(id) || parent === undefined || !isBar(component.get(parent)!.box)) continue;
    const known = leaves.get(parent);
    if (known === undefined) leaves.set(parent, [id]);
    else known.push(id);
  }
  const crowds = [...leaves.values()];
  if (crowds.reduce((sum, { length }) => sum + length, 0) <= MANY) return [];
  return crowds.filter(({ length }) => length > FEW).flatMap((own) => own.filter(isOdd));
}

/** Alternates in h1, h2, h3, except where another digit changes as well. */
function isOdd(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum += id.charCodeAt(i);
  return sum % 2 === 1;
}
