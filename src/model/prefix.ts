/** Prefixes and ranges of IP addresses: networks, hosts within them, containment, decomposition. RFC 4632, RFC 4291. */

import { bitsOf, formatAddress, parseAddress } from "./address.ts";
import type { IpAddress } from "./address.ts";
import { macToBytes } from "./mac.ts";
import type { Family } from "./types.ts";

/** An address with a prefix length. In network form (see parsePrefix) the host bits are zero. */
export interface Prefix extends IpAddress {
  readonly length: number;
}

/** `10.0.0.1/24`, host form: the host bits are kept. Null without a length or when anything is malformed. */
export function parseInterfaceAddress(text: string): Prefix | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const address = parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === null || !/^(0|[1-9]\d{0,2})$/.test(digits)) return null;
  const length = Number(digits);
  return length > bitsOf(address.family) ? null : { ...address, length };
}

/** `10.0.0.0/24`, network form: null when a host bit is set (`10.0.0.1/24`). */
export function parsePrefix(text: string): Prefix | null {
  const prefix = parseInterfaceAddress(text);
  return prefix === null || (prefix.value & hostMask(prefix)) !== 0n ? null : prefix;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.length}`;
}

/** Ones where the host bits are. */
function hostMask(prefix: { readonly family: Family; readonly length: number }): bigint {
  return (1n << BigInt(bitsOf(prefix.family) - prefix.length)) - 1n;
}

/** The network an address is in: its host bits set to zero. */
export function networkOf(address: IpAddress, length: number): Prefix {
  const { family } = address;
  return { family, value: address.value & ~hostMask({ family, length }), length };
}

/** Whether an address, or the whole of another prefix, lies in a prefix. */
export function contains(prefix: Prefix, inner: IpAddress | Prefix): boolean {
  if (prefix.family !== inner.family) return false;
  if ("length" in inner && inner.length < prefix.length) return false;
  const shift = BigInt(bitsOf(prefix.family) - prefix.length);
  return prefix.value >> shift === inner.value >> shift;
}

/** Whether two prefixes share an address: then one contains the other. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? contains(a, networkOf(b, b.length)) : contains(b, networkOf(a, a.length));
}

/** First and last address of a prefix, inclusive. */
export function rangeOf(prefix: Prefix): { readonly first: bigint; readonly last: bigint } {
  const mask = hostMask(prefix);
  return { first: prefix.value & ~mask, last: prefix.value | mask };
}

/** IPv4 directed broadcast; null where there is none: IPv6, /31 (RFC 3021) and /32. */
export function broadcastOf(prefix: Prefix): bigint | null {
  return prefix.family === 6 || prefix.length > 30 ? null : rangeOf(prefix).last;
}

/** First address a host may have: not the network address, nor IPv6's subnet-router anycast (RFC 4291, 2.6.1). */
export function firstHost(prefix: Prefix): bigint {
  const { first } = rangeOf(prefix);
  return prefix.length >= bitsOf(prefix.family) - 1 ? first : first + 1n;
}

/** Last address a host may have: not IPv4's broadcast. */
export function lastHost(prefix: Prefix): bigint {
  const { last } = rangeOf(prefix);
  return broadcastOf(prefix) === null ? last : last - 1n;
}

/** The fewest prefixes that cover exactly first … last, in order. */
export function rangeToPrefixes(family: Family, first: bigint, last: bigint): Prefix[] {
  const bits = bitsOf(family);
  const prefixes: Prefix[] = [];
  let start = first;
  while (start <= last) {
    let size = 0;
    // Grow while the block stays aligned and within the range.
    while (size < bits) {
      const mask = (1n << BigInt(size + 1)) - 1n;
      if ((start & mask) !== 0n || start + mask > last) break;
      size++;
    }
    prefixes.push({ family, value: start, length: bits - size });
    start += 1n << BigInt(size);
  }
  return prefixes;
}

/** The link-local address of a MAC by modified EUI-64 (RFC 4291, appendix A), as the kernel's addrgenmode eui64. */
export function linkLocalFromMac(mac: string): string {
  const b = macToBytes(mac);
  const group = (high: number, low: number): bigint => BigInt((high << 8) | low);
  const id =
    (group(b[0]! ^ 2, b[1]!) << 48n) | (group(b[2]!, 0xff) << 32n) | (group(0xfe, b[3]!) << 16n) | group(b[4]!, b[5]!);
  return formatAddress({ family: 6, value: (0xfe80n << 112n) | id });
}
