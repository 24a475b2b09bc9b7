/** The non-default settings of a link: what differs from a new link of its kind. Named as in `ip link`. Pure. */

import { LINK_KINDS } from "../model/index.ts";
import type { LinkMessage } from "../netlink/index.ts";
import {
  IFF_ALLMULTI,
  IFF_DYNAMIC,
  IFF_LOOPBACK,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_NOTRAILERS,
  IFF_PROMISC,
} from "../netlink/constants.ts";

type Settings = Readonly<Record<string, string | number>>;

const NONE: Settings = {};

/** Kinds that use ARP and multicast by default, by their tables, and those without one; others, such as dummies, do not. */
const ARP_KINDS: ReadonlySet<string> = new Set([
  ...LINK_KINDS.filter(({ arp }) => arp === true).map(({ kind }) => kind),
  "macvtap",
]);
/** Default queue lengths, by the tables; of kinds without one, those that are known here. */
const QUEUES: ReadonlyMap<string, number> = new Map([
  ...LINK_KINDS.flatMap(({ kind, txqueuelen }) => (txqueuelen === undefined ? [] : [[kind, txqueuelen] as const])),
  ["macvtap", 500],
  ["ifb", 32],
]);
const GSO_SIZE = 65_536;
const GSO_SEGMENTS = 65_535;

const ON_OFF: ReadonlySet<string> = new Set([
  "hairpin",
  "guard",
  "root_block",
  "fastleave",
  "learning",
  "flood",
  "proxy_arp",
  "proxy_arp_wifi",
  "mcast_flood",
  "mcast_to_unicast",
  "vlan_tunnel",
  "bcast_flood",
  "neigh_suppress",
  "isolated",
  "locked",
]);
/** BR_BOOLOPT_*, by bit. */
const BOOL_OPTIONS = [
  "no_linklocal_learn",
  "mcast_vlan_snooping",
  "mst_enabled",
  "mdb_offload_fail_notification",
  "fdb_local_vlan_0",
];
const FORWARD_DELAY = 1_500;
const AGEING = 30_000;

/** `loopback`, `device` for hardware, otherwise the kernel's name of the kind. */
export function kindOf({ flags = 0, info }: LinkMessage): string {
  return flags & IFF_LOOPBACK ? "loopback" : info?.kind || "device";
}

/** The same, for callers that do not report promiscuous mode separately. */
export function linkSettings(link: LinkMessage, nameOf: (index: number) => string | null): Settings {
  const settings = settingsOf(link, kindOf(link), nameOf);
  return (link.flags ?? 0) & IFF_PROMISC ? { promisc: "on", ...settings } : settings;
}

/** `kind` as in a discovery. */
export function settingsOf(link: LinkMessage, kind: string, nameOf: (index: number) => string | null): Settings {
  const { flags = 0, group, txQueueLength, linkMode } = link;
  const found: [string, string | number][] = [];
  if (ARP_KINDS.has(kind)) {
    if (flags & IFF_NOARP) found.push(["arp", "off"]);
    if (!(flags & IFF_MULTICAST)) found.push(["multicast", "off"]);
  }
  if (flags & (IFF_ALLMULTI | IFF_DYNAMIC | IFF_NOTRAILERS)) {
    if (flags & IFF_ALLMULTI) found.push(["allmulticast", "on"]);
    if (flags & IFF_DYNAMIC) found.push(["dynamic", "on"]);
    if (flags & IFF_NOTRAILERS) found.push(["trailers", "off"]);
  }
  if (linkMode === 1) found.push(["mode", "dormant"]);
  const usual = QUEUES.get(kind);
  if (txQueueLength !== undefined && usual !== undefined && txQueueLength !== usual)
    found.push(["txqueuelen", txQueueLength]);
  if (group !== undefined && group !== 0) found.push(["group", group]);
  // A bridge inherits these from its ports, and hardware gets them from its driver.
  if (kind === "veth") {
    const { gsoMaxSize = GSO_SIZE, gsoMaxSegments = GSO_SEGMENTS, groMaxSize = GSO_SIZE } = link;
    if (gsoMaxSize !== GSO_SIZE) found.push(["gso_max_size", gsoMaxSize]);
    if (gsoMaxSegments !== GSO_SEGMENTS) found.push(["gso_max_segs", gsoMaxSegments]);
    if (groMaxSize !== GSO_SIZE) found.push(["gro_max_size", groMaxSize]);
  }
  if (link.bridgePort?.settings !== undefined) found.push(...ofPort(link.bridgePort.settings, kind, nameOf));
  if (link.info?.bridge !== undefined) found.push(...ofBridge(link.info.bridge));
  return found.length === 0 ? NONE : Object.fromEntries(found);
}

function ofPort(
  settings: ReadonlyMap<string, number>,
  kind: string,
  nameOf: (index: number) => string | null,
): [string, string | number][] {
  return [...settings].flatMap(([name, value]): [string, string | number][] => {
    // The cost depends on the speed, which differs for hardware, and for taps, which report their own.
    if (name === "cost" && kind !== "veth") return [];
    if (name === "backup_port") return [[`port ${name}`, nameOf(value) ?? value]];
    return [[`port ${name}`, ON_OFF.has(name) ? (value === 0 ? "off" : "on") : value]];
  });
}

function ofBridge(bridge: NonNullable<NonNullable<LinkMessage["info"]>["bridge"]>): [string, string | number][] {
  const { forwardDelay = FORWARD_DELAY, ageingTime = AGEING, settings = [] } = bridge;
  return [
    ...(forwardDelay === FORWARD_DELAY ? [] : [["forward_delay", forwardDelay] as [string, number]]),
    ...(ageingTime === AGEING ? [] : [["ageing_time", ageingTime] as [string, number]]),
    ...[...settings].flatMap(([name, value]): [string, string | number][] =>
      name === "options"
        ? BOOL_OPTIONS.flatMap((option, bit) => (value & (1 << bit) ? [[option, "on"]] : []))
        : [[name, value]],
    ),
  ];
}
