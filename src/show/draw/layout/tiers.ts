/**
 * Routers and switches in tiers, leaves in rows below what they hang on. A switch is a bar above all that is plugged into it,
 * so that its cables are straight; every subtree has a strip of the picture to itself, so that none is in another's way.
 */

import { isBar } from "../types.ts";
import type { Block, Wire } from "./block.ts";
import { leafSlot, SLOT_AIR, slotOf } from "./block.ts";
import type { Component } from "./graph.ts";
import { gridOf } from "./grid.ts";
import { linesOf, linesSize, sizeOf } from "./sizes.ts";
import type { Joint, Skeleton } from "./skeleton.ts";
import { skeletonOf } from "./skeleton.ts";
import type { Part, PlacedBox, PlacedCable, PlacedLabel } from "./types.ts";
import { drawWires } from "./wires.ts";

/** Many switches side by side get fewer columns each. By the number of those that have leaves. */
const COLUMNS: readonly (readonly [switches: number, columns: number])[] = [[1, 10], [3, 6], [8, 4], [Infinity, 3]]; // prettier-ignore
const CROWDED = 14;
const STRIP_GAP = 34;

export function layTiers(component: Component): Part {
  return uprightTree(component).lay();
}

/** How wide it would be, for less than it takes to lay it out. */
export function uprightTree(component: Component): { readonly width: number; readonly lay: () => Part } {
  const skeleton = skeletonOf(component);
  const blocks = blocksOf(skeleton);
  const wires = wiresOf(skeleton, blocks);
  for (const block of [...blocks.values()].reverse()) measure(block);
  const top = blocks.get(skeleton.top)!;
  return { width: top.strip, lay: () => layBlocks(top, skeleton, { blocks, wires }) };
}

function layBlocks(
  top: Block,
  skeleton: Skeleton,
  { blocks, wires }: { readonly blocks: ReadonlyMap<Joint, Block>; readonly wires: readonly Wire[] },
): Part {
  place(top, 0);
  const tiers = skeleton.tiers.map((tier) => tier.map((joint) => blocks.get(joint)!));
  const drawn = drawWires(tiers, wires);
  const boxes: PlacedBox[] = [];
  for (const block of blocks.values()) {
    const { left, y, width, height } = block;
    boxes.push({ box: block.joint.vertex.box, x: left, y, width, height });
    for (const { box } of block.grid?.leaves ?? []) boxes.push(moved(box, block.gridLeft, drawn.gridTop(block)));
  }
  return atOrigin(boxes, drawn.cables);
}

function blocksOf({ joints }: Skeleton): Map<Joint, Block> {
  const blocks = new Map<Joint, Block>();
  const parents = [...joints.values()].filter(({ leaves }) => leaves.length > 0).length;
  const columns = COLUMNS.find(([most]) => parents <= most)![1];
  // Parents come before their children.
  for (const joint of joints.values()) {
    const { box } = joint.vertex;
    const parent = joint.parent === null ? null : blocks.get(joint.parent)!;
    const { height, width } = sizeOf(box);
    const block: Block = {
      joint,
      bar: isBar(box),
      grid: joint.leaves.length === 0 ? null : gridOf(joint.leaves, columns, !isBar(box)),
      parent,
      children: [],
      down: [],
      up: [],
      crowded: false,
      before: width / 2,
      after: width / 2,
      strip: width,
      centre: 0,
      left: 0,
      width,
      height,
      y: 0,
      gridLeft: 0,
    };
    blocks.set(joint, block);
  }
  for (const joint of joints.values()) blocks.get(joint)!.children.push(...joint.children.map((one) => blocks.get(one)!)); // prettier-ignore
  return blocks;
}

function wiresOf({ cables, joints }: Skeleton, blocks: ReadonlyMap<Joint, Block>): Wire[] {
  return cables.map((cable) => {
    const [a, b] = cable.ends.map(({ box }) => joints.get(box)!) as [Joint, Joint];
    const [from, to] = a.tier < b.tier ? [a, b] : [b, a];
    const widths = cable.ends.map((end) => linesSize(linesOf(end)).width);
    const wire: Wire = { cable, from: blocks.get(from)!, to: blocks.get(to)!, slot: Math.max(...widths) + SLOT_AIR };
    wire.from.down.push(wire);
    wire.to.up.push(wire);
    return wire;
  });
}

/** Widths, from the bottom up. */
function measure(block: Block): void {
  const { grid, children } = block;
  block.crowded = !block.bar && block.down.length + (grid?.leaves.length ?? 0) > CROWDED;
  const leafSlots = block.bar || grid === null ? [] : grid.leaves.map(({ cable }) => leafSlot(block, cable));
  const slots = (wires: readonly Wire[]): number[] => wires.map((wire) => slotOf(block, wire));
  for (const side of [[...leafSlots, ...slots(block.down)], slots(block.up)]) {
    if (side.length === 0) continue;
    const ports = side.slice(0, -1).reduce((sum, one) => sum + one, 0);
    block.width = Math.max(block.width, ports + 36);
    block.after = Math.max(block.after, ports / 2 + Math.max(side.at(-1)!, 18));
  }
  block.before = Math.max(block.before, block.width / 2);
  block.after = Math.max(block.after, block.width / 2);
  const below = [...(grid === null ? [] : [grid.width]), ...children.map(({ strip }) => strip)];
  const total = below.reduce((sum, one) => sum + one, 0) + STRIP_GAP * Math.max(0, below.length - 1);
  block.strip = Math.max(total, block.before + block.after);
}

/** Places, from the top down: what is below first, then the box above its middle. */
function place(block: Block, left: number): void {
  const { grid, children } = block;
  const widths = [...(grid === null ? [] : [grid.width]), ...children.map(({ strip }) => strip)];
  const total = widths.reduce((sum, one) => sum + one, 0) + STRIP_GAP * Math.max(0, widths.length - 1);
  let x = left + (block.strip - total) / 2;
  const spans: [number, number][] = [];
  const middles: number[] = [];
  if (grid !== null) {
    block.gridLeft = x;
    spans.push([x, x + grid.width]);
    middles.push(x + grid.middle);
    x += grid.width + STRIP_GAP;
  }
  for (const child of children) {
    place(child, x);
    spans.push([child.left, child.left + child.width]);
    middles.push(child.centre);
    x += child.strip + STRIP_GAP;
  }
  const [low, high] = [left + block.before, left + block.strip - block.after];
  if (block.bar && spans.length > 0) {
    const [from, to] = [Math.min(...spans.map(([a]) => a)), Math.max(...spans.map(([, b]) => b))];
    block.centre = Math.min(high, Math.max(low, (from + to) / 2));
    const half = Math.max(block.width / 2, block.centre - from, to - block.centre);
    block.left = Math.max(left, Math.min(block.centre - half, from));
    block.width = Math.min(left + block.strip, Math.max(block.centre + half, to)) - block.left;
    block.centre = block.left + block.width / 2;
  } else {
    const middle = middles.length === 0 ? left : (middles[0]! + middles.at(-1)!) / 2;
    block.centre = Math.min(high, Math.max(low, middle));
    // What hangs on it follows it, as far as its strip has room.
    const spare = block.strip - total;
    const shift = Math.max(-spare / 2, Math.min(spare / 2, block.centre - middle));
    if (middles.length > 0 && shift !== 0) moveBelow(block, shift);
    block.left = block.centre - block.width / 2;
  }
}

function moveBelow(block: Block, shift: number): void {
  block.gridLeft += shift;
  for (const child of block.children) {
    child.left += shift;
    child.centre += shift;
    moveBelow(child, shift);
  }
}

function moved<T extends { readonly x: number; readonly y: number }>(area: T, x: number, y: number): T {
  return { ...area, x: area.x + x, y: area.y + y };
}

/** Strips begin at 0 and nothing leaves its strip; what is cut off is the room that nobody used. */
function atOrigin(boxes: readonly PlacedBox[], cables: readonly PlacedCable[]): Part {
  const all = [...boxes, ...cables.flatMap(({ labels }): readonly PlacedLabel[] => labels)];
  const width = Math.max(...all.map((each) => each.x + each.width));
  const height = Math.max(...all.map((each) => each.y + each.height));
  return { width, height, boxes, cables };
}
