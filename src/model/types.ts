/**
 * The waist of the hourglass: a network as the kernel sees it. Resolved (no defaults left, no names to look up), plain
 * data, JSON-serialisable. The same type is produced by the topology (desired) and by the kernel (observed).
 * IP addresses and MACs are canonical text: RFC 5952 for IPv6, dotted quad for IPv4, lower-case colon-separated MACs.
 */

import type { Family } from "./family.ts";
import type { Link } from "./links/index.ts";
import type { NetfilterTable } from "./netfilter.ts";
import type { NameService, Service } from "./services.ts";

export type { Family } from "./family.ts";
export type { BridgeLink, Link, LinkRef, LoopbackLink, NicLink, OtherLink, TunLink, VethLink } from "./links/index.ts";

/** The lab's own root namespace ("the machine") goes by this name in a model. */
export const ROOT = "root";

/** A network: its namespaces, in one order, with nothing left to look up. */
export interface Model {
  /** The lab's name. */
  readonly name: string;
  /** Canonical order: root first, then by natural name order (see order.ts). */
  readonly namespaces: readonly Namespace[];
}

/** A network namespace (network_namespaces(7)): a node of the topology, or the root. */
export interface Namespace {
  readonly name: string;
  /** net.ipv4.ip_forward and net.ipv6.conf.all.forwarding. A namespace with either is called a router. */
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean };
  /** Natural order by name. `lo` is always there. */
  readonly links: readonly Link[];
  readonly addresses: readonly Address[];
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** Neighbours that were configured (permanent), not those the kernel learned. */
  readonly neighbours: readonly Neighbour[];
  /** Other requested sysctls, by dotted key: `net.ipv4.tcp_congestion_control` → `reno`. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** By family and name. A plan leaves tables alone that are not desired and are not netloom's own. */
  readonly netfilter: readonly NetfilterTable[];
  readonly services: readonly Service[];
  /** null: names of the lab's own nodes are all that is known. */
  readonly nameService: NameService | null;
}

/**
 * Who put it there. Only `static` ones are ever desired; a plan leaves the others alone. `machine`: it is the real machine's
 * own, on a switch that has one of its interfaces as a port.
 */
export type Origin = "static" | "kernel" | "ra" | "dhcp" | "machine";

/** An address of a link (`ip address`). Text in canonical form: RFC 5952 for IPv6. */
export interface Address {
  readonly link: string;
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  readonly origin: Origin;
}

/** What becomes of a packet that matches the route: RTN_* of linux/rtnetlink.h. */
export type RouteType =
  | "unicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "throw"
  | "local"
  | "broadcast"
  | "anycast"
  | "multicast";

/** One way that a route leads. */
export interface NextHop {
  /** Gateway, or null when the destination is on the link. */
  readonly via: string | null;
  /** Outgoing link, or null for a route without one (blackhole …). */
  readonly link: string | null;
  /** 1–256. */
  readonly weight: number;
}

/** A route (`ip route`). RTA_* of linux/rtnetlink.h. */
export interface Route {
  readonly family: Family;
  /** Canonical prefix, host bits zero: `0.0.0.0/0`, `10.9.0.0/16`, `::/0`. */
  readonly to: string;
  readonly type: RouteType;
  /** 254 is main. */
  readonly table: number;
  /** RTA_PRIORITY; 0 for IPv4 and 1024 for IPv6 unless asked otherwise. */
  readonly metric: number;
  /** Preferred source address. */
  readonly source: string | null;
  /** Empty for types without a next hop; more than one is multipath. */
  readonly nextHops: readonly NextHop[];
  readonly origin: Origin;
}

/** A policy rule (`ip rule`): which routing table decides. FRA_* of linux/fib_rules.h. */
export interface Rule {
  readonly family: Family;
  readonly priority: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly inputLink: string | null;
  readonly outputLink: string | null;
  readonly mark: { readonly value: number; readonly mask: number } | null;
  readonly action:
    | { readonly kind: "table"; readonly table: number }
    | { readonly kind: "blackhole" | "unreachable" | "prohibit" };
}

/** A permanent entry of the neighbour table (`ip neighbour`): the hardware address of an IP address. */
export interface Neighbour {
  readonly link: string;
  readonly address: string;
  readonly mac: string;
}

/** A sysctl that differs from the kernel's default, whoever set it. */
export interface Setting {
  readonly value: string;
  /** What it would be in a namespace that was made a moment ago. */
  readonly usual: string;
}

/** What must hold, checked on real packets: one line of `expect`. */
export interface Expectation {
  readonly source: string;
  /** A node's name or an address. */
  readonly destination: string;
  readonly protocol: "icmp" | "tcp" | "udp";
  /** For tcp and udp: 1–65535. */
  readonly port: number | null;
  /** false for `-x>`: it must not get through. */
  readonly reachable: boolean;
  /** The text of the line, for messages. */
  readonly text: string;
}
