/** Estimates the width of text. The reader's font is unknown: these are the widths of a wide one (DejaVu Sans), in ems. */

import { cells } from "../show/text.ts";

const NARROW = new Map<string, number>();
for (const [width, letters] of [
  [0.29, "iIjl|'"],
  [0.33, " .,:;/\\·!"],
  [0.41, 'ft()[]r-"'],
  [0.98, "mMWw@%…"],
  [0.84, "→↔<>=+~OQGND"],
] as const)
  for (const letter of letters) NARROW.set(letter, width);

const USUAL = 0.64;
const CAPITAL = 0.7;
const BOLD = 1.1;

/** Width in pixels, an overestimate rather than an underestimate. */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0;
  for (const letter of text) {
    const known = NARROW.get(letter);
    if (known !== undefined) width += known;
    else if (letter >= "A" && letter <= "Z") width += CAPITAL;
    else width += letter < "\u0300" ? USUAL : Math.max(cells(letter), letter > "\uffff" ? 1.2 : 0) * 0.9;
  }
  return Math.ceil(width * size * (bold ? BOLD : 1));
}

/** Shortens a text to fit; an ellipsis marks the cut. */
export function fitted(text: string, limit: number, size: number, bold = false): string {
  if (textWidth(text, size, bold) <= limit) return text;
  let kept = "";
  for (const letter of text) {
    if (textWidth(`${kept}${letter}…`, size, bold) > limit) break;
    kept += letter;
  }
  return `${kept}…`;
}
