/** MAC addresses: text ↔ bytes, and the deterministic ones netloom assigns to links without a given one. */

import { stableHash } from "./hash.ts";

/** What the kernel reports for `lo`. */
export const ZERO_MAC = "00:00:00:00:00:00";

/** Canonical text (lower case, colons) of six pairs of hex digits separated by `:` or `-`; null for anything else. */
export function parseMac(text: string): string | null {
  return /^[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})$/i.test(text)
    ? text.toLowerCase().replaceAll("-", ":")
    : null;
}

/** Whether an interface may have it: neither multicast (lowest bit of the first byte) nor all zero. */
export function isUnicastMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== ZERO_MAC;
}

/** Throws RangeError when the text is not a MAC. */
export function macToBytes(text: string): Uint8Array {
  const mac = parseMac(text);
  if (mac === null) throw new RangeError(`not a MAC address: ${text}`);
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++) bytes[i] = Number.parseInt(mac.slice(3 * i, 3 * i + 2), 16);
  return bytes;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Canonical text of hardware-address bytes (six for Ethernet, any length accepted). */
export function bytesToMac(bytes: Uint8Array): string {
  let text = HEX[bytes[0] ?? 0]!;
  for (let i = 1; i < bytes.length; i++) text += ":" + HEX[bytes[i]!]!;
  return text;
}

/**
 * A locally administered unicast MAC (02:…) that depends on nothing but the three names, so that `up` is repeatable and two
 * labs do not share one. Forty bits can collide: the caller tries the next `attempt` (0, 1, …) until it is free.
 */
export function macFor(lab: string, namespace: string, link: string, attempt = 0): string {
  const { high, low } = stableHash(`${lab}/${namespace}/${link}`, attempt);
  const byte = (value: number, shift: number): string => HEX[(value >>> shift) & 255]!;
  return `02:${byte(high, 0)}:${byte(low, 24)}:${byte(low, 16)}:${byte(low, 8)}:${byte(low, 0)}`;
}
