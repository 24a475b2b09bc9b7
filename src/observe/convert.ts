/** Netlink messages as model objects. The inverse of apply/messages.ts. Pure. */

import type { Address, Link, Neighbour, NextHop, Origin, Route, RouteType, Rule } from "../model/index.ts";
import { bytesToAddress, bytesToMac } from "../model/index.ts";
import type { AddressMessage, LinkMessage, NeighbourMessage, RouteMessage, RuleMessage } from "../netlink/index.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const IFF_UP = 1;
const IFF_LOOPBACK = 8;
const IFA_F_PERMANENT = 0x80;
const NUD_PERMANENT = 0x80;
const RTM_F_CLONED = 0x200;
const TABLE_LOCAL = 255;
const SCOPE_HOST = 254;
/** linux/if_addr.h IFAPROT_*: kernel_lo, kernel_ra, kernel_ll. */
const IFAPROT_RA = 2;
const IFAPROT_KERNEL: ReadonlySet<number> = new Set([1, 3]);
/** linux/rtnetlink.h RTPROT_*: redirect, kernel; ra; dhcp. */
const ROUTE_ORIGINS: ReadonlyMap<number, Origin> = new Map([
  [1, "kernel"],
  [2, "kernel"],
  [9, "ra"],
  [16, "dhcp"],
]);
const ROUTE_TYPES: readonly (RouteType | undefined)[] = [
  undefined,
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];
const FIB_RULE_INVERT = 2;
const RULE_ACTIONS: ReadonlyMap<number, Rule["action"]["kind"]> = new Map([
  [1, "table"],
  [6, "blackhole"],
  [7, "unreachable"],
  [8, "prohibit"],
]);
/** Every new namespace is born with these when their modules are loaded. While they are down they are nobody's. */
const FALLBACK = new Set([
  "tunl0",
  "gre0",
  "gretap0",
  "erspan0",
  "ip_vti0",
  "ip6_vti0",
  "sit0",
  "ip6tnl0",
  "ip6gre0",
  "teql0",
]);

export function isFallback(link: LinkMessage): boolean {
  return ((link.flags ?? 0) & IFF_UP) === 0 && FALLBACK.has(link.name ?? "");
}

/** `nameOf` gives the name of an ifindex in the link's namespace. The peer of a veth is found later: peers.ts. */
export function toLink(link: LinkMessage, nameOf: (index: number) => string | null): Link {
  const flags = link.flags ?? 0;
  const common = {
    name: link.name ?? "",
    up: (flags & IFF_UP) !== 0,
    mtu: link.mtu ?? 0,
    mac: link.address?.length === 6 ? bytesToMac(link.address) : null,
    master: link.master ? nameOf(link.master) : null,
    altnames: [...(link.altNames ?? [])].sort(),
  };
  if (flags & IFF_LOOPBACK) return { kind: "loopback", ...common };
  const kind = link.info?.kind;
  if (kind === "veth") return { kind, ...common, peer: null };
  if (kind !== "bridge") return { kind: "other", ...common, type: kind ?? "device" };
  const bridge = link.info?.bridge;
  return { kind, ...common, stp: bridge?.stpState !== 0, multicastSnooping: bridge?.multicastSnooping !== 0 };
}

/** null for families that a model does not speak of. */
export function toAddress(message: AddressMessage, nameOf: (index: number) => string | null): Address | null {
  const bytes = message.local ?? message.address;
  const link = nameOf(message.index);
  if (!bytes || link === null || (message.family !== AF_INET && message.family !== AF_INET6)) return null;
  return {
    link,
    family: message.family === AF_INET ? 4 : 6,
    address: bytesToAddress(bytes),
    prefixLength: message.prefixLength,
    origin: addressOrigin(message, link),
  };
}

function addressOrigin(message: AddressMessage, link: string): Origin {
  if (message.protocol === IFAPROT_RA) return "ra";
  if (IFAPROT_KERNEL.has(message.protocol ?? 0)) return "kernel";
  if (link === "lo" && message.scope === SCOPE_HOST) return "kernel";
  // A lifetime means that someone leased it: a DHCP client (IPv4) or a router's prefix (IPv6).
  if (((message.flags ?? 0) & IFA_F_PERMANENT) === 0) return message.family === AF_INET ? "dhcp" : "ra";
  return "static";
}

/** For packets of one TOS, or from some sources only: a model has no words for it, and it may stand beside another one. */
export function isSelective({ tos = 0, source }: RouteMessage): boolean {
  return tos !== 0 || source !== undefined;
}

/** Neither the kernel nor a daemon of leases or announcements has made it. */
export function isOfSomebody({ protocol, flags = 0 }: RouteMessage): boolean {
  return (flags & RTM_F_CLONED) === 0 && !ROUTE_ORIGINS.has(protocol);
}

/** null for what is no configuration: caches, the local table, multicast; and for what a model has no words for. */
export function toRoute(message: RouteMessage, nameOf: (index: number) => string | null): Route | null {
  const type = ROUTE_TYPES[message.type];
  if (message.table === TABLE_LOCAL || (message.flags ?? 0) & RTM_F_CLONED || type === undefined) return null;
  if (isSelective(message)) return null;
  if (message.family !== AF_INET && message.family !== AF_INET6) return null;
  const family = message.family === AF_INET ? 4 : 6;
  const destination = message.destination ? bytesToAddress(message.destination) : family === 4 ? "0.0.0.0" : "::";
  return {
    family,
    to: `${destination}/${message.destinationLength}`,
    type,
    table: message.table,
    metric: message.priority ?? 0,
    source: message.preferredSource ? bytesToAddress(message.preferredSource) : null,
    nextHops: type === "unicast" ? nextHops(message, nameOf) : [],
    origin: ROUTE_ORIGINS.get(message.protocol) ?? "static",
  };
}

function nextHops(message: RouteMessage, nameOf: (index: number) => string | null): NextHop[] {
  const hop = (each: Pick<RouteMessage, "gateway" | "via">, index: number, weight: number): NextHop => {
    const gateway = each.gateway ?? each.via?.address;
    return { via: gateway ? bytesToAddress(gateway) : null, link: index ? nameOf(index) : null, weight };
  };
  if (message.multipath) return message.multipath.map((each) => hop(each, each.index, (each.hops ?? 0) + 1));
  return [hop(message, message.outputIndex ?? 0, 1)];
}

/** One of the three that every namespace is born with. */
export function isKernelRule({ priority = 0, table, source, destination, mark }: RuleMessage): boolean {
  const builtIn = (priority === 0 && table === TABLE_LOCAL) || priority === 32766 || priority === 32767;
  return builtIn && !source && !destination && mark === undefined;
}

/** It selects by more than a model has fields for: without that it would be another rule. */
function saysMore({ flags = 0, tos, suppressPrefixLength = -1, unknown = [] }: RuleMessage): boolean {
  return (flags & FIB_RULE_INVERT) !== 0 || (tos ?? 0) !== 0 || suppressPrefixLength >= 0 || unknown.length > 0;
}

/** null for the three rules that every namespace has, and for what a model has no words for. */
export function toRule(message: RuleMessage): Rule | null {
  const family = message.family === AF_INET ? 4 : message.family === AF_INET6 ? 6 : null;
  const kind = RULE_ACTIONS.get(message.action);
  if (family === null || kind === undefined) return null;
  if (isKernelRule(message) || saysMore(message)) return null;
  const prefix = (bytes: Uint8Array | undefined, length: number | undefined): string | null =>
    bytes ? `${bytesToAddress(bytes)}/${length ?? 0}` : null;
  return {
    family,
    priority: message.priority ?? 0,
    from: prefix(message.source, message.sourceLength),
    to: prefix(message.destination, message.destinationLength),
    inputLink: message.inputName ?? null,
    outputLink: message.outputName ?? null,
    mark: message.mark === undefined ? null : { value: message.mark, mask: message.markMask ?? 0xffffffff },
    action: kind === "table" ? { kind, table: message.table } : { kind },
  };
}

/** A rule that somebody has made and a model has no words for. */
export function isUntold(message: RuleMessage): boolean {
  const known = message.family === AF_INET || message.family === AF_INET6;
  return known && !isKernelRule(message) && toRule(message) === null;
}

/** Only configured ones: what the kernel learned by itself is no part of a model. */
export function toNeighbour(message: NeighbourMessage, nameOf: (index: number) => string | null): Neighbour | null {
  const link = nameOf(message.index);
  if (!(message.state & NUD_PERMANENT) || link === null) return null;
  if (message.family !== AF_INET && message.family !== AF_INET6) return null;
  if (!message.destination || message.linkAddress?.length !== 6) return null;
  return { link, address: bytesToAddress(message.destination), mac: bytesToMac(message.linkAddress) };
}
