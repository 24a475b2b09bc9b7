/**
 * Routers and switches in tiers, leaves in rows below the box they hang from. A switch is a bar above everything plugged into it,
 * so that its cables are straight; every subtree has its own strip of the picture, so that subtrees never overlap.
 */

import { isBar } from "../types.ts";
import type { Block, Wire } from "./block.ts";
import { leafSlot, SLOT_AIR } from "./block.ts";
import type { Component } from "./graph.ts";
import { gridOf } from "./grid.ts";
import { partOf } from "./sheet.ts";
import { linesOf, linesSize, sizeOf } from "./sizes.ts";
import type { Joint, Skeleton } from "./skeleton.ts";
import { skeletonOf } from "./skeleton.ts";
import type { Part, PlacedBox } from "./types.ts";
import { drawWires } from "./wires.ts";

/** Many switches side by side get fewer columns each. Keyed by the number of switches that have leaves. */
const COLUMNS: readonly (readonly [switches: number, columns: number])[] = [
  [1, 10],
  [3, 6],
  [8, 4],
  [Infinity, 3],
];
const STRIP_GAP = 34;

export function layTiers(component: Component): Part {
  return uprightTree(component).lay();
}

/** Computes the width first, which is cheaper than the whole layout. */
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
  // Strips begin at 0 and nothing leaves its strip; unused space is cut off.
  return partOf(boxes, drawn.cables);
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
      before: width / 2,
      after: width / 2,
      strip: width,
      offset: width / 2,
      indent: 0,
      centre: 0,
      left: 0,
      width,
      height,
      y: 0,
      gridLeft: 0,
    };
    blocks.set(joint, block);
  }
  for (const joint of joints.values())
    blocks.get(joint)!.children.push(...joint.children.map((one) => blocks.get(one)!));
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

/** Computes widths, from the bottom up. */
function measure(block: Block): void {
  const { bar, grid, down, up, children } = block;
  const slots = (wires: readonly Wire[]): number[] => wires.map(({ slot }) => slot);
  // From left to right, in the order of their ports.
  const leaves = bar || grid === null ? [] : [...grid.leaves].sort((a, b) => a.way[0].x - b.way[0].x);
  const places = new Map(children.map((child, i) => [child, i]));
  const below = [...down].sort((a, b) => places.get(a.to)! - places.get(b.to)!);
  for (const side of [[...leaves.map(({ cable }) => leafSlot(block, cable)), ...slots(below)], slots(up)]) {
    if (side.length === 0) continue;
    const ports = side.slice(0, -1).reduce((sum, one) => sum + one, 0);
    block.width = Math.max(block.width, ports + 36);
    block.after = Math.max(block.after, ports / 2 + Math.max(side.at(-1)!, 18));
  }
  block.before = Math.max(block.before, block.width / 2);
  block.after = Math.max(block.after, block.width / 2);
  const hanging = belowOf(block);
  if (hanging === null) {
    block.offset = block.before;
    block.strip = block.before + block.after;
  } else if (bar) overBelow(block, hanging);
  else {
    // Directly above the middle of what hangs from it, so that a single cable is straight.
    block.offset = Math.max(block.before, hanging.middle);
    block.indent = block.offset - hanging.middle;
    block.strip = block.offset + Math.max(block.after, hanging.total - hanging.middle);
  }
}

/** What hangs from a box, side by side. */
interface Below {
  readonly total: number;
  /** The middle of the cables to it. */
  readonly middle: number;
  /** The edges of the outermost boxes. */
  readonly from: number;
  readonly to: number;
}

function belowOf({ grid, children }: Block): Below | null {
  let x = 0;
  const parts: { readonly middle: number; readonly from: number; readonly to: number }[] = [];
  if (grid !== null) {
    parts.push({ middle: grid.middle, from: 0, to: grid.width });
    x = grid.width + STRIP_GAP;
  }
  for (const { strip, offset, width } of children) {
    const middle = x + offset;
    parts.push({ middle, from: middle - width / 2, to: middle + width / 2 });
    x += strip + STRIP_GAP;
  }
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) return null;
  return { total: x - STRIP_GAP, middle: (first.middle + last.middle) / 2, from: first.from, to: last.to };
}

/** A bar spans everything that hangs from it, so that the cables are straight. */
function overBelow(block: Block, { total, from, to }: Below): void {
  const { before, after } = block;
  block.strip = Math.max(total, before + after);
  block.indent = (block.strip - total) / 2;
  const [low, high] = [block.indent + from, block.indent + to];
  const middle = Math.min(block.strip - after, Math.max(before, (low + high) / 2));
  const [left, right] = [Math.min(low, middle - block.width / 2), Math.max(high, middle + block.width / 2)];
  block.width = right - left;
  block.offset = (left + right) / 2;
}

/** Assigns positions, from the top down. */
function place(block: Block, left: number): void {
  block.centre = left + block.offset;
  block.left = block.centre - block.width / 2;
  block.gridLeft = left + block.indent;
  let x = block.gridLeft + (block.grid === null ? 0 : block.grid.width + STRIP_GAP);
  for (const child of block.children) {
    place(child, x);
    x += child.strip + STRIP_GAP;
  }
}

function moved<T extends { readonly x: number; readonly y: number }>(area: T, x: number, y: number): T {
  return { ...area, x: area.x + x, y: area.y + y };
}
