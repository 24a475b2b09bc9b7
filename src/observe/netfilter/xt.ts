/**
 * The kernel structs of the most common x_tables matches and targets, as used by iptables-nft, in host byte order → steps.
 * Source: linux/netfilter/xt_*.h, linux/netfilter_ipv4/ipt_*.h, linux/netfilter/nf_nat.h. Pure.
 */

import type { NetfilterField, NetfilterOperand, NetfilterStep } from "../../model/index.ts";
import { LITTLE_ENDIAN, Reader } from "../../netlink/index.ts";
import {
  DATATYPES as T,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  NFTA_MATCH_INFO,
  NFTA_MATCH_NAME,
  NFTA_MATCH_REV,
  type OpaqueExpression,
  XT_CONNTRACK_STATE,
  XT_CONNTRACK_STATE_ALIAS,
} from "../../netlink/nftables/index.ts";
import { decodeText } from "../../netlink/text.ts";
import { flagsOf } from "./operands.ts";
import { valueText } from "./values.ts";

/** Steps, or the comment that iptables attaches to a rule. */
export interface Meaning {
  readonly steps: readonly NetfilterStep[];
  readonly comment?: string;
}

interface Extension {
  readonly revision: number;
  readonly bytes: Uint8Array;
  /** For ip6tables. */
  readonly six: boolean;
}

/** A number at an offset of the struct, in host byte order. */
function number({ bytes }: Extension, offset: number, size: 1 | 2 | 4): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (size === 1) return view.getUint8(offset);
  return size === 2 ? view.getUint16(offset, LITTLE_ENDIAN) : view.getUint32(offset, LITTLE_ENDIAN);
}

const match = (field: NetfilterField, not: boolean, ...values: string[]): NetfilterStep => ({
  kind: "match",
  fields: [field],
  not,
  values,
});
const one = (step: NetfilterStep | null): Meaning | null => (step === null ? null : { steps: [step] });
const portRange = (from: number, to: number): string => (from === to ? String(from) : `${from}-${to}`);

/** null if the model cannot express it. */
export function xtMeaning(expression: OpaqueExpression, six: boolean): Meaning | null {
  const found = extension(expression, six);
  if (found === null) return null;
  const table = expression.name === "match" ? MATCHES : expression.name === "target" ? TARGETS : null;
  const read = table?.[found.name];
  if (read === undefined) return null;
  try {
    return read(found);
  } catch (error) {
    // Shorter than the struct: another revision.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** NFTA_TARGET_* are numbered as NFTA_MATCH_*. */

function extension({ attributes }: OpaqueExpression, six: boolean): (Extension & { readonly name: string }) | null {
  const [data] = attributes;
  if (data === undefined) return null;
  const cursor = new Reader(data.value).attributes(0, data.value.length, []);
  let name = "";
  let revision = 0;
  let bytes = new Uint8Array();
  while (cursor.next()) {
    if (cursor.type === NFTA_MATCH_NAME) name = cursor.string();
    if (cursor.type === NFTA_MATCH_REV) revision = cursor.reader.view.getUint32(cursor.valueStart, false);
    if (cursor.type === NFTA_MATCH_INFO) bytes = cursor.bytes().slice();
  }
  return { name, revision, bytes, six };
}

/** The contents of a NAT struct; addresses as text, null if absent. */
interface NatRange {
  readonly flags: number;
  readonly address: NetfilterOperand | null;
  readonly port: NetfilterOperand | null;
}

/** `old`: struct nf_nat_ipv4_multi_range_compat, else nf_nat_range and nf_nat_range2. */
function natRange(given: Extension, old: boolean): NatRange | null {
  const [start, size] = old ? [4, 4] : [0, 16];
  if (old && number(given, 0, 4) !== 1) return null;
  const flags = number(given, start, 4);
  const at = start + 4;
  const type = given.six ? T.ipv6 : T.ipv4;
  const address = (offset: number): string => valueText(type, given.bytes.subarray(offset, offset + type.size));
  const ports = new DataView(given.bytes.buffer, given.bytes.byteOffset + at + 2 * size, 4);
  const port = (offset: number): string => String(ports.getUint16(offset, false));
  return {
    flags,
    address: flags & NF_NAT_RANGE_MAP_IPS ? { kind: "constant", from: address(at), to: address(at + size) } : null,
    port: flags & NF_NAT_RANGE_PROTO_SPECIFIED ? { kind: "constant", from: port(0), to: port(2) } : null,
  };
}

function translation(kind: "snat" | "dnat"): (given: Extension) => Meaning | null {
  return (given) => {
    const range = natRange(given, given.revision === 0 && !given.six);
    const flags = range && flagsOf(range.flags);
    if (range === null || flags === null || (range.address === null && range.port === null)) return null;
    return one({ kind, family: given.six ? 6 : 4, address: range.address, port: range.port, flags });
  };
}

function shortcut(kind: "masquerade" | "redirect"): (given: Extension) => Meaning | null {
  return (given) => {
    const range = natRange(given, !given.six);
    const flags = range && flagsOf(range.flags);
    return range === null || flags === null ? null : one({ kind, port: range.port, flags });
  };
}

const REJECTIONS = [
  "icmp net-unreachable",
  "icmp host-unreachable",
  "icmp prot-unreachable",
  "icmp port-unreachable",
  null,
  "icmp net-prohibited",
  "icmp host-prohibited",
  "tcp reset",
  "icmp admin-prohibited",
];
const REJECTIONS6 = [
  "icmpv6 no-route",
  "icmpv6 admin-prohibited",
  null,
  "icmpv6 addr-unreachable",
  "icmpv6 port-unreachable",
  null,
  "tcp reset",
  "icmpv6 policy-fail",
  "icmpv6 reject-route",
];

const TARGETS: Readonly<Record<string, (given: Extension) => Meaning | null>> = {
  MASQUERADE: shortcut("masquerade"),
  REDIRECT: shortcut("redirect"),
  SNAT: translation("snat"),
  DNAT: translation("dnat"),
  REJECT(given) {
    const how = (given.six ? REJECTIONS6 : REJECTIONS)[number(given, 0, 4)] ?? null;
    return how === null ? null : one({ kind: "reject", with: how });
  },
  /** mark = mark & ~mask ^ value */
  MARK(given) {
    const [value, mask] = [number(given, 0, 4), number(given, 4, 4)];
    return given.revision === 2 && mask === 0xffffffff ? one({ kind: "set", field: "mark", value }) : null;
  },
  LOG(given) {
    const [level, flags] = [number(given, 0, 1), number(given, 1, 1)];
    const prefix = decodeText(given.bytes, 2, 32);
    return flags === 0 ? one({ kind: "log", prefix: prefix === "" ? null : prefix, level, group: null }) : null;
  },
};

const MATCHES: Readonly<Record<string, (given: Extension) => Meaning | null>> = {
  comment: (given) => ({ steps: [], comment: decodeText(given.bytes, 0, given.bytes.length) }),
  conntrack(given) {
    const [flags, inverted, states] = [number(given, 146, 2), number(given, 148, 2), number(given, 150, 2)];
    if (
      given.revision < 2 ||
      (flags | XT_CONNTRACK_STATE_ALIAS) !== (XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS) ||
      states & ~0xf
    )
      return null;
    const named = (T.ctState.bits ?? []).filter(([bit]) => bit & states).map(([, name]) => name);
    return one(match("ct state", (inverted & XT_CONNTRACK_STATE) !== 0, ...named));
  },
  addrtype(given) {
    const [source, destination, flags] = [number(given, 0, 2), number(given, 2, 2), number(given, 4, 4)];
    if (given.revision !== 1 || flags & ~3 || (source === 0) === (destination === 0)) return null;
    const named = [...(T.addressType.names ?? [])]
      .filter(([type]) => (source | destination) & (1 << type))
      .map(([, name]) => name);
    return one(match(source ? "fib saddr type" : "fib daddr type", (flags & (source ? 1 : 2)) !== 0, ...named));
  },
  multiport(given) {
    const [direction, count] = [number(given, 0, 1), number(given, 1, 1)];
    const values: string[] = [];
    for (let i = 0; i < count; i++) {
      const from = number(given, 2 + 2 * i, 2);
      const isRange = number(given, 32 + i, 1) !== 0;
      values.push(portRange(from, isRange ? number(given, 2 + 2 * ++i, 2) : from));
    }
    if (given.revision !== 1 || direction > 1) return null;
    return one(match(direction === 0 ? "sport" : "dport", number(given, 47, 1) !== 0, ...values));
  },
  tcp: (given) =>
    number(given, 9, 1) === 0 && number(given, 10, 1) === 0 && number(given, 8, 1) === 0
      ? ports(given, number(given, 11, 1))
      : null,
  udp: (given) => ports(given, number(given, 8, 1)),
  icmp(given) {
    const [type, from, to, inverted] = [0, 1, 2, 3].map((offset) => number(given, offset, 1));
    return type === 0xff || from !== 0 || to !== 0xff
      ? null
      : one(match("icmp type", inverted === 1, valueText(T.icmpType, Uint8Array.of(type!))));
  },
  icmp6(given) {
    const [type, from, to, inverted] = [0, 1, 2, 3].map((offset) => number(given, offset, 1));
    return from !== 0 || to !== 0xff
      ? null
      : one(match("icmpv6 type", inverted === 1, valueText(T.icmpv6Type, Uint8Array.of(type!))));
  },
};

/** Two port ranges at the beginning; 0–65535 means all ports. */
function ports(given: Extension, inverted: number): Meaning {
  const steps: NetfilterStep[] = [];
  for (const [index, field] of (["sport", "dport"] as const).entries()) {
    const [from, to] = [number(given, 4 * index, 2), number(given, 4 * index + 2, 2)];
    const not = (inverted & (1 << index)) !== 0;
    if (from !== 0 || to !== 0xffff || not) steps.push(match(field, not, portRange(from, to)));
  }
  return { steps };
}
