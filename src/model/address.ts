/**
 * One IP address: text ↔ number ↔ bytes. Strict on the way in (no leading zeros, no `1`, no zone ids), canonical on the
 * way out (RFC 5952). Our own, because the usual libraries read `010.1.1.1` as 8.1.1.1.
 */

import type { Family } from "./types.ts";

/** An address as a number, so that ranges and prefixes are plain arithmetic. */
export interface IpAddress {
  readonly family: Family;
  readonly value: bigint;
}

/** 32 or 128. */
export function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

const DOT = 46;
const COLON = 58;

/** Reads a dotted quad; −1 when it is not exactly four decimal bytes without leading zeros. */
function parseQuad(text: string): number {
  let value = 0;
  let byte = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (byte < 0 || ++dots > 3) return -1;
      value = value * 256 + byte;
      byte = -1;
    } else if (code >= 48 && code <= 57) {
      if (byte === 0) return -1;
      byte = byte < 0 ? code - 48 : byte * 10 + code - 48;
      if (byte > 255) return -1;
    } else return -1;
  }
  return dots === 3 && byte >= 0 ? value * 256 + byte : -1;
}

/** The groups between single colons, as 16-bit numbers; null when one is malformed. */
function parseGroups(text: string, quadAllowed: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (quadAllowed && i === parts.length - 1 && part.includes(".")) {
      const quad = parseQuad(part);
      if (quad < 0) return null;
      groups.push(Math.floor(quad / 65536), quad % 65536);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

/** RFC 4291, section 2.2: `::` at most once, standing for at least one group; an IPv4 tail only at the very end. */
function parseIpv6(text: string): number[] | null {
  if (text.length > 45) return null;
  const gap = text.indexOf("::");
  if (gap < 0) {
    const groups = parseGroups(text, true);
    return groups?.length === 8 ? groups : null;
  }
  const head = parseGroups(text.slice(0, gap), false);
  const tail = parseGroups(text.slice(gap + 2), true);
  if (head === null || tail === null || head.length + tail.length > 7) return null;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

/** Text to number; null when it is not exactly one address. */
export function parseAddress(text: string): IpAddress | null {
  if (!text.includes(":")) {
    const quad = parseQuad(text);
    return quad < 0 ? null : { family: 4, value: BigInt(quad) };
  }
  const groups = parseIpv6(text);
  if (groups === null) return null;
  let value = 0n;
  for (const group of groups) value = (value << 16n) | BigInt(group);
  return { family: 6, value };
}

/** Canonical text: dotted quad, or RFC 5952. */
export function formatAddress(address: IpAddress): string {
  if (address.family === 4) return formatQuad(Number(address.value));
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((address.value >> shift) & 0xffffn));
  return formatGroups(groups);
}

function formatQuad(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** RFC 5952: lower case, no leading zeros, the longest (first) run of at least two zero groups as `::`. */
function formatGroups(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8;) {
    if (groups[i] !== 0) {
      i++;
      continue;
    }
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    i = end;
  }
  // Section 5: the well-known IPv4-mapped prefix is written in mixed notation.
  if (start === 0 && length === 5 && groups[5] === 0xffff) {
    return `::ffff:${formatQuad(groups[6]! * 65536 + groups[7]!)}`;
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      text += "::";
      i += length - 1;
    } else {
      if (i > 0 && i !== start + length) text += ":";
      text += groups[i]!.toString(16);
    }
  }
  return text;
}

/** Canonical text of any spelling (`2001:DB8::0` → `2001:db8::`); null when it is not an address. */
export function canonicalAddress(text: string): string | null {
  const address = parseAddress(text);
  return address === null ? null : formatAddress(address);
}

/** Network-order bytes, 4 or 16. Throws RangeError when the text is not an address. */
export function addressToBytes(text: string): Uint8Array {
  const bytes = parseAddressBytes(text);
  if (bytes === null) throw new RangeError(`not an IP address: ${text}`);
  return bytes;
}

/** The same; null when it is not exactly one address. */
export function parseAddressBytes(text: string): Uint8Array | null {
  if (!text.includes(":")) {
    const quad = parseQuad(text);
    return quad < 0 ? null : Uint8Array.of(quad >>> 24, (quad >>> 16) & 255, (quad >>> 8) & 255, quad & 255);
  }
  const groups = parseIpv6(text);
  if (groups === null) return null;
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 8; i++) {
    bytes[2 * i] = groups[i]! >> 8;
    bytes[2 * i + 1] = groups[i]! & 255;
  }
  return bytes;
}

/** Canonical text of 4 or 16 network-order bytes; no big integers on the way, kernel dumps hold thousands. */
export function bytesToAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length !== 16) throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  return formatGroups(groups);
}

/** 4 or 6 by the spelling; meaningful only for text already known to be an address or a prefix. */
export function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

/** fe80::/10, which means nothing without a link. */
export function isLinkLocal(text: string): boolean {
  return text.charCodeAt(4) === COLON && /^fe[89ab]/.test(text);
}

/** 224.0.0.0/4 and ff00::/8, in canonical text. */
export function isMulticast(text: string): boolean {
  return text.includes(":") ? text.startsWith("ff") : /^2(2[4-9]|3\d)\./.test(text);
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(text: string): boolean {
  return text === "::1" || text.startsWith("127.");
}
