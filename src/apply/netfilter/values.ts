/** Text in nft's syntax → the bytes that the kernel compares with. The inverse of observe/netfilter/values.ts. Pure. */

import { addressToBytes, macToBytes, parseAddressBytes, parseMac, parsePrefix } from "../../model/index.ts";
import { IFNAMSIZ, LITTLE_ENDIAN } from "../../netlink/index.ts";
import { compareBytes, type Datatype, DATATYPES as T, isAddress, prefixRange } from "../../netlink/nftables/index.ts";
import { encodeText } from "../../netlink/text.ts";

/** The model contains something that cannot be compiled to expressions. compile.ts adds the location. */
export class CompileError extends Error {}

/** First and last value, inclusive; equal for a single value. */
export interface ValueRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

const BY_NAME = new Map<string, Datatype>(Object.values(T).map((type) => [type.name, type]));

/** The datatype with this nft name. */
export function typeOf(name: string): Datatype {
  const type = BY_NAME.get(name);
  if (type === undefined || type.size === 0) throw new CompileError(`set elements cannot have the type ${name}`);
  return type;
}

/** A number of at most four bytes, in the byte order of the type. */
export function numberBytes(value: number, { size, host }: Pick<Datatype, "size" | "host">): Uint8Array {
  const bytes = new Uint8Array(size);
  const little = host === true && LITTLE_ENDIAN;
  for (let i = 0; i < size; i++) bytes[little ? i : size - 1 - i] = (value >>> (i * 8)) & 0xff;
  return bytes;
}

/** One value; with `bits`, any of several, separated by commas. */
export function valueBytes(type: Datatype, text: string): Uint8Array {
  const bytes = read(type, text);
  if (bytes === null) throw new CompileError(`${JSON.stringify(text)} is not a valid ${type.name}`);
  return bytes;
}

function read(type: Datatype, text: string): Uint8Array | null {
  if (type === T.ipv4 || type === T.ipv6) {
    const bytes = parseAddressBytes(text);
    return bytes?.length === type.size ? bytes : null;
  }
  if (type === T.ether) return parseMac(text) === null ? null : macToBytes(text);
  if (type === T.interfaceName) return nameBytes(text);
  if (type.bits !== undefined) {
    let sum = 0;
    for (const word of text.split(",")) {
      const bit = type.bits.find(([, name]) => name === word)?.[0] ?? parseNumber(word);
      if (bit === null) return null;
      sum |= bit;
    }
    return numberBytes(sum >>> 0, type);
  }
  const number = namedNumber(type, text) ?? parseNumber(text);
  return number === null || number >= 2 ** (type.size * 8) ? null : numberBytes(number, type);
}

/** The inverse of a type's names; for names with several numbers, the first. */
const numbers = new WeakMap<ReadonlyMap<number, string>, ReadonlyMap<string, number>>();

function namedNumber({ names }: Datatype, text: string): number | undefined {
  if (names === undefined) return undefined;
  let byName = numbers.get(names);
  if (byName === undefined)
    numbers.set(names, (byName = new Map([...names].reverse().map(([number, name]) => [name, number]))));
  return byName.get(text);
}

function parseNumber(text: string): number | null {
  return /^(0|[1-9]\d*|0x[0-9a-f]+)$/i.test(text) ? Number(text) : null;
}

function nameBytes(text: string): Uint8Array | null {
  const name = encodeText(text);
  if (name.length === 0 || name.length >= IFNAMSIZ) return null;
  const bytes = new Uint8Array(IFNAMSIZ);
  bytes.set(name);
  return bytes;
}

/** The prefix that `veth*` stands for; null for a complete name. */
export function namePrefix(type: Datatype, text: string): Uint8Array | null {
  if (type !== T.interfaceName || !text.endsWith("*") || text.length === 1) return null;
  return encodeText(text.slice(0, -1));
}

/**
 * A value, a prefix, `from-to`, or all names with a prefix. Host numbers are returned in network byte order: only then do they
 * sort.
 */
export function valueRange(type: Datatype, text: string): ValueRange {
  const beginning = namePrefix(type, text);
  if (beginning !== null) return beginningRange(beginning);
  const ordered = networkOrder(type);
  const single = read(ordered, text);
  if (single !== null) return { from: single, to: single };
  if (isAddress(type) && text.includes("/")) {
    const prefix = parsePrefix(text);
    if (prefix !== null && prefix.family === (type === T.ipv4 ? 4 : 6))
      return prefixRange(addressToBytes(text.slice(0, text.indexOf("/"))), prefix.length);
  }
  // Names may contain hyphens, so any hyphen may be the one that separates the two.
  for (let at = text.indexOf("-"); at > 0; at = text.indexOf("-", at + 1)) {
    const [from, to] = [read(ordered, text.slice(0, at)), read(ordered, text.slice(at + 1))];
    if (from !== null && to !== null && compareBytes(from, to) <= 0) return { from, to };
  }
  throw new CompileError(`${JSON.stringify(text)} is neither a value nor a range of ${type.name}`);
}

function beginningRange(beginning: Uint8Array): ValueRange {
  const from = new Uint8Array(IFNAMSIZ);
  const to = new Uint8Array(IFNAMSIZ).fill(0xff);
  from.set(beginning);
  to.set(beginning);
  return { from, to };
}

/** Whether the kernel has it in host byte order, so that it must be converted before ordered comparisons. */
export function isHostNumber(type: Datatype): boolean {
  return type.host === true && type.size > 1 && type !== T.interfaceName;
}

function networkOrder(type: Datatype): Datatype {
  return isHostNumber(type) ? { ...type, host: false } : type;
}

/** Whether it contains more than one value. */
export function isRange({ from, to }: ValueRange): boolean {
  return from.some((byte, i) => byte !== to[i]);
}

/** Concatenates parts as registers have them, each padded to whole words. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + padded(part.length), 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += padded(part.length);
  }
  return bytes;
}

export function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Length of a key of these parts: a single part as it is, several padded to whole words. */
export function keyLength(types: readonly Datatype[]): number {
  return types.length === 1 ? types[0]!.size : types.reduce((sum, { size }) => sum + padded(size), 0);
}

/** Orders ranges by their starts. */
export function compareRanges(a: ValueRange, b: ValueRange): number {
  return compareBytes(a.from, b.from);
}
