/** ICMP echo packets: bytes in, values out. RFC 792, RFC 4443. */

/** Bytes of an echo request: header 8, nonce 8, attempt 1, padding to a common size. */
export const ECHO_LENGTH = 32;
const NONCE = 8;
const ATTEMPT = 16;

/** Writes an echo request into `packet` (ECHO_LENGTH bytes). The kernel fills in the checksum of ICMPv6. */
export function writeEcho(
  packet: Uint8Array,
  family: 4 | 6,
  id: number,
  sequence: number,
  nonce: Uint8Array,
  attempt: number,
): void {
  packet.fill(0);
  packet[0] = family === 4 ? 8 : 128;
  packet[4] = id >> 8;
  packet[5] = id & 0xff;
  packet[6] = sequence >> 8;
  packet[7] = sequence & 0xff;
  packet.set(nonce, NONCE);
  packet[ATTEMPT] = attempt;
  if (family === 6) return;
  const sum = internetChecksum(packet);
  packet[2] = sum >> 8;
  packet[3] = sum & 0xff;
}

/** RFC 1071. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What a raw ICMP socket received about one of our echo requests. */
export interface EchoAnswer {
  readonly kind: "reply" | "error";
  /** ICMP type and code. */
  readonly type: number;
  readonly code: number;
  readonly id: number;
  readonly sequence: number;
  /** Which transmission it answers; null when the quoted packet was cut before it. */
  readonly attempt: number | null;
  /** Errors: where the quoted request was going (view). */
  readonly destination: Uint8Array | null;
}

/**
 * Reads what a raw socket gave: IPv4 with its IP header, IPv6 without. null for everything that does not answer an echo
 * request with this nonce; also for packets cut short.
 */
export function readAnswer(bytes: Uint8Array, family: 4 | 6, nonce: Uint8Array): EchoAnswer | null {
  const at = family === 4 ? (bytes[0]! & 15) * 4 : 0;
  if (bytes.length < at + 8) return null;
  const type = bytes[at]!;
  const code = bytes[at + 1]!;
  if (type === (family === 4 ? 0 : 129)) return echo(bytes, at, nonce, "reply", type, code, null);
  if (family === 4 ? type !== 3 && type !== 11 && type !== 12 : type < 1 || type > 4) return null;
  // The quoted packet: an IP header, then as much of our request as the sender cared to return.
  const ip = at + 8;
  if (bytes.length < ip + 20) return null;
  const isEcho = family === 4 ? bytes[ip + 9] === 1 : bytes[ip + 6] === 58;
  const inner = ip + (family === 4 ? (bytes[ip]! & 15) * 4 : 40);
  if (!isEcho || bytes.length < inner + 8 || bytes[inner] !== (family === 4 ? 8 : 128)) return null;
  const destination = family === 4 ? bytes.subarray(ip + 16, ip + 20) : bytes.subarray(ip + 24, ip + 40);
  return echo(bytes, inner, nonce, "error", type, code, destination);
}

function echo(
  bytes: Uint8Array,
  at: number,
  nonce: Uint8Array,
  kind: "reply" | "error",
  type: number,
  code: number,
  destination: Uint8Array | null,
): EchoAnswer | null {
  const whole = bytes.length > at + ATTEMPT;
  if (kind === "reply" && !whole) return null;
  if (whole && nonce.some((byte, i) => bytes[at + NONCE + i] !== byte)) return null;
  return {
    kind,
    type,
    code,
    id: (bytes[at + 4]! << 8) | bytes[at + 5]!,
    sequence: (bytes[at + 6]! << 8) | bytes[at + 7]!,
    attempt: whole ? bytes[at + ATTEMPT]! : null,
    destination,
  };
}
