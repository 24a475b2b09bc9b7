/** IP addresses as text ↔ bytes ↔ struct sockaddr. Small on purpose: kernel/ does not import model/. */

import { isIPv4, isIPv6 } from "node:net";
import { AF_INET, AF_INET6 } from "../../netlink/constants.ts";

/** 4 or 16 bytes in network order; throws a TypeError for anything that is not an address. */
export function parseAddress(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  if (!isIPv6(text) || text.includes("%")) throw new TypeError(`${JSON.stringify(text)} is not an IP address`);
  const [head, tail] = text.split("::") as [string, string | undefined];
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function words(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** Dotted quad, or RFC 5952 text. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let [start, length] = [-1, 1]; // a single zero word is not shortened
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = words.map((word) => word.toString(16));
  if (start < 0) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** struct sockaddr_in or sockaddr_in6. `scope`: ifindex, for link-local addresses. */
export function socketAddress(address: Uint8Array, port = 0, scope = 0): Buffer {
  const v6 = address.length === 16;
  const result = Buffer.alloc(v6 ? 28 : 16);
  result.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  result.writeUInt16BE(port, 2);
  result.set(address, v6 ? 8 : 4);
  if (v6) result.writeUInt32LE(scope, 24);
  return result;
}

/** The address in a struct sockaddr, as bytes (a view), or null for another family. */
export function addressIn(sockaddr: Uint8Array): Uint8Array | null {
  const family = sockaddr[0]! | (sockaddr[1]! << 8);
  if (family === AF_INET) return sockaddr.subarray(4, 8);
  return family === AF_INET6 ? sockaddr.subarray(8, 24) : null;
}

/** Whether the two are the same bytes. */
export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
