/**
 * The leaves of a switch or router, in rows. Cables to the first row come straight from above; those to other rows come down in
 * the gap to the left of their column, each in its own lane.
 */

import type { Cable } from "../types.ts";
import { nearEnd } from "../types.ts";
import type { Vertex } from "./graph.ts";
import type { Point } from "./path.ts";
import { over } from "./labels.ts";
import { linesOf, linesSize, sizeOf } from "./sizes.ts";
import type { Size } from "./sizes.ts";
import type { PlacedBox, PlacedLabel } from "./types.ts";

const GUTTER = 36;
const PORT = 16;
const ROW_GAP = 20;
const LANE = 6;
const USUAL = 140;

export interface Leaf {
  readonly cable: Cable;
  readonly box: PlacedBox;
  /** The path of its cable from the grid's upper edge on, starting with the point of entry. */
  readonly way: readonly [Point, ...Point[]];
  readonly labels: readonly PlacedLabel[];
}

/** y is 0 at the top of the first row's boxes; cables and labels of that row are above. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  /** Height of the space above the first row's boxes. */
  readonly above: number;
  /** The best position for a box above it. */
  readonly middle: number;
  readonly rows: number;
  readonly leaves: readonly Leaf[];
}

/** `centred`: cables enter boxes in the middle, as elsewhere, instead of where they take the least space. */
export function gridOf(leaves: readonly (readonly [Vertex, Cable])[], most: number, centred: boolean): Grid {
  const cells = leaves.map(([{ box }, cable]) => {
    const lines = linesOf(nearEnd(cable, box.id));
    return { box, cable, size: sizeOf(box), lines, label: linesSize(lines) };
  });
  // Columns contain boxes of equal width; one that is much wider than the rest does not widen the others.
  const usual = Math.max(...cells.map(({ size }) => (size.width <= USUAL ? size.width : 0)));
  const widthOf = (size: Size): number => Math.max(size.width, usual);
  const port = (size: Size): number => (centred ? widthOf(size) / 2 : PORT);
  const cell = Math.max(...cells.map(({ size, label }) => Math.max(widthOf(size), port(size) + 10 + label.width)));
  const above = Math.max(...cells.map(({ label }) => label.height)) + 14;
  const columns = Math.min(cells.length, most);
  const rows = Math.ceil(cells.length / columns);
  const lane = rows > 2 ? Math.min(LANE, (GUTTER - 16) / (rows - 2)) : LANE;
  const placed: Leaf[] = [];
  let top = 0;
  let height = 0;
  for (let row = 0; row < rows; row++) {
    const own = cells.slice(row * columns, (row + 1) * columns);
    if (row > 0) top = height + ROW_GAP + above;
    for (const [column, { box, cable, size, lines }] of own.entries()) {
      const x = column * (cell + GUTTER) + (row === 0 && rows === 1 ? 0 : GUTTER);
      placed.push({
        cable,
        box: { box, x, y: top, width: widthOf(size), height: size.height },
        way: wayTo(x, x + port(size), { top, above, row, lane }),
        labels: over(lines, x + port(size), top),
      });
    }
    height = top + Math.max(...own.map(({ size }) => size.height));
  }
  const width = columns * (cell + GUTTER) - (rows === 1 ? GUTTER : 0);
  const ports = placed.slice(0, columns).map(({ way }) => way.at(-1)!.x);
  const middle = centred ? (ports[0]! + ports.at(-1)!) / 2 : width / 2;
  return { width, height, above, middle, rows, leaves: placed };
}

interface Row {
  readonly top: number;
  readonly above: number;
  readonly row: number;
  readonly lane: number;
}

function wayTo(x: number, port: number, { top, above, row, lane }: Row): [Point, ...Point[]] {
  const end = { x: port, y: top };
  if (row === 0) return [end];
  const down = { x: x - 10 - (row - 1) * lane, y: top - above + 2 };
  return [down, { x: end.x, y: down.y }, end];
}
