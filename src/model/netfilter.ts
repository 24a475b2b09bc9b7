/**
 * nf_tables rules as data: what `nft list ruleset` shows, with names for numbers, and without what only packets change
 * (counters, elements that rules add). Values are text as nft writes it: `10.0.0.0/24`, `80-90`, `tcp`, `established`; names
 * of interfaces without quotation marks, `veth*` for all that begin so.
 * Terms: linux/netfilter/nf_tables.h, nft(8).
 */

import type { Family } from "./family.ts";

/** A table of nf_tables with all that is in it. */
export interface NetfilterTable {
  readonly family: "ip" | "ip6" | "inet" | "arp" | "bridge" | "netdev";
  readonly name: string;
  readonly sets: readonly NetfilterSet[];
  readonly chains: readonly NetfilterChain[];
}

/** A named set, or, with `value`, a map. */
export interface NetfilterSet {
  readonly name: string;
  /** nft's names of the types that the key is put together from: `ipv4_addr`, `inet_service`, `ifname`, … */
  readonly key: readonly string[];
  /** The same for what a map gives (`verdict` for verdict maps); null for a set. */
  readonly value: readonly string[] | null;
  /** Elements are ranges and prefixes. */
  readonly interval: boolean;
  /** Rules add elements while packets pass: those are state, and no part of a model. */
  readonly dynamic: boolean;
  /** Seconds until such an element goes; null for never. */
  readonly timeout: number | null;
  /** Most elements; null for no limit. */
  readonly size: number | null;
  readonly elements: readonly NetfilterElement[];
}

/** An element of a set or map. */
export interface NetfilterElement {
  /** As many as the set's `key` has types. */
  readonly key: readonly string[];
  readonly value: readonly string[] | null;
}

/** A chain: rules that are tried in order. */
export interface NetfilterChain {
  readonly name: string;
  /** Where packets come in by themselves; null for a chain that is only jumped to. */
  readonly base: NetfilterBase | null;
  readonly rules: readonly NetfilterRule[];
}

/** The hook that a base chain is on, and what becomes of packets that no rule decides. */
export interface NetfilterBase {
  readonly type: "filter" | "nat" | "route";
  readonly hook: "prerouting" | "input" | "forward" | "output" | "postrouting" | "ingress" | "egress";
  /** Ascending order of chains at one hook; −100 destination NAT, 0 filter, 100 source NAT. */
  readonly priority: number;
  readonly policy: "accept" | "drop";
  /** Interfaces of the hooks ingress and egress. */
  readonly devices: readonly string[];
}

/** Steps are taken in order until one does not match or gives a verdict. */
export interface NetfilterRule {
  readonly steps: readonly NetfilterStep[];
  readonly comment: string | null;
}

/** What is read from a packet or its connection; nft's names. `sport` and `dport` are of any transport (nft's `th`). */
export type NetfilterField =
  | "iifname"
  | "oifname"
  | "nfproto"
  | "l4proto"
  | "mark"
  | "pkttype"
  | "ip saddr"
  | "ip daddr"
  | "ip protocol"
  | "ip6 saddr"
  | "ip6 daddr"
  | "ip6 nexthdr"
  | "ether saddr"
  | "ether daddr"
  | "ether type"
  | "arp operation"
  | "sport"
  | "dport"
  | "tcp flags"
  | "icmp type"
  | "icmp code"
  | "icmpv6 type"
  | "icmpv6 code"
  | "ct state"
  | "ct status"
  | "ct direction"
  | "ct mark"
  | "ct original ip saddr"
  | "ct original ip daddr"
  | "ct original ip6 saddr"
  | "ct original ip6 daddr"
  | "ct original proto-src"
  | "ct original proto-dst"
  | "ct reply ip saddr"
  | "ct reply ip daddr"
  | "ct reply ip6 saddr"
  | "ct reply ip6 daddr"
  | "ct reply proto-src"
  | "ct reply proto-dst"
  | "fib daddr type"
  | "fib saddr type"
  | "fib daddr . iif type"
  | "fib daddr . oif type"
  | "fib saddr . iif oifname";

/** A port made out of fields: their Jenkins hash modulo `modulus` plus `offset`, in network order. */
export interface NetfilterHash {
  readonly hash: readonly NetfilterField[];
  readonly modulus: number;
  readonly offset: number;
  readonly seed: number;
}

/** Where a value comes from: a field of the packet, or a hash of several. */
export type NetfilterSource = NetfilterField | NetfilterHash;

/** Where NAT takes an address or a port from. */
export type NetfilterOperand =
  /** `to` equals `from` for a single one. */
  | { readonly kind: "constant"; readonly from: string; readonly to: string }
  | { readonly kind: "source"; readonly source: NetfilterSource }
  /** Part number `part` of what the map gives for the fields. */
  | { readonly kind: "map"; readonly fields: readonly NetfilterSource[]; readonly set: string; readonly part: number }
  /** A whole prefix: the bits behind it stay (nft: `snat ip6 prefix to`). */
  | { readonly kind: "prefix"; readonly prefix: string };

/** How NAT picks a port: NF_NAT_RANGE_* of linux/netfilter/nf_nat.h. */
export type NatFlag = "random" | "fully-random" | "persistent";

/** One step of a rule: a match, a statement or a verdict. `kind` tells which. */
export type NetfilterStep =
  /** Goes on if the fields are one of the values (a concatenation is joined by ` . `), or with `not`, none of them. Of bit
   * fields (`ct state`, `ct status`, `tcp flags`): if any of the bits is set. */
  | {
      readonly kind: "match";
      readonly fields: readonly NetfilterSource[];
      readonly not: boolean;
      readonly values: readonly string[];
    }
  | {
      readonly kind: "lookup";
      readonly fields: readonly NetfilterSource[];
      readonly not: boolean;
      readonly set: string;
    }
  | { readonly kind: "counter" }
  | {
      readonly kind: "log";
      readonly prefix: string | null;
      readonly level: number | null;
      readonly group: number | null;
    }
  /** Goes on while at most `rate` packets pass in `seconds`; with `over`, only beyond that. */
  | {
      readonly kind: "limit";
      readonly rate: number;
      readonly seconds: number;
      readonly burst: number;
      readonly over: boolean;
    }
  /** Adds to a dynamic set, renews or deletes there; `timeout` in seconds, null for the set's. */
  | {
      readonly kind: "update";
      readonly operation: "add" | "update" | "delete";
      readonly set: string;
      readonly key: readonly NetfilterSource[];
      readonly value: readonly NetfilterSource[];
      readonly timeout: number | null;
    }
  | { readonly kind: "set"; readonly field: "mark" | "ct mark"; readonly value: number }
  | { readonly kind: "notrack" }
  | {
      readonly kind: "snat" | "dnat";
      readonly family: Family;
      readonly address: NetfilterOperand | null;
      readonly port: NetfilterOperand | null;
      readonly flags: readonly NatFlag[];
    }
  | {
      readonly kind: "masquerade" | "redirect";
      readonly port: NetfilterOperand | null;
      readonly flags: readonly NatFlag[];
    }
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string }
  /** The verdict is looked up: in a named verdict map. */
  | { readonly kind: "verdict-map"; readonly fields: readonly NetfilterSource[]; readonly set: string }
  /** As nft writes it: `tcp reset`, `icmpx port-unreachable`, `icmp admin-prohibited`, … */
  | { readonly kind: "reject"; readonly with: string }
  /** Something that a model has no words for: nft's text of it as far as known, and the kernel's attributes in hexadecimal. */
  | { readonly kind: "opaque"; readonly text: string; readonly data: string };
