/**
 * The skeleton of a part: what more than one cable leads to, in tiers. Everything else hangs on it as a leaf. Tiers are steps
 * from the top, so that every cable joins two neighbouring tiers or two boxes of one; leaves have no say in any of it.
 */

import { farEnd, nearEnd } from "../types.ts";
import type { Cable } from "../types.ts";
import type { Component, Vertex } from "./graph.ts";
import { eccentricities, neighbours } from "./graph.ts";

export interface Joint {
  readonly vertex: Vertex;
  readonly tier: number;
  readonly parent: Joint | null;
  /** From left to right. */
  children: Joint[];
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
  const bones = new Set<string>();
  for (const [id, { box, cables }] of component)
    if (cables.length > 1 || box.kind === "switch" || box.kind === "outside") bones.add(id);
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
  arrange(top, joints, [...cables]);
  return { top, tiers: tiersOf(top), cables: [...cables], joints };
}

/** Tier by tier. What several of the tier above lead to hangs on the middle one. */
function grow(component: Component, bones: ReadonlySet<string>, start: string): Map<string, Joint> {
  const joints = new Map<string, Joint>();
  let tier = [start];
  for (let depth = 0; tier.length > 0; depth++) {
    const above = new Map<string, string[]>();
    for (const id of tier)
      for (const other of around(component, id))
        if (bones.has(other) && !joints.has(other) && !tier.includes(other)) above.set(other, [...(above.get(other) ?? []), id]); // prettier-ignore
    if (depth === 0) joints.set(start, jointOf(component, start, null));
    const next: string[] = [];
    for (const [id, parents] of above) joints.set(id, jointOf(component, id, joints.get(parents[(parents.length - 1) >> 1]!)!)); // prettier-ignore
    for (const id of tier) next.push(...joints.get(id)!.children.map(({ vertex }) => vertex.box.id));
    tier = next;
  }
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

/** What is outside goes on top; else the middle of the network, of equally good ones a router. */
function topOf(component: Component, bones: ReadonlySet<string>): string {
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
  return [...bones].sort(better)[0] ?? [...component.keys()][0]!;
}

/** Where most NATs send what they have translated, unless that is behind a NAT itself. */
function beyondNat(component: Component): string | null {
  const votes = new Map<string, number>();
  const inside = new Set<string>();
  for (const [id, { box, cables }] of component) {
    const nat = box.marks.find(({ kind }) => kind === "nat");
    if (nat === undefined) continue;
    const links = nat.text.split(/[ ,]+/).slice(1);
    for (const cable of cables) {
      const other = farEnd(cable, id).box;
      if (links.includes(nearEnd(cable, id).link ?? "")) votes.set(other, (votes.get(other) ?? 0) + 1);
      else inside.add(other);
    }
  }
  const best = [...votes].filter(([id]) => !inside.has(id)).sort((a, b) => b[1] - a[1] || orderOf(component, a[0]) - orderOf(component, b[0])); // prettier-ignore
  return best[0]?.[0] ?? null;
}

const SWEEPS = 4;

/** Turns subtrees towards what they are joined to beside the tree; a tree stays in the order of the model. */
function arrange(top: Joint, joints: ReadonlyMap<string, Joint>, cables: readonly Cable[]): void {
  const across = cables
    .map(({ ends }) => [joints.get(ends[0].box)!, joints.get(ends[1].box)!] as const)
    .filter(([a, b]) => a.parent !== b && b.parent !== a);
  if (across.length === 0) return;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const place = placesOf(top);
    // Of each subtree: the places of those outside its parent's subtree that it is joined to.
    const pulls = new Map<Joint, number[]>();
    for (const [a, b] of across) {
      const common = new Set(ancestors(a));
      const meeting = ancestors(b).find((one) => common.has(one))!;
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const)
        // prettier-ignore
        for (let one = from; one !== meeting && one.parent !== meeting; one = one.parent!) {
          const known = pulls.get(one);
          if (known === undefined) pulls.set(one, [place.get(to)!]);
          else known.push(place.get(to)!);
        }
    }
    const wish = (joint: Joint): number => {
      const own = pulls.get(joint);
      return own === undefined ? place.get(joint)! : own.reduce((sum, one) => sum + one, 0) / own.length;
    };
    for (const joint of joints.values())
      if (joint.children.length > 1)
        joint.children = joint.children
          .map((child) => [child, wish(child)] as const)
          .sort(([a, x], [b, y]) => x - y || place.get(a)! - place.get(b)!)
          .map(([child]) => child);
  }
}

/** The joint itself first. */
function ancestors(joint: Joint): Joint[] {
  const line = [joint];
  for (let one = joint.parent; one !== null; one = one.parent) line.push(one);
  return line;
}

/** From left to right, by the middle of each subtree's tips. */
function placesOf(top: Joint): Map<Joint, number> {
  const places = new Map<Joint, number>();
  let tips = 0;
  const walk = (joint: Joint): number => {
    const own = joint.children.map(walk);
    const place = own.length === 0 ? tips++ : (own[0]! + own.at(-1)!) / 2;
    places.set(joint, place);
    return place;
  };
  walk(top);
  return places;
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
