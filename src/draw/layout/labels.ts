/** Positions of the labels at the ends of cables: next to their own line, clear of it. */

import { linesSize } from "./sizes.ts";
import type { LabelLine, PlacedLabel } from "./types.ts";

/** The interface above a horizontal line, its addresses below. */
export function beside(lines: readonly LabelLine[], x: number, y: number, right: boolean): PlacedLabel[] {
  const align = right ? "start" : "end";
  const isNamed = lines[0]?.kind === "link" ? 1 : 0;
  const label = (own: readonly LabelLine[], top: (height: number) => number): PlacedLabel[] => {
    if (own.length === 0) return [];
    const size = linesSize(own);
    return [{ lines: own, align, x: right ? x + 7 : x - 7 - size.width, y: top(size.height), ...size }];
  };
  return [...label(lines.slice(0, isNamed), (height) => y - height - 3), ...label(lines.slice(isNamed), () => y + 4)];
}

/** Beside a vertical line that leaves a box downwards. */
export function under(lines: readonly LabelLine[], x: number, y: number): PlacedLabel[] {
  return lines.length === 0 ? [] : [{ lines, align: "start", x: x + 6, y: y + 4, ...linesSize(lines) }];
}

/** Beside a vertical line that enters a box from above. */
export function over(lines: readonly LabelLine[], x: number, y: number): PlacedLabel[] {
  const size = linesSize(lines);
  return lines.length === 0 ? [] : [{ lines, align: "start", x: x + 6, y: y - 5 - size.height, ...size }];
}
