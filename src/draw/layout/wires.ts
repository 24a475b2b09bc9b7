/**
 * Cables of tiers: where they leave and enter boxes, the heights of the bands between tiers, and the paths. Next to a box a cable
 * is vertical, so that its label is clear of it; the sideways part is in the middle of a band, where there are no boxes or
 * labels.
 */

import type { Cable } from "../types.ts";
import { farEnd, nearEnd } from "../types.ts";
import type { Block, Wire } from "./block.ts";
import { leafSlot } from "./block.ts";
import { drop, polyline } from "./path.ts";
import { over, under } from "./labels.ts";
import { LABEL_LINE, linesOf } from "./sizes.ts";
import type { LabelLine, PlacedCable, PlacedLabel } from "./types.ts";

const EDGE = 14;

interface Band {
  /** Where cables may turn sideways, … */
  readonly bend: number;
  /** … and must be vertical again. */
  readonly land: number;
}

/** x coordinates of ports, by block and cable. */
type Ports = Map<Block, Map<Cable, number>>;

export interface Drawn {
  readonly cables: readonly PlacedCable[];
  readonly gridTop: (block: Block) => number;
}

export function drawWires(tiers: readonly (readonly Block[])[], wires: readonly Wire[]): Drawn {
  const ports: Ports = new Map(tiers.flat().map((block) => [block, new Map()]));
  for (const tier of tiers) for (const block of tier) if (!block.bar) setPorts(block, ports.get(block)!);
  for (const tier of tiers) for (const block of tier) if (block.bar) setBarPorts(block, ports);
  const bands = bandsOf(tiers, wires, ports);
  const gridTop = (block: Block): number => bands[block.joint.tier]!.land + aboveTier(tiers, block.joint.tier + 1);
  const cables: PlacedCable[] = [];
  for (const block of tiers.flat()) {
    for (const wire of block.down) cables.push(draw(wire, ports, bands));
    cables.push(...leafCables(block, ports.get(block)!, bands[block.joint.tier]!, gridTop(block)));
  }
  return { cables, gridTop };
}

/** Ports of a box that is not a bar: side by side around its centre, in the order of where they lead. */
function setPorts(block: Block, ports: Map<Cable, number>): void {
  const sides = [
    [
      ...(block.grid?.leaves ?? []).map(
        ({ cable, way }) => [cable, block.gridLeft + way[0].x, leafSlot(block, cable)] as const,
      ),
      ...block.down.map((wire) => [wire.cable, other(wire, block).centre, wire.slot] as const),
    ],
    block.up.map((wire) => [wire.cable, wire.from.centre, wire.slot] as const),
  ];
  for (const side of sides) {
    const sorted = [...side].sort((a, b) => a[1] - b[1]);
    const span = sorted.slice(0, -1).reduce((sum, [, , slot]) => sum + slot, 0);
    let x = block.centre - span / 2;
    for (const [cable, , slot] of sorted) {
      ports.set(cable, x);
      x += slot;
    }
  }
}

/** Ports of a bar: directly above or below where the cable leads, as far as the bar extends. */
function setBarPorts(block: Block, ports: Ports): void {
  const own = ports.get(block)!;
  for (const wires of [block.down, block.up]) {
    const wanted = wires
      .map((wire) => {
        const there = other(wire, block);
        return { wire, x: ports.get(there)!.get(wire.cable) ?? there.centre };
      })
      .sort((a, b) => a.x - b.x);
    const [low, high] = [block.left + EDGE, block.left + block.width - EDGE];
    const xs = wanted.map(({ x }) => Math.min(high, Math.max(low, x)));
    for (let i = 1; i < xs.length; i++) xs[i] = Math.max(xs[i]!, xs[i - 1]! + wanted[i - 1]!.wire.slot);
    for (let i = xs.length - 1, limit = high; i >= 0; i--) {
      xs[i] = Math.min(xs[i]!, limit);
      limit = xs[i]! - (wanted[i - 1]?.wire.slot ?? 0);
    }
    wanted.forEach(({ wire }, i) => own.set(wire.cable, xs[i]!));
  }
}

function other(wire: Wire, block: Block): Block {
  return wire.from === block ? wire.to : wire.from;
}

const tall = (count: number): number => (count === 0 ? 0 : count * LABEL_LINE + 8);

function linesAt(block: Block, cable: Cable): readonly LabelLine[] {
  return linesOf(nearEnd(cable, block.joint.vertex.box.id));
}

/** Height of the labels above the boxes of a tier, including those of the leaves of the tier before. */
function aboveTier(tiers: readonly (readonly Block[])[], tier: number): number {
  const own = (tiers[tier] ?? []).flatMap((block) => block.up.map(({ cable }) => tall(linesAt(block, cable).length)));
  const leaves = (tiers[tier - 1] ?? []).map(({ grid }) => grid?.above ?? 0);
  return Math.max(6, ...own, ...leaves);
}

function bandsOf(tiers: readonly (readonly Block[])[], wires: readonly Wire[], ports: Ports): Band[] {
  let top = 0;
  return tiers.map((tier, i) => {
    // Nothing passes below leaves, so there is no limit to how far down they extend.
    const height = Math.max(...tier.map((block) => block.height));
    for (const block of tier) block.y = top;
    const below = Math.max(8, ...tier.map((block) => block.height + belowBlock(block) - height));
    const slants = wires.filter(({ from }) => from.joint.tier === i).map((wire) => slant(wire, ports));
    const leafSlants = tier.flatMap((block) => (block.bar ? [] : leafSlant(block, ports.get(block)!)));
    const widest = Math.max(0, ...slants, ...leafSlants);
    const middle = widest < 1 ? 4 : 18 + Math.min(70, widest * 0.14);
    const bend = top + height + below;
    const band = { bend, land: bend + middle };
    top = band.land + aboveTier(tiers, i + 1);
    return band;
  });
}

function belowBlock(block: Block): number {
  const leaves = block.bar && (block.grid?.rows ?? 0) > 1 ? [] : (block.grid?.leaves ?? []);
  const cables = [...block.down.map(({ cable }) => cable), ...leaves.map(({ cable }) => cable)];
  return Math.max(8, ...cables.map((cable) => tall(linesAt(block, cable).length)));
}

function slant({ cable, from, to }: Wire, ports: Ports): number {
  return Math.abs(ports.get(from)!.get(cable)! - ports.get(to)!.get(cable)!);
}

function leafSlant({ grid, gridLeft }: Block, ports: ReadonlyMap<Cable, number>): number[] {
  return (grid?.leaves ?? []).map(({ cable, way }) => Math.abs(ports.get(cable)! - gridLeft - way[0].x));
}

function draw(wire: Wire, ports: Ports, bands: readonly Band[]): PlacedCable {
  const { cable, from, to } = wire;
  const start = { x: ports.get(from)!.get(cable)!, y: from.y + from.height };
  const band = bands[from.joint.tier]!;
  const x = ports.get(to)!.get(cable)!;
  const labels = under(linesAt(from, cable), start.x, start.y);
  const path = drop(start, band.bend, band.land, [{ x, y: to.y }]);
  return { cable, path, labels: [...labels, ...over(linesAt(to, cable), x, to.y)] };
}

function leafCables(block: Block, ports: ReadonlyMap<Cable, number>, band: Band, top: number): PlacedCable[] {
  const { grid, gridLeft } = block;
  if (grid === null) return [];
  return grid.leaves.map(({ cable, box, way, labels }): PlacedCable => {
    const rest = way.map(({ x, y }) => ({ x: x + gridLeft, y: y + top })) as [{ x: number; y: number }];
    const start = { x: block.bar ? rest[0].x : ports.get(cable)!, y: block.y + block.height };
    const path = block.bar ? polyline([start, ...rest]) : drop(start, band.bend, band.land, rest);
    const texts: readonly PlacedLabel[] = labels.map((label) => ({
      ...label,
      x: label.x + gridLeft,
      y: label.y + top,
    }));
    // Between the lanes of several rows there is no space for the names of ports.
    const named = !block.bar || grid.rows === 1;
    const port = named ? under(linesOf(farEnd(cable, box.box.id)), start.x, start.y) : [];
    return { cable, path, labels: [...texts, ...port] };
  });
}
