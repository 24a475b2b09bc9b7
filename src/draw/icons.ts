/** Small line drawings in front of names, 16 pixels wide. */

import type { BoxKind } from "./types.ts";

/** Paths, centred on the origin. */
const PATHS: Readonly<Record<Exclude<BoxKind, "end">, string>> = {
  host: "M-7 -6.5h14v9.5h-14zM-3 6.5h6M0 3v3.5",
  group: "M-7 -6.5h14v9.5h-14zM-3 6.5h6M0 3v3.5",
  // The usual disc with two arrows pointing in and two out.
  router:
    "M-7.5 0a7.5 7.5 0 1 0 15 0a7.5 7.5 0 1 0 -15 0zM-4.8 0h3.4M-2.8 -1.6l1.6 1.6l-1.6 1.6M4.8 0h-3.4M2.8 -1.6l-1.6 1.6l1.6 1.6M0 -1.8v-3.2M-1.6 -3.6l1.6 -1.6l1.6 1.6M0 1.8v3.2M-1.6 3.6l1.6 1.6l1.6 -1.6",
  machine: "M-6.5 -7h13v6h-13zM-6.5 1h13v6h-13zM-3.6 -4h.1M-3.6 4h.1M0 -4h3.6M0 4h3.6",
  switch: "M-7 -3h12M2.5 -5.5l2.5 2.5l-2.5 2.5M7 3h-12M-2.5 .5l-2.5 2.5l2.5 2.5",
  // Two lines that merge into one.
  bond: "M-7 -4h4l4 4h6M-7 4h4l4 -4",
  outside: "M-4.5 5.5a3.6 3.6 0 0 1 -.6 -7.1a5 5 0 0 1 9.6 -.5a3.9 3.9 0 0 1 .4 7.6z",
};

/** Centred in a square whose left edge is at x. */
export function icon(kind: BoxKind, x: number, y: number): string {
  if (kind === "end") return "";
  return `<path class="icon" transform="translate(${Math.round((x + 8) * 10) / 10} ${y})" d="${PATHS[kind]}"/>`;
}
