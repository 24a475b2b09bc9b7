/**
 * Positions of everything in a scene. In: a scene, already folded. Out: positions of boxes and labels, and paths of cables, in
 * pixels.
 * Each connected component gets the layout that suits it: rows for chains and rings (row.ts), a circle for full meshes
 * (circle.ts), tiers of routers and switches with their hosts in rows below for trees (tiers.ts), and columns (layered.ts) for
 * graphs with cycles and for trees that would be too wide.
 * Positions follow from structure and the model's order, never from optimisation with a random start, so one more host moves
 * others aside but does not reorder them.
 */

import type { Scene } from "../types.ts";
import { isMesh, layCircle } from "./circle.ts";
import type { Component } from "./graph.ts";
import { componentsOf, isTree } from "./graph.ts";
import { layColumns } from "./layered.ts";
import { shifted } from "./path.ts";
import { asRow, layRow } from "./row.ts";
import { partOf } from "./sheet.ts";
import { sizeOf } from "./sizes.ts";
import { uprightTree } from "./tiers.ts";
import type { Drawing, Part, PlacedBox, PlacedCable } from "./types.ts";

export type * from "./types.ts";

export const MARGIN = 24;
const GAP = 56;
/** Components are placed side by side up to this width, or up to the width of the widest one. */
const SHEET = 1280;
/** Up to this width a tree is always upright; a wider one is laid out sideways if that makes a smaller page. */
const WIDE = 1600;
const LONELY_COLUMNS = 8;
const LONELY_GAP = 28;

export function layoutOf(scene: Scene): Drawing {
  const components = componentsOf(scene);
  const lonely = components.filter(({ size }) => size === 1).flatMap((one) => [...one.values()]);
  const parts = components.filter(({ size }) => size > 1).map(layPart);
  if (lonely.length > 0) parts.push(layLonely(lonely.map(({ box }) => box)));
  const boxes: PlacedBox[] = [];
  const cables: PlacedCable[] = [];
  const sheet = Math.max(SHEET, ...parts.map(({ width }) => width));
  let [x, y, row, width] = [0, 0, 0, 0];
  for (const part of parts) {
    if (x > 0 && x + part.width > sheet) [x, y, row] = [0, y + row + GAP, 0];
    const [left, top] = [x + MARGIN, y + MARGIN];
    boxes.push(...part.boxes.map((box) => ({ ...box, x: box.x + left, y: box.y + top })));
    cables.push(...part.cables.map((cable) => moved(cable, left, top)));
    x += part.width + GAP;
    row = Math.max(row, part.height);
    width = Math.max(width, x - GAP);
  }
  return { scene, width: Math.ceil(width + 2 * MARGIN), height: Math.ceil(y + row + 2 * MARGIN), boxes, cables };
}

function layPart(component: Component): Part {
  if (isMesh(component)) return layCircle(component);
  const row = asRow(component);
  if (row !== null) return layRow(row.order, row.closed);
  if (!isTree(component)) return layColumns(component);
  const upright = uprightTree(component);
  if (upright.width <= WIDE) return upright.lay();
  const lying = layColumns(component);
  return Math.max(lying.width, lying.height) < upright.width ? lying : upright.lay();
}

function layLonely(boxes: readonly Scene["boxes"][number][]): Part {
  const sizes = boxes.map(sizeOf);
  const width = Math.max(...sizes.map((size) => size.width));
  const height = Math.max(...sizes.map((size) => size.height));
  const placed = boxes.map((box, i): PlacedBox => {
    const [column, row] = [i % LONELY_COLUMNS, Math.floor(i / LONELY_COLUMNS)];
    return { box, x: column * (width + LONELY_GAP), y: row * (height + LONELY_GAP), ...sizes[i]! };
  });
  return partOf(placed, []);
}

function moved({ cable, path, labels }: PlacedCable, x: number, y: number): PlacedCable {
  return {
    cable,
    path: shifted(path, x, y),
    labels: labels.map((label) => ({ ...label, x: label.x + x, y: label.y + y })),
  };
}
