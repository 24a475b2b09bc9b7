import { LITTLE_ENDIAN } from "../../writer.ts";
import { decodeText } from "../../text.ts";
import { NF_CT_STATE_UNTRACKED } from "../constants.ts";

/** How values of one sort are written. */
export interface Datatype {
  /** nft's number for it, as in a set's key type. */
  readonly id: number;
  readonly name: string;
  /** Bytes; 0 where it varies. */
  readonly size: number;
  /** The kernel has it in the host's order: not out of a packet. */
  readonly host?: boolean;
  /** Made of bits that have names. */
  readonly bits?: readonly (readonly [bit: number, name: string])[];
  readonly names?: ReadonlyMap<number, string>;
  readonly write?: (bytes: Uint8Array) => string;
}

const names = (list: Readonly<Record<number, string>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(list).map(([number, name]) => [Number(number), name]));

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");

/** The bytes as a number: of the host's order, or of the network's. */
export function numberOf(bytes: Uint8Array, host = false): bigint {
  const ordered = host && LITTLE_ENDIAN ? [...bytes].reverse() : [...bytes];
  return ordered.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const ipv4 = (bytes: Uint8Array): string => bytes.join(".");

/** RFC 5952: the longest row of zeros, if of two groups or more, becomes `::`. */
export function ipv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: bytes.length / 2 }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!);
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (best.length < 2) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}

const quoted = (bytes: Uint8Array): string => {
  // Shorter than a name's 16 bytes: everything that begins so.
  const text = decodeText(bytes, 0, bytes.length);
  return `"${text}${bytes.includes(0) ? "" : "*"}"`;
};
const mark = (bytes: Uint8Array): string => `0x${numberOf(bytes, true).toString(16).padStart(8, "0")}`;
/** Every namespace's first interface is its loopback; other names are not in a ruleset. */
const interfaceIndex = (bytes: Uint8Array): string => {
  const index = numberOf(bytes, true);
  return index === 1n ? '"lo"' : String(index);
};
const trafficClass = (bytes: Uint8Array): string => {
  const id = numberOf(bytes, true);
  return `${(id >> 16n).toString(16)}:${(id & 0xffffn).toString(16)}`;
};

const DSCP: Record<number, string> = { 46: "ef", 44: "va", 1: "lephb" };
for (let i = 0; i < 8; i++) DSCP[i << 3] = `cs${i}`;
for (let i = 1; i <= 4; i++) for (let j = 1; j <= 3; j++) DSCP[(i << 3) | (j << 1)] = `af${i}${j}`;

export const TYPES = {
  verdict: { id: 1, name: "verdict", size: 0 },
  nfproto: { id: 2, name: "nf_proto", size: 1, names: names({ 2: "ipv4", 10: "ipv6" }) },
  integer: { id: 4, name: "integer", size: 0 },
  string: { id: 5, name: "string", size: 0, write: quoted },
  ipv4: { id: 7, name: "ipv4_addr", size: 4, write: ipv4 },
  ipv6: { id: 8, name: "ipv6_addr", size: 16, write: ipv6 },
  ether: { id: 9, name: "ether_addr", size: 6, write: (bytes) => hex(bytes).replace(/..(?!$)/g, "$&:") },
  etherType: {
    id: 10,
    name: "ether_type",
    size: 2,
    names: names({ 0x0800: "ip", 0x0806: "arp", 0x86dd: "ip6", 0x8100: "8021q", 0x88a8: "8021ad" }),
    write: (bytes) => `0x${hex(bytes)}`,
  },
  arpOperation: {
    id: 11,
    name: "arp_op",
    size: 2,
    names: names({ 1: "request", 2: "reply", 3: "rrequest", 4: "rreply", 8: "inrequest", 9: "inreply", 10: "nak" }),
  },
  protocol: {
    id: 12,
    name: "inet_proto",
    size: 1,
    names: names({
      1: "icmp",
      2: "igmp",
      4: "ipencap",
      6: "tcp",
      17: "udp",
      33: "dccp",
      41: "ipv6",
      47: "gre",
      50: "esp",
      51: "ah",
      58: "ipv6-icmp",
      108: "ipcomp",
      132: "sctp",
      136: "udplite",
    }),
  },
  port: { id: 13, name: "inet_service", size: 2 },
  icmpType: {
    id: 14,
    name: "icmp_type",
    size: 1,
    names: names({
      0: "echo-reply",
      3: "destination-unreachable",
      4: "source-quench",
      5: "redirect",
      8: "echo-request",
      9: "router-advertisement",
      10: "router-solicitation",
      11: "time-exceeded",
      12: "parameter-problem",
      13: "timestamp-request",
      14: "timestamp-reply",
      15: "info-request",
      16: "info-reply",
      17: "address-mask-request",
      18: "address-mask-reply",
    }),
  },
  tcpFlag: {
    id: 15,
    name: "tcp_flag",
    size: 1,
    bits: [
      [0x01, "fin"],
      [0x02, "syn"],
      [0x04, "rst"],
      [0x08, "psh"],
      [0x10, "ack"],
      [0x20, "urg"],
      [0x40, "ecn"],
      [0x80, "cwr"],
    ],
  },
  mark: { id: 19, name: "mark", size: 4, host: true, write: mark },
  interfaceIndex: { id: 20, name: "iface_index", size: 4, host: true, write: interfaceIndex },
  interfaceType: {
    id: 21,
    name: "iface_type",
    size: 2,
    host: true,
    names: names({ 1: "ether", 512: "ppp", 768: "ipip", 772: "loopback", 776: "sit", 778: "ipgre", 0xfffe: "none" }),
  },
  realm: { id: 22, name: "realm", size: 4, host: true },
  trafficClass: { id: 23, name: "classid", size: 4, host: true, write: trafficClass },
  uid: { id: 24, name: "uid", size: 4, host: true },
  gid: { id: 25, name: "gid", size: 4, host: true },
  ctState: {
    id: 26,
    name: "ct_state",
    size: 4,
    host: true,
    bits: [
      [0x01, "invalid"],
      [0x02, "established"],
      [0x04, "related"],
      [0x08, "new"],
      [NF_CT_STATE_UNTRACKED, "untracked"],
    ],
  },
  ctDirection: { id: 27, name: "ct_dir", size: 1, host: true, names: names({ 0: "original", 1: "reply" }) },
  ctStatus: {
    id: 28,
    name: "ct_status",
    size: 4,
    host: true,
    bits: [
      [0x01, "expected"],
      [0x02, "seen-reply"],
      [0x04, "assured"],
      [0x08, "confirmed"],
      [0x10, "snat"],
      [0x20, "dnat"],
      [0x200, "dying"],
    ],
  },
  icmpv6Type: {
    id: 29,
    name: "icmpv6_type",
    size: 1,
    names: names({
      1: "destination-unreachable",
      2: "packet-too-big",
      3: "time-exceeded",
      4: "parameter-problem",
      128: "echo-request",
      129: "echo-reply",
      130: "mld-listener-query",
      131: "mld-listener-report",
      132: "mld-listener-done",
      133: "nd-router-solicit",
      134: "nd-router-advert",
      135: "nd-neighbor-solicit",
      136: "nd-neighbor-advert",
      137: "nd-redirect",
      143: "mld2-listener-report",
    }),
  },
  packetType: {
    id: 31,
    name: "pkt_type",
    size: 1,
    host: true,
    names: names({ 0: "host", 1: "broadcast", 2: "multicast", 3: "other" }),
  },
  icmpCode: {
    id: 32,
    name: "icmp_code",
    size: 1,
    names: names({
      0: "net-unreachable",
      1: "host-unreachable",
      2: "prot-unreachable",
      3: "port-unreachable",
      9: "net-prohibited",
      10: "host-prohibited",
      13: "admin-prohibited",
    }),
  },
  icmpv6Code: {
    id: 33,
    name: "icmpv6_code",
    size: 1,
    names: names({
      0: "no-route",
      1: "admin-prohibited",
      3: "addr-unreachable",
      4: "port-unreachable",
      5: "policy-fail",
      6: "reject-route",
    }),
  },
  icmpxCode: {
    id: 34,
    name: "icmpx_code",
    size: 1,
    names: names({ 0: "no-route", 1: "port-unreachable", 2: "host-unreachable", 3: "admin-prohibited" }),
  },
  deviceGroup: { id: 35, name: "devgroup", size: 4, host: true, names: names({ 0: "default" }) },
  dscp: { id: 36, name: "dscp", size: 1, names: names(DSCP), write: (bytes) => `0x${hex(bytes)}` },
  ecn: { id: 37, name: "ecn", size: 1, names: names({ 0: "not-ect", 1: "ect1", 2: "ect0", 3: "ce" }) },
  addressType: {
    id: 38,
    name: "fib_addrtype",
    size: 4,
    host: true,
    names: names({
      0: "unspec",
      1: "unicast",
      2: "local",
      3: "broadcast",
      4: "anycast",
      5: "multicast",
      6: "blackhole",
      7: "unreachable",
      8: "prohibit",
    }),
  },
  boolean: { id: 39, name: "boolean", size: 1, names: names({ 0: "missing", 1: "exists" }) },
  interfaceName: { id: 41, name: "ifname", size: 16, host: true, write: quoted },
} satisfies Record<string, Datatype>;

const plainly = <K extends string>(types: Record<K, Datatype>): Readonly<Record<K, Datatype>> => types;

/** nft's types of values by a short name, for `typeNumber` and `writeValue`. Source: libnftables, enum datatypes. */
export const DATATYPES = plainly(TYPES);

/** The key or data type of a set whose values have these parts. */
export function typeNumber(...parts: readonly Datatype[]): number {
  return parts.reduce((number, { id }) => number * 64 + id, 0);
}

const BY_ID = new Map<number, Datatype>(Object.values(TYPES).map((type) => [type.id, type]));

/** The parts of a set's key or data type: six bits each, the first uppermost. */
export function typesOf(id: number): Datatype[] {
  const parts: Datatype[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 64)) {
    const part = BY_ID.get(rest % 64);
    parts.unshift(part ?? { id: rest % 64, name: `type-${rest % 64}`, size: 0 });
  }
  return parts.length === 0 ? [TYPES.integer] : parts;
}

/** A value as nft writes it. `host`: its order, where that is not the type's own. */
export function writeValue(type: Datatype, bytes: Uint8Array, host = type.host ?? false): string {
  const own = type.host ?? false;
  const ordered = host !== own && LITTLE_ENDIAN && type.id !== TYPES.interfaceName.id ? bytes.slice().reverse() : bytes;
  const number = Number(numberOf(ordered, own));
  if (type.bits !== undefined) return writeBits(type.bits, number, ",");
  const name = type.names?.get(number);
  if (name !== undefined) return name;
  if (type.write !== undefined && (type.size === 0 || type === TYPES.interfaceName || type.size === bytes.length))
    return type.write(ordered);
  return bytes.length > 8 ? `0x${hex(ordered)}` : String(numberOf(ordered, own));
}

export function writeBits(bits: NonNullable<Datatype["bits"]>, number: number, between: string): string {
  const found: string[] = [];
  let rest = number;
  for (const [bit, name] of bits) {
    if ((number & bit) === 0) continue;
    found.push(name);
    rest &= ~bit;
  }
  if (rest !== 0 || found.length === 0) found.push(`0x${(rest >>> 0).toString(16)}`);
  return found.join(between);
}
