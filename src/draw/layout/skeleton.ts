/**
 * The skeleton of a tree: the boxes with more than one cable, in tiers. Everything else hangs from it as a leaf. Tiers are
 * distances from the top, in the order of the model; leaves do not affect them.
 */

import { farEnd, isBar, isOwn, nearEnd } from "../types.ts";
import type { Cable } from "../types.ts";
import type { Component, Vertex } from "./graph.ts";
import { eccentricities, neighbours } from "./graph.ts";

export interface Joint {
  readonly vertex: Vertex;
  readonly tier: number;
  readonly parent: Joint | null;
  /** From left to right. */
  readonly children: Joint[];
  /** Boxes with one cable, and that cable. */
  readonly leaves: (readonly [Vertex, Cable])[];
}

export interface Skeleton {
  readonly top: Joint;
  /** From left to right. */
  readonly tiers: readonly (readonly Joint[])[];
  /** Cables between joints. */
  readonly cables: readonly Cable[];
  readonly joints: ReadonlyMap<string, Joint>;
}

export function skeletonOf(component: Component): Skeleton {
  const bones = bonesOf(component);
  const start = topOf(component, bones);
  bones.add(start);
  const joints = grow(component, bones, start);
  const cables = new Set<Cable>();
  for (const { vertex, leaves } of joints.values())
    for (const cable of vertex.cables) {
      const other = farEnd(cable, vertex.box.id).box;
      if (bones.has(other)) cables.add(cable);
      else leaves.push([component.get(other)!, cable]);
    }
  for (const { leaves } of joints.values()) leaves.sort(([a], [b]) => a.order - b.order);
  const top = joints.get(start)!;
  return { top, tiers: tiersOf(top), cables: [...cables], joints };
}

/** The boxes with more than one cable. */
export function bonesOf(component: Component): Set<string> {
  const isBone = ({ box, cables }: Vertex): boolean => cables.length > 1 || isBar(box) || box.kind === "outside";
  return new Set([...component].flatMap(([id, vertex]) => (isBone(vertex) ? [id] : [])));
}

/** Builds the joints tier by tier. */
function grow(component: Component, bones: ReadonlySet<string>, start: string): Map<string, Joint> {
  const joints = new Map([[start, jointOf(component, start, null)]]);
  // The map grows during the iteration.
  for (const [id, joint] of joints)
    for (const other of around(component, id))
      if (bones.has(other) && !joints.has(other)) joints.set(other, jointOf(component, other, joint));
  return joints;
}

function jointOf(component: Component, id: string, parent: Joint | null): Joint {
  const tier = parent === null ? 0 : parent.tier + 1;
  const joint: Joint = { vertex: component.get(id)!, tier, parent, children: [], leaves: [] };
  parent?.children.push(joint);
  return joint;
}

function around(component: Component, id: string): string[] {
  return neighbours(component.get(id)!).sort((a, b) => orderOf(component, a) - orderOf(component, b));
}

function orderOf(component: Component, id: string): number {
  return component.get(id)!.order;
}

/** The outside goes on top; otherwise the centre of the network, preferring a router among equal ones. */
export function topOf(component: Component, bones: ReadonlySet<string>): string {
  for (const [id, { box }] of component) if (box.kind === "outside") return id;
  const beyond = beyondNat(component);
  if (beyond !== null) return beyond;
  const far = eccentricities(component, bones);
  const isRouter = (id: string): boolean => ["router", "machine"].includes(component.get(id)!.box.kind);
  const degree = (id: string): number => neighbours(component.get(id)!).filter((one) => bones.has(one)).length;
  const better = (a: string, b: string): number =>
    far.get(a)! - far.get(b)! ||
    Number(isRouter(b)) - Number(isRouter(a)) ||
    degree(b) - degree(a) ||
    orderOf(component, a) - orderOf(component, b);
  const best = [...bones].sort(better)[0] ?? [...component.keys()][0]!;
  return component.get(best)!.box.kind === "bond" ? ownerOf(component, best) : best;
}

/** The owner of a bond is placed before it, as if the two were one. */
function ownerOf(component: Component, bond: string): string {
  const own = component.get(bond)!.cables.find((cable) => isOwn(cable, bond));
  return own === undefined ? bond : farEnd(own, bond).box;
}

/** Where most NATs send translated packets, unless it is behind a NAT itself. */
function beyondNat(component: Component): string | null {
  const votes = new Map<string, number>();
  const inside = new Set<string>();
  for (const [id, { box, cables }] of component) {
    if (!box.marks.some(({ kind }) => kind === "nat")) continue;
    for (const cable of cables) {
      const other = farEnd(cable, id).box;
      if (nearEnd(cable, id).nat === true) votes.set(other, (votes.get(other) ?? 0) + 1);
      else inside.add(other);
    }
  }
  const best = [...votes]
    .filter(([id]) => !inside.has(id))
    .sort((a, b) => b[1] - a[1] || orderOf(component, a[0]) - orderOf(component, b[0]));
  return best[0]?.[0] ?? null;
}

function tiersOf(top: Joint): Joint[][] {
  const tiers: Joint[][] = [];
  const walk = (joint: Joint): void => {
    (tiers[joint.tier] ??= []).push(joint);
    joint.children.forEach(walk);
  };
  walk(top);
  return tiers;
}
