/** Model objects as netlink requests. The inverse of observe/convert.ts. */

import type { Address, BridgeLink, Link, Neighbour, NextHop, Route, RouteType, Rule } from "../model/index.ts";
import { addressToBytes, isLinkLocal, macToBytes, parsePrefix } from "../model/index.ts";
import type {
  AddressMessage,
  LinkBody,
  LinkMessage,
  LinkPropertyMessage,
  NeighbourMessage,
  RouteMessage,
  RouteNextHop,
  RuleMessage,
} from "../netlink/index.ts";

const AF = { 4: 2, 6: 10 } as const;
const IFF_UP = 1;
const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
const IFA_F_NODAD = 0x02;
const NUD_PERMANENT = 0x80;
const RTPROT_STATIC = 4;
const ADDR_GEN_MODE_NONE = 1;
/** linux/rtnetlink.h RTN_*, in the model's words. */
const ROUTE_TYPES: Readonly<Record<RouteType, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
};
/** linux/fib_rules.h FR_ACT_*. */
const RULE_ACTIONS = { table: 1, blackhole: 6, unreachable: 7, prohibit: 8 } as const;

/** What both ends of a new veth say of themselves. One queue each: veth shrinks more under synchronize_rcu. */
export function linkBody(link: Link, index: number): LinkBody {
  return {
    index,
    name: link.name,
    mtu: link.mtu,
    ...(link.mac ? { address: macToBytes(link.mac) } : {}),
    txQueues: 1,
    rxQueues: 1,
  };
}

/** Created down and without multicast snooping: a live bridge floods every IPv6 sign of life to every port, O(N²). */
export function createBridge(bridge: BridgeLink, index: number): LinkMessage {
  return {
    kind: "link",
    command: "new",
    ...linkBody(bridge, index),
    info: {
      kind: "bridge",
      bridge: { stpState: bridge.stp ? 1 : 0, multicastSnooping: bridge.multicastSnooping ? 1 : 0 },
    },
  };
}

export interface VethEnd {
  readonly body: LinkBody;
  readonly netNsFd?: number;
  readonly master?: number;
  /** A peer cannot be created up: only the near end heeds it. */
  readonly up?: boolean;
}

/** `main` is created in its namespace by netNsFd, `peer` in its own or, without a descriptor, in the socket's. */
export function createVeth(main: VethEnd, peer: VethEnd): LinkMessage {
  return {
    kind: "link",
    command: "new",
    ...main.body,
    ...(main.netNsFd === undefined ? {} : { netNsFd: main.netNsFd }),
    ...(main.master === undefined ? {} : { master: main.master }),
    ...(main.up ? { flags: IFF_UP, change: IFF_UP } : {}),
    info: {
      kind: "veth",
      peer: { ...peer.body, ...(peer.netNsFd === undefined ? {} : { netNsFd: peer.netNsFd }) },
    },
  };
}

export function setUp(index: number): LinkMessage {
  return { kind: "link", command: "new", index, flags: IFF_UP, change: IFF_UP };
}

/** What a tap cannot be told when it is made. */
export function settleTap(link: Link, index: number): LinkMessage {
  const address = link.mac === null ? {} : { address: macToBytes(link.mac) };
  return { kind: "link", command: "new", index, mtu: link.mtu, ...address };
}

/** No address of the kernel's own making; must come before the link is up. */
export function withoutGeneratedAddresses(index: number): LinkMessage {
  return { kind: "link", command: "new", index, addrGenMode: ADDR_GEN_MODE_NONE };
}

export function addAltNames(link: Link, index: number): LinkPropertyMessage {
  return { kind: "linkproperty", command: "new", index, altNames: link.altnames };
}

/** IPv6 without duplicate address detection, which would keep the address unusable for one to two seconds. */
export function addAddress(address: Address, index: number): AddressMessage {
  const bytes = addressToBytes(address.address);
  return {
    kind: "address",
    command: "new",
    family: AF[address.family],
    prefixLength: address.prefixLength,
    scope: isLinkLocal(address.address) && address.family === 6 ? SCOPE_LINK : SCOPE_UNIVERSE,
    index,
    local: bytes,
    address: bytes,
    ...(address.family === 6 ? { flags: IFA_F_NODAD } : {}),
  };
}

export function addRoute(route: Route, indexOf: (link: string) => number): RouteMessage {
  const prefix = parsePrefix(route.to)!;
  const [hop, ...others] = route.nextHops;
  return {
    kind: "route",
    command: "new",
    family: AF[route.family],
    destinationLength: prefix.length,
    table: route.table,
    protocol: RTPROT_STATIC,
    scope: route.type === "unicast" && route.family === 4 && hop && !hop.via ? SCOPE_LINK : SCOPE_UNIVERSE,
    type: ROUTE_TYPES[route.type],
    ...(prefix.length > 0 ? { destination: addressToBytes(route.to.slice(0, route.to.indexOf("/"))) } : {}),
    ...(route.metric > 0 ? { priority: route.metric } : {}),
    ...(route.source ? { preferredSource: addressToBytes(route.source) } : {}),
    ...(hop && others.length === 0 ? singleHop(hop, route, indexOf) : {}),
    ...(others.length > 0 ? { multipath: route.nextHops.map((each) => multipathHop(each, route, indexOf)) } : {}),
  };
}

type Gateway = {
  readonly gateway?: Uint8Array;
  readonly via?: { readonly family: number; readonly address: Uint8Array };
};

function gateway(hop: NextHop, route: Route): Gateway {
  if (!hop.via) return {};
  const address = addressToBytes(hop.via);
  const family = address.length === 4 ? AF[4] : AF[6];
  return family === AF[route.family] ? { gateway: address } : { via: { family, address } };
}

function singleHop(hop: NextHop, route: Route, indexOf: (link: string) => number): Partial<RouteMessage> {
  return { ...gateway(hop, route), ...(hop.link ? { outputIndex: indexOf(hop.link) } : {}) };
}

function multipathHop(hop: NextHop, route: Route, indexOf: (link: string) => number): RouteNextHop {
  return { index: hop.link ? indexOf(hop.link) : 0, hops: hop.weight - 1, ...gateway(hop, route) };
}

export function addNeighbour(neighbour: Neighbour, index: number): NeighbourMessage {
  const destination = addressToBytes(neighbour.address);
  return {
    kind: "neighbour",
    command: "new",
    family: destination.length === 4 ? AF[4] : AF[6],
    index,
    state: NUD_PERMANENT,
    destination,
    linkAddress: macToBytes(neighbour.mac),
  };
}

export function addRule(rule: Rule): RuleMessage {
  const [from, to] = [rule.from, rule.to].map((text) => (text === null ? null : parsePrefix(text)!));
  const bytes = (text: string): Uint8Array => addressToBytes(text.slice(0, text.indexOf("/")));
  return {
    kind: "rule",
    command: "new",
    family: AF[rule.family],
    priority: rule.priority,
    action: RULE_ACTIONS[rule.action.kind],
    table: rule.action.kind === "table" ? rule.action.table : 0,
    protocol: RTPROT_STATIC,
    ...(from ? { sourceLength: from.length, source: bytes(rule.from!) } : {}),
    ...(to ? { destinationLength: to.length, destination: bytes(rule.to!) } : {}),
    ...(rule.inputLink ? { inputName: rule.inputLink } : {}),
    ...(rule.outputLink ? { outputName: rule.outputLink } : {}),
    ...(rule.mark ? { mark: rule.mark.value, markMask: rule.mark.mask } : {}),
  };
}
