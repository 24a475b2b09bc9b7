/** One option of a link's table as the bytes of its attribute, and back. */

import type { LinkOption, OptionValue } from "../model/index.ts";
import { addressToBytes, bytesToAddress, bytesToMac, macToBytes } from "../model/index.ts";
import { LITTLE_ENDIAN, NetlinkDecodeError } from "../netlink/index.ts";

type Width = 0 | 1 | 2 | 4;

const WIDTHS: Readonly<Record<string, Width>> = {
  flag: 0,
  u8: 1,
  u16: 2,
  be16: 2,
  port: 2,
  u32: 4,
  be32: 4,
};

/** How numbers, booleans and enums are written: `u8`, `be32`, … */
function wireOf(option: LinkOption): string {
  return option.type === "boolean" || option.type === "enum" ? option.wire : option.type;
}

export function encodeValue(option: LinkOption, value: Exclude<OptionValue, null>): Uint8Array {
  switch (option.type) {
    case "address":
      return addressToBytes(String(value));
    case "mac":
      return macToBytes(String(value));
    case "enum":
      return encodeNumber({ ...option.values, ...option.readable }[String(value)]!, wireOf(option));
    default:
      return encodeNumber(Number(value), wireOf(option));
  }
}

function encodeNumber(value: number, wire: string): Uint8Array {
  const bytes = new Uint8Array(WIDTHS[wire]!);
  const view = new DataView(bytes.buffer);
  const little = isLittle(wire);
  if (bytes.length === 1) view.setUint8(0, value);
  else if (bytes.length === 2) view.setUint16(0, value, little);
  else if (bytes.length === 4) view.setUint32(0, value, little);
  return bytes;
}

/**
 * Null for an address of zeros, which is how the kernel says that there is none.
 * @throws NetlinkDecodeError when there are too few bytes.
 */
export function decodeValue(option: LinkOption, bytes: Uint8Array, attribute: string): OptionValue {
  switch (option.type) {
    case "address":
      return decodeAddress(option.scope, need(bytes, 4, attribute));
    case "mac":
      return bytesToMac(need(bytes, 6, attribute));
    case "boolean":
      // A flag has no value, but some are reported with one.
      return bytes.length === 0 && option.wire === "flag" ? true : decodeNumber(bytes, wireOf(option), attribute) !== 0;
    case "enum": {
      const number = decodeNumber(bytes, wireOf(option), attribute);
      return namedValue({ ...option.values, ...option.readable }, number);
    }
    default: {
      const number = decodeNumber(bytes, wireOf(option), attribute);
      return number === option.none ? null : number;
    }
  }
}

function decodeAddress(scope: "unicast" | "multicast" | undefined, bytes: Uint8Array): string | null {
  if (bytes.every((byte) => byte === 0)) return null;
  const multicast = bytes.length === 4 ? bytes[0]! >> 4 === 14 : bytes[0] === 0xff;
  return scope !== undefined && multicast !== (scope === "multicast") ? null : bytesToAddress(bytes);
}

/** A number that the table has no name for is its own name. */
export function namedValue(values: Readonly<Record<string, number>>, number: number): string {
  return Object.keys(values).find((name) => values[name] === number) ?? String(number);
}

function decodeNumber(bytes: Uint8Array, wire: string, attribute: string): number {
  const width = wire === "flag" ? 1 : WIDTHS[wire]!;
  need(bytes, width, attribute);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 4) return view.getUint32(0, isLittle(wire));
  return width === 2 ? view.getUint16(0, isLittle(wire)) : view.getUint8(0);
}

function isLittle(wire: string): boolean {
  return LITTLE_ENDIAN && !wire.startsWith("be") && wire !== "port";
}

function need(bytes: Uint8Array, length: number, attribute: string): Uint8Array {
  if (bytes.length < length)
    throw new NetlinkDecodeError(attribute, 0, `needs ${length} bytes and has ${bytes.length}`);
  return bytes;
}
