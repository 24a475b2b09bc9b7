/** Sizes of the parts of a picture, shared with svg.ts, which draws them. */

import { fitted, textWidth } from "../measure.ts";
import type { Box, End } from "../types.ts";
import { isBar } from "../types.ts";
import type { LabelLine } from "./types.ts";

export const NAME_SIZE = 13;
export const NOTE_SIZE = 11;
export const CHIP_SIZE = 10;
export const LABEL_SIZE = 11;
export const NOTE_LINE = 15;
export const LABEL_LINE = 14;
export const HEAD = 34;
export const CHIP_HEIGHT = 16;
export const CHIP_GAP = 5;
export const ICON = 22;
/** How far the sheets of a pile stick out. */
export const PILE = 6;

const PADDING = 13;
const LEAST = 72;
const LONGEST_NAME = 190;
const LONGEST_NOTE = 270;
const ADDRESSES_SHOWN = 3;
const UPPERS_SHOWN = 4;
const LONGEST_LABEL = 190;
/** No address is longer, and addresses must not be cut: they differ at the end. */
const LONGEST_ADDRESS = 300;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function chipWidth(text: string): number {
  return textWidth(text, CHIP_SIZE, true) + 12;
}

export function nameOf({ name, kind }: Box): string {
  return fitted(name, kind === "end" ? 120 : LONGEST_NAME, NAME_SIZE, true);
}

export function noteOf(note: string): string {
  return fitted(note, LONGEST_NOTE, NOTE_SIZE);
}

/** The networks of a switch follow its name, on one line. */
export function sizeOf(box: Box): Size {
  const name = textWidth(nameOf(box), NAME_SIZE, box.kind !== "end");
  const notes = box.notes.map((note) => textWidth(noteOf(note), NOTE_SIZE));
  if (isBar(box))
    return { width: 2 * PADDING + ICON + name + notes.reduce((sum, note) => sum + note + 12, 0), height: 32 };
  if (box.kind === "end")
    return { width: Math.max(name, ...notes) + 2 * PADDING + 14, height: 26 + notes.length * NOTE_LINE };
  const chips = box.marks.reduce((sum, { text }) => sum + chipWidth(text) + CHIP_GAP, -CHIP_GAP);
  const width = Math.max(ICON + name, ...notes, chips, LEAST - 2 * PADDING) + 2 * PADDING;
  const below = (notes.length > 0 ? notes.length * NOTE_LINE + 6 : 0) + (box.marks.length > 0 ? CHIP_HEIGHT + 9 : 0);
  const pile = box.kind === "group" ? PILE : 0;
  return { width: Math.ceil(width) + pile, height: HEAD + below + pile };
}

/** The size of an upright bar: the networks are below its name. */
export function uprightSizeOf(box: Box): Size {
  const name = ICON + textWidth(nameOf(box), NAME_SIZE, true);
  const notes = box.notes.map((note) => textWidth(noteOf(note), NOTE_SIZE));
  const below = notes.length > 0 ? notes.length * NOTE_LINE + 6 : 0;
  return { width: Math.max(name, ...notes) + 2 * PADDING, height: HEAD + below };
}

/** A cache: every layout step needs these sizes, and measuring text is slow. */
const lines = new WeakMap<End, readonly LabelLine[]>();
const sizes = new WeakMap<readonly LabelLine[], Size>();

/** The lines of text at the end of a cable; empty if there are none. */
export function linesOf(end: End): readonly LabelLine[] {
  const known = lines.get(end) ?? write(end);
  lines.set(end, known);
  return known;
}

function write({ link, addresses, leased, note, above = [] }: End): LabelLine[] {
  const uppers = above.length <= UPPERS_SHOWN ? above : above.slice(0, UPPERS_SHOWN - 1);
  const more = above.length - uppers.length;
  return [
    ...nameLine([link, note]),
    // The leased address replaces this as soon as there is one.
    ...addressLines(addresses.length === 0 && leased === true ? ["by DHCP"] : addresses),
    ...uppers.flatMap((upper) => [...nameLine([upper.link, upper.note]), ...addressLines(upper.addresses)]),
    ...(more > 0 ? nameLine([`and ${more} more`]) : []),
  ];
}

function nameLine(words: readonly (string | null | undefined)[]): LabelLine[] {
  const text = words.filter((word) => word !== null && word !== undefined).join(" · ");
  return text === "" ? [] : [{ kind: "link", text: fitted(text, LONGEST_LABEL, LABEL_SIZE, true) }];
}

function addressLines(addresses: readonly string[]): LabelLine[] {
  const shown = addresses.length <= ADDRESSES_SHOWN ? addresses : addresses.slice(0, ADDRESSES_SHOWN - 1);
  const more = addresses.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].map((text) => ({
    kind: "address",
    text: fitted(text, LONGEST_ADDRESS, LABEL_SIZE),
  }));
}

export function linesSize(all: readonly LabelLine[]): Size {
  const known = sizes.get(all);
  if (known !== undefined) return known;
  const widths = all.map(({ kind, text }) => textWidth(text, LABEL_SIZE, kind === "link"));
  const size = { width: Math.max(0, ...widths) + (all.length > 0 ? 2 : 0), height: all.length * LABEL_LINE };
  sizes.set(all, size);
  return size;
}
