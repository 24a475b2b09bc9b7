/** What a model has no field for, from netlink's messages. Pure. */

import type {
  Counters,
  DiscoveredLink,
  DiscoveredNeighbour,
  ForwardingEntry,
  Qdisc,
  Route,
  SelectiveRoute,
} from "../model/index.ts";
import { bytesToAddress, bytesToMac, shownValues } from "../model/index.ts";
import {
  type AddressMessage,
  AF_INET,
  AF_INET6,
  AF_MPLS,
  IFF_PROMISC,
  linkData,
  type LinkData,
  type LinkMessage,
  type NeighbourMessage,
  NTF_PROXY,
  NTF_ROUTER,
  NUD_NOARP,
  NUD_PERMANENT,
  type QdiscMessage,
  type RouteMessage,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTNL_FAMILY_IP6MR,
  RTNL_FAMILY_IPMR,
  TC_H_INGRESS,
  TC_H_ROOT,
} from "../netlink/index.ts";
import { decodeKind, decodeRoute, isSelective } from "../rtnl/index.ts";
import { kindOf, settingsOf } from "../observe/link-settings.ts";
import { selectionOf } from "./route-notes.ts";

const NOBODY: readonly never[] = [];
const NO_DETAILS = {};

type NameOf = (index: number) => string | null;

/** IF_OPER_* */
const OPERATIONAL = ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"];
/** BR_STATE_* */
const PORT_STATES = ["disabled", "listening", "learning", "forwarding", "blocking"];
/** NUD_* by bit. */
const NEIGHBOUR_STATES = ["incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent"];

export function toDiscoveredLink(
  link: LinkMessage,
  nameOf: NameOf,
  more: Pick<DiscoveredLink, "qdiscs" | "vlans" | "pointToPoint">,
): DiscoveredLink {
  const flags = link.flags ?? 0;
  const kind = kindOf(link);
  return {
    name: link.name ?? "",
    index: link.index ?? 0,
    kind,
    operational: OPERATIONAL[link.operState ?? 0] ?? "UNKNOWN",
    carrier: link.carrier === 1,
    // A bridge makes its ports so by itself.
    promiscuous: (flags & IFF_PROMISC) !== 0 || ((link.promiscuity ?? 0) > 0 && !link.master),
    alias: link.alias ?? null,
    peer: null,
    parent: null,
    elsewhere: null,
    details: details(link, kind, nameOf),
    settings: settingsOf(link, kind, nameOf),
    portState: link.bridgePort?.state === undefined ? null : (PORT_STATES[link.bridgePort.state] ?? null),
    users: NOBODY,
    ...more,
    received: counters(link.stats64, 0),
    sent: counters(link.stats64, 1),
  };
}

/** By ifindex: the other ends that addresses were set with, as `ip address add ADDRESS peer PEER` does. */
export function pointToPoint(messages: readonly AddressMessage[]): ReadonlyMap<number, Record<string, string>> {
  const found = new Map<number, Record<string, string>>();
  for (const { index, local, address, prefixLength } of messages) {
    // Without a peer, IPv4 reports the same address twice, and IPv6 only one.
    if (local === undefined || address === undefined || local.every((byte, at) => byte === address[at])) continue;
    const known = found.get(index) ?? {};
    known[bytesToAddress(local)] = `${bytesToAddress(address)}/${prefixLength}`;
    found.set(index, known);
  }
  return found;
}

/** What the link's kind says, where that has no table; null for one that this program has no words for. */
export function dataOf(link: LinkMessage): LinkData | null {
  const { kind, data } = link.info ?? {};
  return kind === undefined || data === undefined ? null : linkData(kind, data);
}

function details(link: LinkMessage, kind: string, nameOf: NameOf): Record<string, string | number> {
  const bridge = link.info?.bridge;
  if (bridge !== undefined) {
    return {
      stp: bridge.stpState ? "on" : "off",
      ...(bridge.vlanFiltering ? { "vlan filtering": "on" } : {}),
      ...(bridge.ageingTime === undefined ? {} : { ageing: bridge.ageingTime / 100 }),
    };
  }
  const decoded = decodeKind(link);
  if (decoded !== null) {
    const { options, reports = {} } = decoded.table;
    return { ...shownValues(options, decoded.options), ...shownValues(reports, decoded.reports) };
  }
  const data = dataOf(link);
  if (data === null) return NO_DETAILS;
  const active = data.active ? nameOf(data.active) : null;
  return {
    ...(data.id === undefined ? {} : { [kind === "vrf" ? "table" : "id"]: data.id }),
    ...(data.mode === undefined ? {} : { mode: data.mode }),
    ...(data.local === undefined ? {} : { local: bytesToAddress(data.local) }),
    ...(data.remote === undefined ? {} : { remote: bytesToAddress(data.remote) }),
    ...(data.port === undefined ? {} : { port: data.port }),
    ...(data.ttl ? { ttl: data.ttl } : {}),
    ...(data.inputKey ? { "input key": data.inputKey } : {}),
    ...(data.outputKey ? { "output key": data.outputKey } : {}),
    ...(active === null ? {} : { active }),
  };
}

/** For namespaces that were not asked. */
const NOTHING: Counters = { packets: 0, bytes: 0, errors: 0, dropped: 0 };

/** struct rtnl_link_stats64 has both directions of each count side by side. */
function counters(all: readonly bigint[] | undefined, direction: 0 | 1): Counters {
  if (all === undefined) return NOTHING;
  const at = (index: number): number => Number(all[index + direction] ?? 0);
  return { packets: at(0), bytes: at(2), errors: at(4), dropped: at(6) };
}

/** Table 255 is not part of a model. */
export function toLocalRoute(message: RouteMessage, nameOf: NameOf): Route | null {
  if (message.table !== RT_TABLE_LOCAL) return null;
  const route = decodeRoute({ ...plain(message), table: RT_TABLE_MAIN }, nameOf);
  return route === null ? null : { ...route, table: RT_TABLE_LOCAL };
}

/** Neither are routes that apply to some packets only. */
export function toSelectiveRoute(message: RouteMessage, nameOf: NameOf): SelectiveRoute | null {
  if (!isSelective(message) || message.table === RT_TABLE_LOCAL) return null;
  const route = decodeRoute(plain(message), nameOf);
  return route?.origin === "static" ? { ...route, about: selectionOf(message) } : null;
}

const OTHER_FAMILIES: ReadonlyMap<number, string> = new Map([
  [RTNL_FAMILY_IPMR, "IPv4 multicast"],
  [RTNL_FAMILY_IP6MR, "IPv6 multicast"],
  [AF_MPLS, "MPLS"],
]);

/** How many there are of what else is routed: those of multicast routers, of MPLS. */
export function otherRoutes(messages: readonly RouteMessage[]): Readonly<Record<string, number>> {
  let found: Record<string, number> | undefined;
  for (const { family } of messages) {
    if (family === AF_INET || family === AF_INET6) continue;
    const name = OTHER_FAMILIES.get(family) ?? `family ${family}`;
    found ??= {};
    found[name] = (found[name] ?? 0) + 1;
  }
  return found ?? NO_DETAILS;
}

/** For all packets. */
function plain({ source: _source, tos: _tos, ...rest }: RouteMessage): RouteMessage {
  return rest;
}

export function toNeighbourState(message: NeighbourMessage, nameOf: NameOf): DiscoveredNeighbour | null {
  const link = nameOf(message.index);
  if (link === null || (message.family !== AF_INET && message.family !== AF_INET6)) return null;
  if (message.destination === undefined) return null;
  const proxy = ((message.flags ?? 0) & NTF_PROXY) !== 0;
  return {
    link,
    family: message.family === AF_INET ? 4 : 6,
    address: bytesToAddress(message.destination),
    mac: message.linkAddress?.length === 6 ? bytesToMac(message.linkAddress) : null,
    state: proxy ? "proxy" : (NEIGHBOUR_STATES.find((_, bit) => message.state & (1 << bit)) ?? "none"),
    router: ((message.flags ?? 0) & NTF_ROUTER) !== 0,
  };
}

/** Not the lists of addresses that each card hears by itself. */
export function toForwarding(messages: readonly NeighbourMessage[], links: readonly LinkMessage[]): ForwardingEntry[] {
  const byIndex = new Map(links.map((link) => [link.index, link]));
  return messages.flatMap((message): ForwardingEntry[] => {
    const link = byIndex.get(message.index);
    const isTunnel = link?.info?.kind === "vxlan" && message.master === undefined;
    if (link === undefined || message.linkAddress === undefined || (message.master === undefined && !isTunnel))
      return [];
    const { state, destination, vlan } = message;
    return [
      {
        link: link.name ?? "",
        bridge: message.master === undefined ? null : (byIndex.get(message.master)?.name ?? null),
        mac: bytesToMac(message.linkAddress),
        vlan: vlan ?? null,
        remote: destination?.length === 4 || destination?.length === 16 ? bytesToAddress(destination) : null,
        state: state & NUD_PERMANENT ? "permanent" : state & NUD_NOARP ? "static" : "learned",
      },
    ];
  });
}

export function toQdisc({ qdisc, handle, parent, options }: QdiscMessage): Qdisc {
  const where = parent === TC_H_ROOT ? "root" : parent === TC_H_INGRESS ? "ingress" : classid(parent);
  return { kind: qdisc, handle: classid(handle), parent: where, options };
}

/** `1:`, `1:10`; tc-class numbers are hexadecimal. */
function classid(number: number): string {
  const minor = number & 0xffff;
  return `${(number >>> 16).toString(16)}:${minor === 0 ? "" : minor.toString(16)}`;
}
