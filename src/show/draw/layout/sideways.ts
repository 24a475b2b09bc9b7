/**
 * A tree that would be much wider than high, on its side: tiers from left to right, each leaf a line of its own. A page is
 * scrolled downwards; and texts, which are wide, lie along their cables.
 */

import type { Cable, End } from "../types.ts";
import { farEnd, nearEnd } from "../types.ts";
import type { Component, Vertex } from "./graph.ts";
import { curve } from "./path.ts";
import { beside } from "./row.ts";
import { LABEL_LINE, linesOf, linesSize, sizeOf } from "./sizes.ts";
import { type Joint, skeletonOf } from "./skeleton.ts";
import type { Part, PlacedBox, PlacedCable } from "./types.ts";

interface Node {
  readonly vertex: Vertex;
  readonly tier: number;
  /** To what it hangs on; null for the top. */
  readonly cable: Cable | null;
  readonly below: readonly Node[];
  readonly width: number;
  height: number;
  /** Of all that hangs on it. */
  span: number;
  middle: number;
}

const BETWEEN = 12;
/** Between what hangs on one and what hangs on another. */
const APART = 16;
const PORT_AIR = 10;
const CURVE = 64;
const TEXT_AIR = 14;
const HALF_BAR = 16;

/** No way leads back to where it began, so that every cable leads from one tier to the next. */
export function isTree(component: Component): boolean {
  const cables = new Set([...component.values()].flatMap((vertex) => vertex.cables));
  return cables.size === component.size - 1;
}

export function laySideways(component: Component): Part {
  const top = nodeOf(skeletonOf(component).top, null);
  measure(top);
  place(top, 0);
  const tiers: Node[][] = [];
  const walk = (node: Node): void => {
    (tiers[node.tier] ??= []).push(node);
    node.below.forEach(walk);
  };
  walk(top);
  const columns = columnsOf(tiers);
  const boxes: PlacedBox[] = [];
  const cables: PlacedCable[] = [];
  for (const tier of tiers)
    for (const node of tier) {
      boxes.push(boxAt(node, columns));
      cables.push(...cablesOf(node, columns));
    }
  return atOrigin(boxes, cables);
}

function nodeOf(joint: Joint, cable: Cable | null): Node {
  const { vertex, tier, leaves, children } = joint;
  const tips = leaves.map(([leaf, own]): Node => ({ ...blank(leaf), tier: tier + 1, cable: own, below: [] }));
  const id = vertex.box.id;
  const joints = children.map((child) => nodeOf(child, vertex.cables.find((own) => farEnd(own, id).box === child.vertex.box.id)!)); // prettier-ignore
  return { ...blank(vertex), tier, cable, below: [...tips, ...joints] };
}

function blank(vertex: Vertex): Pick<Node, "vertex" | "width" | "height" | "span" | "middle"> {
  return { vertex, ...sizeOf(vertex.box), span: 0, middle: 0 };
}

/** Height that the text at an end needs: the interface above the line, addresses below. */
function tall(end: End): number {
  return Math.max(1, linesOf(end).length) * LABEL_LINE + PORT_AIR;
}

const isBar = ({ vertex }: Node): boolean => vertex.box.kind === "switch";

function measure(node: Node): void {
  const id = node.vertex.box.id;
  for (const child of node.below) measure(child);
  const ports = node.below.reduce((sum, { cable }) => sum + tall(nearEnd(cable!, id)), 0);
  if (!isBar(node)) node.height = Math.max(node.height, ports);
  const own = node.cable === null ? 0 : tall(nearEnd(node.cable, id));
  const stack = node.below.reduce((sum, child) => sum + Math.max(child.span, isBar(node) ? tall(nearEnd(child.cable!, id)) : 0), 0); // prettier-ignore
  node.span = Math.max(stack, node.height + BETWEEN, own) + (node.below.length > 1 ? APART : 0);
}

function place(node: Node, top: number): void {
  const stack = node.below.reduce((sum, { span }) => sum + span, 0);
  let y = top + (node.span - stack) / 2;
  for (const child of node.below) {
    place(child, y);
    y += child.span;
  }
  const [first, last] = [node.below[0], node.below.at(-1)];
  if (first === undefined || last === undefined) {
    node.middle = top + node.span / 2;
    return;
  }
  const half = node.height / 2 + BETWEEN / 2;
  node.middle = Math.min(top + node.span - half, Math.max(top + half, (first.middle + last.middle) / 2));
  // A bar stands beside all that is plugged into it, so that its cables are straight.
  if (isBar(node)) node.height = Math.max(node.height, last.middle - first.middle + 2 * HALF_BAR);
}

interface Column {
  readonly x: number;
  readonly width: number;
  /** Of the texts to the right of its boxes, and to the left of the next column's. */
  readonly texts: readonly [number, number];
}

function columnsOf(tiers: readonly (readonly Node[])[]): Column[] {
  let x = 0;
  return tiers.map((tier, i) => {
    const width = tier.reduce((most, node) => Math.max(most, node.width), 0);
    const cables = (tiers[i + 1] ?? []).map(({ cable, vertex }) => [farEnd(cable!, vertex.box.id), nearEnd(cable!, vertex.box.id)] as const); // prettier-ignore
    const text = (side: 0 | 1): number => cables.reduce((most, ends) => Math.max(most, linesSize(linesOf(ends[side])).width), 0) + TEXT_AIR; // prettier-ignore
    const column: Column = { x, width, texts: [text(0), text(1)] };
    x += width + column.texts[0] + CURVE + column.texts[1];
    return column;
  });
}

/** All in a column are equally wide, but for those that are small by nature. */
function boxAt(node: Node, columns: readonly Column[]): PlacedBox {
  const { x, width } = columns[node.tier]!;
  const { box } = node.vertex;
  const own = box.kind === "end" || box.kind === "outside" ? node.width : width;
  return { box, x, y: node.middle - node.height / 2, width: own, height: node.height };
}

function cablesOf(node: Node, columns: readonly Column[]): PlacedCable[] {
  if (node.below.length === 0) return [];
  const { id } = node.vertex.box;
  const column = columns[node.tier]!;
  const next = columns[node.tier + 1]!;
  const heights = node.below.map(({ cable }) => tall(nearEnd(cable!, id)));
  const bend = column.x + column.width + column.texts[0];
  const right = boxAt(node, columns).width + column.x;
  let port = node.middle - heights.reduce((sum, one) => sum + one, 0) / 2;
  return node.below.map(({ cable, middle, vertex }, i) => {
    const y = isBar(node) ? middle : port + heights[i]! / 2;
    port += heights[i]!;
    const labels = [
      ...beside(linesOf(nearEnd(cable!, id)), right, y, true),
      ...beside(linesOf(nearEnd(cable!, vertex.box.id)), next.x, middle, false),
    ];
    return { cable: cable!, path: curve({ x: right, y }, bend, bend + CURVE, { x: next.x, y: middle }), labels };
  });
}

function atOrigin(boxes: readonly PlacedBox[], cables: readonly PlacedCable[]): Part {
  const all = [...boxes, ...cables.flatMap(({ labels }) => labels)];
  const width = all.reduce((most, each) => Math.max(most, each.x + each.width), 0);
  const height = all.reduce((most, each) => Math.max(most, each.y + each.height), 0);
  return { width, height, boxes, cables };
}
