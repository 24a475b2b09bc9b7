/** A route ↔ RTM_NEWROUTE, RTM_DELROUTE. Pure. */

import type { NextHop, Origin, Route, RouteType } from "../model/index.ts";
import { addressToBytes, bytesToAddress, parsePrefix } from "../model/index.ts";
import {
  type RouteMessage,
  type RouteNextHop,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RTM_F_CLONED,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTPROT_DHCP,
  RTPROT_KERNEL,
  RTPROT_RA,
  RTPROT_REDIRECT,
  RTPROT_STATIC,
  RTPROT_UNSPEC,
} from "../netlink/index.ts";
import { AF, familyOf, familyOfBytes } from "./family.ts";
import type { IndexOf, NameOf, Request } from "./references.ts";

const TYPES: Readonly<Record<RouteType, number>> = {
  unicast: RTN_UNICAST,
  local: RTN_LOCAL,
  broadcast: RTN_BROADCAST,
  anycast: RTN_ANYCAST,
  multicast: RTN_MULTICAST,
  blackhole: RTN_BLACKHOLE,
  unreachable: RTN_UNREACHABLE,
  prohibit: RTN_PROHIBIT,
  throw: RTN_THROW,
};
const TYPE_NAMES = new Map(Object.entries(TYPES).map(([name, type]) => [type, name as RouteType]));

/** Every other protocol means that a person or a routing daemon configured the route. */
const ORIGINS: ReadonlyMap<number, Origin> = new Map([
  [RTPROT_REDIRECT, "kernel"],
  [RTPROT_KERNEL, "kernel"],
  [RTPROT_RA, "ra"],
  [RTPROT_DHCP, "dhcp"],
]);

/** A deletion does not ask which protocol the route is from. */
export function encodeRoute(route: Route, indexOf: IndexOf, command: Request = "new"): RouteMessage {
  const prefix = parsePrefix(route.to)!;
  const [hop, ...others] = route.nextHops;
  return {
    kind: "route",
    command,
    family: AF[route.family],
    destinationLength: prefix.length,
    table: route.table,
    protocol: command === "delete" ? RTPROT_UNSPEC : RTPROT_STATIC,
    scope: route.type === "unicast" && route.family === 4 && hop && !hop.via ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
    type: TYPES[route.type],
    ...(prefix.length > 0 ? { destination: addressToBytes(route.to.slice(0, route.to.indexOf("/"))) } : {}),
    ...(route.metric > 0 ? { priority: route.metric } : {}),
    ...(route.source ? { preferredSource: addressToBytes(route.source) } : {}),
    ...(hop && others.length === 0 ? encodeSingleHop(hop, route, indexOf) : {}),
    ...(others.length > 0 ? { multipath: route.nextHops.map((each) => encodeHop(each, route, indexOf)) } : {}),
  };
}

function encodeSingleHop(hop: NextHop, route: Route, indexOf: IndexOf): Partial<RouteMessage> {
  return { ...gateway(hop, route), ...(hop.link ? { outputIndex: indexOf(hop.link) } : {}) };
}

function encodeHop(hop: NextHop, route: Route, indexOf: IndexOf): RouteNextHop {
  return { index: hop.link ? indexOf(hop.link) : 0, hops: hop.weight - 1, ...gateway(hop, route) };
}

function gateway(hop: NextHop, route: Route): Pick<RouteMessage, "gateway" | "via"> {
  if (!hop.via) return {};
  const address = addressToBytes(hop.via);
  const family = familyOfBytes(address);
  return family === route.family ? { gateway: address } : { via: { family: AF[family], address } };
}

/** null for what is not configuration (caches, the local table, multicast) and for what a model cannot express. */
export function decodeRoute(message: RouteMessage, nameOf: NameOf): Route | null {
  const type = TYPE_NAMES.get(message.type);
  const family = familyOf(message.family);
  if (message.table === RT_TABLE_LOCAL || isCached(message) || type === undefined) return null;
  if (isSelective(message) || family === null) return null;
  const destination = message.destination ? bytesToAddress(message.destination) : family === 4 ? "0.0.0.0" : "::";
  return {
    family,
    to: `${destination}/${message.destinationLength}`,
    type,
    table: message.table,
    metric: message.priority ?? 0,
    source: message.preferredSource ? bytesToAddress(message.preferredSource) : null,
    nextHops: type === "unicast" ? decodeHops(message, nameOf) : [],
    origin: ORIGINS.get(message.protocol) ?? "static",
  };
}

function decodeHops(message: RouteMessage, nameOf: NameOf): NextHop[] {
  const hop = (each: Pick<RouteMessage, "gateway" | "via">, index: number, weight: number): NextHop => {
    const address = each.gateway ?? each.via?.address;
    return { via: address ? bytesToAddress(address) : null, link: index ? nameOf(index) : null, weight };
  };
  if (message.multipath) return message.multipath.map((each) => hop(each, each.index, (each.hops ?? 0) + 1));
  return [hop(message, message.outputIndex ?? 0, 1)];
}

/** For packets of one TOS or from some sources only, which a model cannot express; another route may exist beside it. */
export function isSelective({ tos = 0, source }: RouteMessage): boolean {
  return tos !== 0 || source !== undefined;
}

/** Made neither by the kernel nor from a lease or an advertisement. */
export function isConfigured(message: RouteMessage): boolean {
  return !isCached(message) && !ORIGINS.has(message.protocol);
}

const isCached = ({ flags = 0 }: RouteMessage): boolean => (flags & RTM_F_CLONED) !== 0;
