import { NFT_SET_ELEM_CATCHALL, NFT_SET_ELEM_INTERVAL_END } from "./constants.ts";
import type { SetElement } from "./types.ts";

/**
 * Ranges in sets with NFT_SET_INTERVAL. If the key is not a concatenation, the kernel keeps a range as two elements: its
 * first value, and the value behind its last with NFT_SET_ELEM_INTERVAL_END. A range up to the highest value has no end.
 */

/** From and to, both inclusive and of the same length, with what else the element has. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** Data, comment, … of the range's first element; its key and flags are not looked at. */
  readonly element?: SetElement;
}

/** The addresses of a prefix. */
export function prefixRange(address: Uint8Array, length: number): KeyRange {
  const from = address.slice();
  const to = address.slice();
  for (let i = 0; i < address.length; i++) {
    const mask = (0xff00 >> Math.max(0, Math.min(8, length - i * 8))) & 0xff;
    from[i]! &= mask;
    to[i]! |= ~mask & 0xff;
  }
  return { from, to };
}

/** The elements of ranges that do not overlap. */
export function rangeElements(ranges: readonly KeyRange[]): SetElement[] {
  const elements: SetElement[] = [];
  for (const { from, to, element } of ranges) {
    elements.push({ ...element, key: { value: from } });
    const behind = next(to);
    if (behind !== undefined) elements.push({ key: { value: behind }, flags: NFT_SET_ELEM_INTERVAL_END });
  }
  return elements;
}

/** The ranges that elements stand for, in ascending order. */
export function rangesOf(elements: readonly SetElement[]): KeyRange[] {
  const points = elements
    .flatMap((element) => {
      const key = element.key?.value;
      if (key === undefined || (element.flags ?? 0) & NFT_SET_ELEM_CATCHALL) return [];
      return [{ key, element, end: ((element.flags ?? 0) & NFT_SET_ELEM_INTERVAL_END) !== 0 }];
    })
    // A range may end where the next begins: its end comes first.
    .sort((a, b) => compareBytes(a.key, b.key) || Number(b.end) - Number(a.end));
  const ranges: KeyRange[] = [];
  for (const [index, { key, element, end }] of points.entries()) {
    if (end) continue;
    const following = points[index + 1];
    const to = following === undefined ? new Uint8Array(key.length).fill(0xff) : previous(following.key);
    ranges.push({ from: key, to, element });
  }
  return ranges;
}

/** How many bits all addresses from `from` to `to` have in common, if they are a prefix. */
export function prefixLengthOf({ from, to }: KeyRange): number | undefined {
  const bits = from.length * 8;
  let length = 0;
  while (length < bits && bit(from, length) === bit(to, length)) length++;
  for (let i = length; i < bits; i++) if (bit(from, i) !== 0 || bit(to, i) !== 1) return undefined;
  return length;
}

/** The order of two keys as numbers in network order: negative, 0 or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function bit(bytes: Uint8Array, index: number): number {
  return (bytes[index >> 3]! >> (7 - (index & 7))) & 1;
}

function next(value: Uint8Array): Uint8Array | undefined {
  const result = value.slice();
  for (let i = result.length - 1; i >= 0; i--) {
    result[i] = (result[i]! + 1) & 0xff;
    if (result[i] !== 0) return result;
  }
  return undefined;
}

function previous(value: Uint8Array): Uint8Array {
  const result = value.slice();
  for (let i = result.length - 1; i >= 0; i--) {
    result[i] = (result[i]! - 1) & 0xff;
    if (result[i] !== 0xff) break;
  }
  return result;
}
