import {
  ADDRESS_ATTRIBUTES,
  BRIDGE_ATTRIBUTES,
  BRIDGE_PORT_ATTRIBUTES,
  DEVCONF_ATTRIBUTES,
  INET6_ATTRIBUTES,
  INET_ATTRIBUTES,
  IPVLAN_ATTRIBUTES,
  LINK_ATTRIBUTES,
  LINK_INFO_ATTRIBUTES,
  MACVLAN_ATTRIBUTES,
  METRIC_ATTRIBUTES,
  NEIGHBOUR_ATTRIBUTES,
  NETCONF_ATTRIBUTES,
  NSID_ATTRIBUTES,
  ROUTE_ATTRIBUTES,
  RULE_ATTRIBUTES,
  TUN_ATTRIBUTES,
  VETH_ATTRIBUTES,
  VLAN_ATTRIBUTES,
  VRF_ATTRIBUTES,
  VXLAN_ATTRIBUTES,
} from "./attribute-names.ts";
import { ADDRESS_HEADER } from "./address.ts";
import {
  AF_BRIDGE,
  AF_INET,
  AF_INET6,
  IFLA_AF_SPEC,
  IFLA_INET_CONF,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINKINFO,
  IFLA_PROP_LIST,
  IFLA_PROTINFO,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWLINKPROP,
  RTM_NEWNEIGH,
  RTM_NEWNETCONF,
  RTM_NEWNSID,
  RTM_NEWROUTE,
  RTM_NEWRULE,
  VETH_INFO_PEER,
} from "./constants.ts";
import { NetlinkDecodeError } from "./errors.ts";
import { LINK_HEADER } from "./link.ts";
import { MESSAGE_HEADER } from "./header.ts";
import { NEIGHBOUR_HEADER } from "./neighbour.ts";
import { NETCONF_HEADER } from "./netconf.ts";
import { NSID_HEADER } from "./nsid.ts";
import { type AttributeCursor, Reader } from "./reader.ts";
import { ROUTE_HEADER } from "./route.ts";
import { RULE_HEADER } from "./rule.ts";

/** One level of attributes: their names, which of them hold attributes, and how many bytes come before those. */
interface Level {
  readonly names: readonly string[];
  readonly nested?: ReadonlyMap<number, Level>;
  /** Length of the struct in front of the attributes. */
  readonly header?: number;
  /** The content is a row of structs rtnexthop. */
  readonly hops?: true;
}

const level = (names: readonly string[], nested: readonly (readonly [number, Level])[] = []): Level => ({
  names,
  nested: new Map(nested),
});

const DEVCONF = level(DEVCONF_ATTRIBUTES);
const FAMILIES = level(
  Object.assign(
    Array.from({ length: AF_INET6 + 1 }, () => ""),
    { [AF_INET]: "AF_INET", [AF_INET6]: "AF_INET6" },
  ),
  [
    [AF_INET, level(INET_ATTRIBUTES, [[IFLA_INET_CONF, DEVCONF]])],
    [AF_INET6, level(INET6_ATTRIBUTES)],
  ],
);
// The peer of a veth is a link again; LINK is filled in below.
const PEER: { names: readonly string[]; nested?: ReadonlyMap<number, Level>; header: number } = {
  names: LINK_ATTRIBUTES,
  header: LINK_HEADER,
};
const BRIDGE_PORT = level(BRIDGE_PORT_ATTRIBUTES);
const LINK = level(LINK_ATTRIBUTES, [
  [
    IFLA_LINKINFO,
    level(LINK_INFO_ATTRIBUTES, [
      [IFLA_INFO_DATA, level([])],
      [IFLA_INFO_SLAVE_DATA, level([])],
    ]),
  ],
  [IFLA_AF_SPEC, FAMILIES],
  [IFLA_PROP_LIST, level(LINK_ATTRIBUTES)],
]);
PEER.nested = LINK.nested!;
const BRIDGE_LINK = level(LINK_ATTRIBUTES, [[IFLA_PROTINFO, BRIDGE_PORT]]);
const ROUTE = level(ROUTE_ATTRIBUTES, [
  [RTA_METRICS, level(METRIC_ATTRIBUTES)],
  [RTA_MULTIPATH, { names: ROUTE_ATTRIBUTES, hops: true }],
]);

/** What IFLA_INFO_DATA holds depends on IFLA_INFO_KIND beside it. */
const DATA: Readonly<Record<string, Level>> = {
  bridge: level(BRIDGE_ATTRIBUTES),
  ipvlan: level(IPVLAN_ATTRIBUTES),
  macvlan: level(MACVLAN_ATTRIBUTES),
  macvtap: level(MACVLAN_ATTRIBUTES),
  tun: level(TUN_ATTRIBUTES),
  veth: level(VETH_ATTRIBUTES, [[VETH_INFO_PEER, PEER]]),
  vlan: level(VLAN_ATTRIBUTES),
  vrf: level(VRF_ATTRIBUTES),
  vxlan: level(VXLAN_ATTRIBUTES),
};

/** Names of the attributes of IFLA_INFO_DATA by number, for a kind of link; empty for a kind that is not known here. */
export function dataAttributeNames(kind: string): readonly string[] {
  return Object.hasOwn(DATA, kind) ? DATA[kind]!.names : [];
}

interface Layout {
  readonly header: number;
  readonly level: Level;
}

const LINK_LAYOUT: Layout = { header: LINK_HEADER, level: LINK };
const BRIDGE_LINK_LAYOUT: Layout = { header: LINK_HEADER, level: BRIDGE_LINK };

/** By group of four message types: new, delete, get and set of one object. */
const LAYOUTS: Readonly<Record<number, Layout>> = {
  [RTM_NEWLINK]: LINK_LAYOUT,
  [RTM_NEWADDR]: { header: ADDRESS_HEADER, level: level(ADDRESS_ATTRIBUTES) },
  [RTM_NEWROUTE]: { header: ROUTE_HEADER, level: ROUTE },
  [RTM_NEWNEIGH]: { header: NEIGHBOUR_HEADER, level: level(NEIGHBOUR_ATTRIBUTES) },
  [RTM_NEWRULE]: { header: RULE_HEADER, level: level(RULE_ATTRIBUTES) },
  [RTM_NEWNETCONF]: { header: NETCONF_HEADER, level: level(NETCONF_ATTRIBUTES) },
  [RTM_NEWNSID]: { header: NSID_HEADER, level: level(NSID_ATTRIBUTES) },
  [RTM_NEWLINKPROP]: LINK_LAYOUT,
};

function layout(type: number, family: number): Layout | undefined {
  const found = LAYOUTS[type & ~3];
  return found === LINK_LAYOUT && family === AF_BRIDGE ? BRIDGE_LINK_LAYOUT : found;
}

/**
 * The attribute of a request that the kernel complains about, by name: `IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_BR_STP_STATE`.
 * @param request The request's bytes from its nlmsghdr on.
 * @param offset NLMSGERR_ATTR_OFFS: from the start of the nlmsghdr.
 * @returns null when no attribute is there (the offset is in a header, or the message is of a type unknown here).
 */
export function attributePath(request: Uint8Array, offset: number): string | null {
  return find(request, offset)?.path ?? null;
}

/**
 * The attribute that the kernel misses in a request, by name.
 * @param missingType NLMSGERR_ATTR_MISS_TYPE
 * @param missingNest NLMSGERR_ATTR_MISS_NEST: offset of the attribute that it should be in; absent at the top level.
 */
export function missingAttributePath(request: Uint8Array, missingType: number, missingNest?: number): string | null {
  if (missingNest !== undefined) {
    const nest = find(request, missingNest);
    if (nest === undefined) return null;
    return `${nest.path}/${nest.inside?.names[missingType] || missingType}`;
  }
  if (request.length <= MESSAGE_HEADER) return null;
  const reader = new Reader(request);
  return layout(reader.u16(4), reader.u8(MESSAGE_HEADER))?.level.names[missingType] || `${missingType}`;
}

interface Found {
  readonly path: string;
  /** What the attribute holds, if attributes. */
  readonly inside: Level | undefined;
}

function find(request: Uint8Array, offset: number): Found | undefined {
  if (request.length <= MESSAGE_HEADER) return undefined;
  const reader = new Reader(request);
  const end = Math.min(reader.u32(0), request.length);
  const known = layout(reader.u16(4), reader.u8(MESSAGE_HEADER));
  if (known === undefined) return undefined;
  try {
    return search(reader, MESSAGE_HEADER + known.header, end, known.level, offset, "");
  } catch (error) {
    // The request may be the very thing that is malformed; then it has no path.
    if (error instanceof NetlinkDecodeError) return undefined;
    throw error;
  }
}

function search(
  reader: Reader,
  start: number,
  end: number,
  within: Level,
  offset: number,
  prefix: string,
): Found | undefined {
  const cursor = reader.attributes(start, end, within.names);
  let kind = "";
  let slaveKind = "";
  while (cursor.next()) {
    if (within.names === LINK_INFO_ATTRIBUTES) {
      if (cursor.type === IFLA_INFO_KIND) kind = cursor.string();
      if (cursor.type === IFLA_INFO_SLAVE_KIND) slaveKind = cursor.string();
    }
    if (offset < cursor.start || offset >= cursor.valueEnd) continue;
    const path = prefix + (within.names[cursor.type] || `${cursor.type}`);
    const inside = contents(within, cursor, kind, slaveKind);
    if (inside === undefined || offset < cursor.valueStart) return { path, inside };
    const deeper = inside.hops
      ? searchHops(reader, cursor, inside, offset, path)
      : search(reader, cursor.valueStart + (inside.header ?? 0), cursor.valueEnd, inside, offset, `${path}/`);
    return deeper ?? { path, inside };
  }
  return undefined;
}

function contents(within: Level, cursor: AttributeCursor, kind: string, slaveKind: string): Level | undefined {
  if (within.names === LINK_INFO_ATTRIBUTES) {
    if (cursor.type === IFLA_INFO_DATA) return DATA[kind];
    if (cursor.type === IFLA_INFO_SLAVE_DATA) return slaveKind === "bridge" ? BRIDGE_PORT : undefined;
  }
  return within.nested?.get(cursor.type);
}

function searchHops(
  reader: Reader,
  cursor: AttributeCursor,
  inside: Level,
  offset: number,
  path: string,
): Found | undefined {
  let hop = 0;
  for (let at = cursor.valueStart; at + 8 <= cursor.valueEnd; hop++) {
    const length = reader.u16(at);
    if (length < 8 || at + length > cursor.valueEnd) return undefined;
    if (offset >= at && offset < at + length) {
      return (
        search(reader, at + 8, at + length, inside, offset, `${path}[${hop}]/`) ?? { path: `${path}[${hop}]`, inside }
      );
    }
    at += (length + 3) & ~3;
  }
  return undefined;
}
