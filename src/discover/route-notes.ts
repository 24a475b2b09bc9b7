/** What routes say beyond what a model has fields for: by what else they select, and what they set of connections. Pure. */

import type { RouteNote } from "../model/index.ts";
import { bytesToAddress } from "../model/index.ts";
import {
  RTAX_ADVMSS,
  RTAX_CC_ALGO,
  RTAX_CWND,
  RTAX_FASTOPEN_NO_COOKIE,
  RTAX_FEATURES,
  RTAX_HOPLIMIT,
  RTAX_INITCWND,
  RTAX_INITRWND,
  RTAX_LOCK,
  RTAX_MTU,
  RTAX_QUICKACK,
  RTAX_REORDERING,
  RTAX_RTO_MIN,
  RTAX_RTT,
  RTAX_RTTVAR,
  RTAX_SSTHRESH,
  RTAX_WINDOW,
  RTNH_F_ONLINK,
  type RouteMessage,
} from "../netlink/index.ts";
import { decodeRoute } from "../rtnl/index.ts";

const METRICS: readonly (readonly [number, string])[] = [
  [RTAX_MTU, "mtu"],
  [RTAX_ADVMSS, "advmss"],
  [RTAX_WINDOW, "window"],
  [RTAX_RTT, "rtt"],
  [RTAX_RTTVAR, "rttvar"],
  [RTAX_SSTHRESH, "ssthresh"],
  [RTAX_CWND, "cwnd"],
  [RTAX_REORDERING, "reordering"],
  [RTAX_HOPLIMIT, "hoplimit"],
  [RTAX_INITCWND, "initcwnd"],
  [RTAX_INITRWND, "initrwnd"],
  [RTAX_FEATURES, "features"],
  [RTAX_QUICKACK, "quickack"],
  [RTAX_RTO_MIN, "rto_min"],
  [RTAX_FASTOPEN_NO_COOKIE, "fastopen_no_cookie"],
];
/** The kernel counts these in parts of a millisecond. */
const PARTS: ReadonlyMap<number, number> = new Map([
  [RTAX_RTT, 8],
  [RTAX_RTTVAR, 4],
]);
const FEATURE_ECN = 1;
/** RFC 4191: two bits, of which 2 is not used. */
const PREFERENCES: ReadonlyMap<number, string> = new Map([
  [1, "preferred"],
  [3, "least preferred"],
]);
/** linux/lwtunnel.h LWTUNNEL_ENCAP_*. */
const ENCAPSULATIONS: readonly (string | undefined)[] = [
  undefined,
  "mpls",
  "ip",
  "ila",
  "ip6",
  "seg6",
  "bpf",
  "seg6local",
  "rpl",
  "ioam6",
  "xfrm",
];
/** linux/rtnetlink.h RTPROT_*; those of a person, of the kernel and of leases are not here. */
const DAEMONS: ReadonlyMap<number, string> = new Map([
  [8, "gated"],
  [10, "mrt"],
  [11, "zebra"],
  [12, "bird"],
  [14, "xorp"],
  [15, "netsukuku"],
  [17, "mrouted"],
  [18, "keepalived"],
  [42, "babel"],
  [99, "openr"],
  [186, "bgp"],
  [187, "isis"],
  [188, "ospf"],
  [189, "rip"],
  [192, "eigrp"],
]);
const KERNEL = 2;
const BY_HAND: ReadonlySet<number> = new Set([0, 3, 4]);
const AF_INET = 2;
const SCOPES: ReadonlyMap<number, string> = new Map([
  [0, "global"],
  [200, "site"],
  [253, "link"],
  [254, "host"],
]);
const SCOPE_LINK = 253;
const TYPE_UNICAST = 1;

/** Null for a route of which there is no more to say, or that nobody has set. */
export function toRouteNote(message: RouteMessage): RouteNote | null {
  // Most are the kernel's own, and there may be many thousands.
  if (message.protocol === KERNEL) return null;
  const route = decodeRoute(message, () => null);
  if (route === null || route.origin !== "static") return null;
  const by = BY_HAND.has(message.protocol) ? null : (DAEMONS.get(message.protocol) ?? `protocol ${message.protocol}`);
  const hops = message.multipath ?? [message];
  const wrapping = unique(hops.map(({ encapType }) => encapType));
  const about = [
    ...wrapping.map((type) => `encap ${ENCAPSULATIONS[type] ?? type}`),
    ...metricsOf(message),
    ...preferred(message),
    ...unique(hops.map(({ flow }) => flow)).map((flow) => `realm ${realmsText(flow)}`),
    ...(hops.some(({ flags = 0 }) => flags & RTNH_F_ONLINK) ? ["onlink"] : []),
    ...(message.nextHopId === undefined ? [] : [`nexthop object ${message.nextHopId}`]),
    ...(expires(message) ? ["expires"] : []),
    ...scope(message),
  ];
  if (about.length === 0 && by === null) return null;
  const { family, to, table, metric } = route;
  return { family, to, table, metric, about: about.join(", "), by, wraps: wrapping.length > 0 };
}

/** For which packets a route stands. */
export function selectionOf({ tos, source, sourceLength = 0 }: RouteMessage): string {
  return [
    ...(source === undefined ? [] : [`from ${bytesToAddress(source)}/${sourceLength}`]),
    ...(tos ? [`tos 0x${tos.toString(16)}`] : []),
  ].join(", ");
}

function metricsOf({ metrics, metricsUnknown = [] }: RouteMessage): string[] {
  if (metrics === undefined) return [];
  const locked = metrics.get(RTAX_LOCK) ?? 0;
  const algorithm = metricsUnknown.find(({ type }) => type === RTAX_CC_ALGO)?.value;
  return [
    ...METRICS.flatMap(([key, name]) => {
      const value = metrics.get(key);
      if (value === undefined) return [];
      // The kernel locks this one by itself.
      const lock = locked & (1 << key) && key !== RTAX_RTO_MIN ? "lock " : "";
      const told = key === RTAX_FEATURES && value === FEATURE_ECN ? "ecn" : value / (PARTS.get(key) ?? 1);
      return [`${name} ${lock}${told}`];
    }),
    ...(algorithm === undefined ? [] : [`congctl ${Buffer.from(algorithm).toString().replace(/\0.*/s, "")}`]),
  ];
}

function preferred({ preference = 0 }: RouteMessage): string[] {
  const text = PREFERENCES.get(preference);
  return text === undefined ? [] : [text];
}

/** `5`; `4/5`, with that of the source. */
function realmsText(flow: number): string {
  const [from, to] = [flow >>> 16, flow & 0xffff];
  return from === 0 ? String(to) : `${from}/${to}`;
}

/** struct rta_cacheinfo: rta_expires. Only IPv6 has such routes. */
function expires({ cacheInfo }: RouteMessage): boolean {
  return cacheInfo !== undefined && cacheInfo.length >= 12 && cacheInfo.subarray(8, 12).some((byte) => byte !== 0);
}

/** Where it is not the one that goes without saying: the link, for what has no gateway. */
function scope({ family, type, scope: told, gateway, via, multipath, nextHopId }: RouteMessage): string[] {
  if (family !== AF_INET || type !== TYPE_UNICAST || multipath !== undefined || nextHopId !== undefined) return [];
  const usual = gateway === undefined && via === undefined ? SCOPE_LINK : 0;
  return told === usual ? [] : [`scope ${SCOPES.get(told) ?? told}`];
}

function unique(values: readonly (number | undefined)[]): number[] {
  return [...new Set(values)].filter((value): value is number => value !== undefined && value !== 0);
}
