/** What rules read from a packet, its connection and the routes. */

import type { NetfilterField, NetfilterSource } from "../model/index.ts";
import type { Passage, Tracking } from "./passage.ts";
import type { Tuple } from "./types.ts";

/** By field, nft's name of the datatype of its values. */
const TYPES: Readonly<Record<NetfilterField, string>> = {
  iifname: "ifname",
  oifname: "ifname",
  nfproto: "nf_proto",
  l4proto: "inet_proto",
  mark: "mark",
  pkttype: "pkt_type",
  "ip saddr": "ipv4_addr",
  "ip daddr": "ipv4_addr",
  "ip protocol": "inet_proto",
  "ip6 saddr": "ipv6_addr",
  "ip6 daddr": "ipv6_addr",
  "ip6 nexthdr": "inet_proto",
  "ether saddr": "ether_addr",
  "ether daddr": "ether_addr",
  "ether type": "ether_type",
  "arp operation": "arp_op",
  sport: "inet_service",
  dport: "inet_service",
  "tcp flags": "tcp_flag",
  "icmp type": "icmp_type",
  "icmp code": "icmp_code",
  "icmpv6 type": "icmpv6_type",
  "icmpv6 code": "icmpv6_code",
  "ct state": "ct_state",
  "ct status": "ct_status",
  "ct direction": "ct_dir",
  "ct mark": "mark",
  "ct original ip saddr": "ipv4_addr",
  "ct original ip daddr": "ipv4_addr",
  "ct original ip6 saddr": "ipv6_addr",
  "ct original ip6 daddr": "ipv6_addr",
  "ct original proto-src": "inet_service",
  "ct original proto-dst": "inet_service",
  "ct reply ip saddr": "ipv4_addr",
  "ct reply ip daddr": "ipv4_addr",
  "ct reply ip6 saddr": "ipv6_addr",
  "ct reply ip6 daddr": "ipv6_addr",
  "ct reply proto-src": "inet_service",
  "ct reply proto-dst": "inet_service",
  "fib daddr type": "fib_addrtype",
  "fib saddr type": "fib_addrtype",
  "fib daddr . iif type": "fib_addrtype",
  "fib daddr . oif type": "fib_addrtype",
  "fib saddr . iif oifname": "ifname",
};

export function typeOf(source: NetfilterSource): string {
  return typeof source === "string" ? TYPES[source] : "inet_service";
}

/** Their values are bits, of which a rule asks for any. */
export function isBits(source: NetfilterSource): boolean {
  return source === "ct state" || source === "ct status" || source === "tcp flags";
}

export function fieldWords(fields: readonly NetfilterSource[]): string {
  return fields.map((field) => (typeof field === "string" ? field : `a hash of ${field.hash.join(", ")}`)).join(" . ");
}

/** A value as a model writes it. null: not known. undefined: such a packet has none, so that no comparison holds. */
export type FieldValue = string | null | undefined;

const text = (number: number | null): string | null => (number === null ? null : String(number));

export function read(source: NetfilterSource, passage: Passage): FieldValue {
  if (typeof source !== "string") return null;
  const { packet, tracking, input, output, routing } = passage;
  const { family } = packet;
  switch (source) {
    case "iifname":
      return input;
    case "oifname":
      return output;
    case "nfproto":
      return family === 4 ? "ipv4" : "ipv6";
    case "l4proto":
      return packet.protocol;
    case "mark":
      return text(packet.mark);
    // Of the other IP version something else is at these places.
    case "ip protocol":
      return family === 4 ? packet.protocol : null;
    case "ip6 nexthdr":
      return family === 6 ? packet.protocol : null;
    case "ip saddr":
      return family === 4 ? packet.source : null;
    case "ip daddr":
      return family === 4 ? packet.destination : null;
    case "ip6 saddr":
      return family === 6 ? packet.source : null;
    case "ip6 daddr":
      return family === 6 ? packet.destination : null;
    case "sport":
      return text(packet.sourcePort);
    case "dport":
      return text(packet.destinationPort);
    case "icmp type":
    case "icmpv6 type":
      return text(packet.icmpType);
    case "icmp code":
    case "icmpv6 code":
      return text(packet.icmpCode);
    case "ct direction":
    case "ct mark":
      return ofConnection(source, tracking);
    case "fib saddr type":
      return packet.source === null ? null : routing.addressType(packet.source, null, passage);
    case "fib daddr type":
      return packet.destination === null ? null : routing.addressType(packet.destination, null, passage);
    case "fib daddr . iif type":
      return ofLink(input, passage);
    case "fib daddr . oif type":
      return ofLink(output, passage);
    case "fib saddr . iif oifname":
      return input === null || input === "" ? null : routing.reversePath(input, passage);
    // Of Ethernet a model knows what the links have, not what is in frames.
    case "pkttype":
    case "ether saddr":
    case "ether daddr":
    case "ether type":
    case "arp operation":
    case "tcp flags":
    case "ct state":
    case "ct status":
      return null;
    default:
      return ofTuple(source, passage);
  }
}

function ofConnection(field: "ct direction" | "ct mark", tracking: Tracking | null): FieldValue {
  if (tracking?.state === null) return null;
  if (!tracking?.connection) return undefined;
  return field === "ct direction" ? tracking.direction : text(tracking.connection.mark);
}

/** Where there is no link the kernel asks of any. */
function ofLink(link: string | null, passage: Passage): FieldValue {
  const { destination } = passage.packet;
  if (link === null || destination === null) return null;
  return passage.routing.addressType(destination, link === "" ? null : link, passage);
}

const PARTS: Readonly<Record<string, keyof Tuple>> = {
  saddr: "source",
  daddr: "destination",
  "proto-src": "sourcePort",
  "proto-dst": "destinationPort",
};

/** `ct original ip saddr`, `ct reply proto-dst`, … */
function ofTuple(field: string, { tracking, packet }: Passage): FieldValue {
  if (tracking?.state === null) return null;
  if (!tracking?.connection) return undefined;
  const words = field.split(" ");
  const part = PARTS[words.at(-1)!]!;
  // Of another IP version's connection the kernel gives nothing.
  if (words.length === 4 && (words[2] === "ip") !== (packet.family === 4)) return undefined;
  const value = tracking.connection[words[1] === "reply" ? "reply" : "original"][part];
  return value === null ? null : String(value);
}

/** Whether any of the bits is set; null: not known. */
export function hasBits(
  source: NetfilterSource,
  bits: readonly string[],
  { packet, tracking }: Passage,
): boolean | null | undefined {
  if (source === "tcp flags") {
    const { tcpFlags } = packet;
    return tcpFlags === null ? null : bits.some((bit) => tcpFlags.includes(bit));
  }
  if (source === "ct state") {
    const state = tracking === null ? "invalid" : tracking.state;
    return state === null ? null : bits.includes(state);
  }
  if (tracking?.state === null) return null;
  if (!tracking?.connection) return undefined;
  const known = bits.map((bit) => statusBit(bit, tracking));
  return known.includes(true) ? true : known.includes(null) ? null : false;
}

function statusBit(bit: string, { state, connection, confirmed }: Tracking): boolean | null {
  const { original, reply } = connection!;
  switch (bit) {
    case "snat":
      return original.source !== reply.destination || original.sourcePort !== reply.destinationPort;
    case "dnat":
      return original.destination !== reply.source || original.destinationPort !== reply.sourcePort;
    case "confirmed":
      return confirmed;
    case "seen-reply":
      return state === "established";
    case "expected":
    case "dying":
      return false;
    default:
      return null;
  }
}
