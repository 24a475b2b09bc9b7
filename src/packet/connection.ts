/** Connection tracking: which connection a packet belongs to, and the reverse of what NAT made of its first packet. */

import { inverse, type Passage, type Tracking, tupleOf } from "./passage.ts";
import type { Connection, Packet, Tuple } from "./types.ts";

/** Types of ICMP that begin a connection: questions. */
const ICMP_QUESTIONS = { 4: new Set([8, 13, 15, 17]), 6: new Set([128, 139]) } as const;
const ICMP_ERRORS = { 4: new Set([3, 4, 5, 11, 12]), 6: new Set([1, 2, 3, 4]) } as const;
/** Neighbour discovery and multicast listeners, which the kernel leaves alone. */
const UNTRACKED_ICMPV6: ReadonlySet<number> = new Set([130, 131, 132, 133, 134, 135, 136, 137, 143]);

/** What connection tracking does as soon as a packet comes to it. */
export function track(passage: Passage, connection: Connection | null): void {
  const settled = { source: false, destination: false };
  const none = { connection: null, direction: "original", confirmed: false, settled } as const;
  const { packet, hook, trace } = passage;
  if (connection !== null && !passage.untracked) {
    const direction = directionOf(packet, connection);
    if (direction !== null) {
      passage.tracking = { state: "established", connection, direction, confirmed: true, settled };
      trace?.push({ kind: "connection", hook, state: `established, ${direction}` });
      return;
    }
  }
  const state = passage.untracked ? "untracked" : stateOf(packet);
  trace?.push({ kind: "connection", hook, state: state ?? "not known" });
  if (state !== "new") {
    passage.tracking = { ...none, state };
    return;
  }
  passage.tracking = trackNew(packet, 0);
}

/** The first packet of a connection. */
export function trackNew(packet: Packet, mark: number | null): Tracking {
  const original = tupleOf(packet);
  const { family, protocol } = packet;
  const connection = { family, protocol, original, reply: inverse(original), mark };
  const settled = { source: false, destination: false };
  return { state: "new", connection, direction: "original", confirmed: false, settled };
}

/** null: it is not of this connection. */
function directionOf(packet: Packet, { original, reply }: Connection): "original" | "reply" | null {
  // Questions and answers of ICMP may have the same addresses.
  const { icmpType, family } = packet;
  const answers = icmpType !== null && !ICMP_QUESTIONS[family].has(icmpType);
  if (!answers && isOf(original, packet)) return "original";
  return (icmpType === null || answers) && isOf(reply, packet) ? "reply" : null;
}

function stateOf({ family, protocol, icmpType, tcpFlags }: Packet): "new" | "invalid" | "untracked" | null {
  if (protocol === "icmp" || protocol === "ipv6-icmp" || protocol === "1" || protocol === "58") {
    if (icmpType === null || ICMP_ERRORS[family].has(icmpType)) return null;
    if (family === 6 && UNTRACKED_ICMPV6.has(icmpType)) return "untracked";
    return ICMP_QUESTIONS[family].has(icmpType) ? "new" : "invalid";
  }
  if (protocol !== "tcp" && protocol !== "6") return "new";
  if (tcpFlags === null) return "new";
  const has = (flag: string): boolean => tcpFlags.includes(flag);
  if (has("rst") || has("fin")) return "invalid";
  // A connection may be picked up in the middle (nf_conntrack_tcp_loose).
  return has("syn") !== has("ack") ? "new" : "invalid";
}

/** Ports that are not known, or that there are none of, fit any. */
function isOf(tuple: Tuple, packet: Packet): boolean {
  const same = (a: unknown, b: unknown): boolean => a === null || b === null || a === b;
  return (
    same(tuple.source, packet.source) &&
    same(tuple.destination, packet.destination) &&
    same(tuple.sourcePort, packet.sourcePort) &&
    same(tuple.destinationPort, packet.destinationPort)
  );
}

/** Gives a packet of a known connection what NAT has found for it: the other direction's addresses, turned round. */
export function retranslate(passage: Passage, part: "source" | "destination"): void {
  const { tracking, packet, hook, trace } = passage;
  if (tracking?.state !== "established" || tracking.connection === null) return;
  const { original, reply } = tracking.connection;
  const target = inverse(tracking.direction === "original" ? reply : original);
  const port = `${part}Port` as const;
  if (packet[part] === target[part] && packet[port] === target[port]) return;
  passage.packet = { ...packet, [part]: target[part], [port]: target[port] };
  const to = target[port] === null ? String(target[part]) : `${target[part]} port ${target[port]}`;
  trace?.push({ kind: "translated", hook, field: part, to });
}
