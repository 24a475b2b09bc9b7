/** Properties of routes that the model does not cover: further selectors, and settings for connections. Pure. */

import type { RouteNote } from "../model/index.ts";
import { bytesToAddress } from "../model/index.ts";
import {
  AF_INET,
  ICMPV6_ROUTER_PREF_HIGH,
  ICMPV6_ROUTER_PREF_LOW,
  LWTUNNEL_ENCAP_BPF,
  LWTUNNEL_ENCAP_ILA,
  LWTUNNEL_ENCAP_IOAM6,
  LWTUNNEL_ENCAP_IP,
  LWTUNNEL_ENCAP_IP6,
  LWTUNNEL_ENCAP_MPLS,
  LWTUNNEL_ENCAP_RPL,
  LWTUNNEL_ENCAP_SEG6,
  LWTUNNEL_ENCAP_SEG6_LOCAL,
  LWTUNNEL_ENCAP_XFRM,
  type RouteMessage,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_SITE,
  RT_SCOPE_UNIVERSE,
  RTAX_ADVMSS,
  RTAX_CC_ALGO,
  RTAX_CWND,
  RTAX_FASTOPEN_NO_COOKIE,
  RTAX_FEATURE_ECN,
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
  RTN_UNICAST,
  RTNH_F_ONLINK,
  RTPROT_BABEL,
  RTPROT_BGP,
  RTPROT_BIRD,
  RTPROT_BOOT,
  RTPROT_EIGRP,
  RTPROT_GATED,
  RTPROT_ISIS,
  RTPROT_KEEPALIVED,
  RTPROT_KERNEL,
  RTPROT_MROUTED,
  RTPROT_MRT,
  RTPROT_NTK,
  RTPROT_OPENR,
  RTPROT_OSPF,
  RTPROT_RIP,
  RTPROT_STATIC,
  RTPROT_UNSPEC,
  RTPROT_XORP,
  RTPROT_ZEBRA,
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
const PREFERENCES: ReadonlyMap<number, string> = new Map([
  [ICMPV6_ROUTER_PREF_HIGH, "preferred"],
  [ICMPV6_ROUTER_PREF_LOW, "least preferred"],
]);
const ENCAPSULATIONS: ReadonlyMap<number, string> = new Map([
  [LWTUNNEL_ENCAP_MPLS, "mpls"],
  [LWTUNNEL_ENCAP_IP, "ip"],
  [LWTUNNEL_ENCAP_ILA, "ila"],
  [LWTUNNEL_ENCAP_IP6, "ip6"],
  [LWTUNNEL_ENCAP_SEG6, "seg6"],
  [LWTUNNEL_ENCAP_BPF, "bpf"],
  [LWTUNNEL_ENCAP_SEG6_LOCAL, "seg6local"],
  [LWTUNNEL_ENCAP_RPL, "rpl"],
  [LWTUNNEL_ENCAP_IOAM6, "ioam6"],
  [LWTUNNEL_ENCAP_XFRM, "xfrm"],
]);
/** Those of a person, of the kernel and of leases are not here. */
const DAEMONS: ReadonlyMap<number, string> = new Map([
  [RTPROT_GATED, "gated"],
  [RTPROT_MRT, "mrt"],
  [RTPROT_ZEBRA, "zebra"],
  [RTPROT_BIRD, "bird"],
  [RTPROT_XORP, "xorp"],
  [RTPROT_NTK, "netsukuku"],
  [RTPROT_MROUTED, "mrouted"],
  [RTPROT_KEEPALIVED, "keepalived"],
  [RTPROT_BABEL, "babel"],
  [RTPROT_OPENR, "openr"],
  [RTPROT_BGP, "bgp"],
  [RTPROT_ISIS, "isis"],
  [RTPROT_OSPF, "ospf"],
  [RTPROT_RIP, "rip"],
  [RTPROT_EIGRP, "eigrp"],
]);
const BY_HAND: ReadonlySet<number> = new Set([RTPROT_UNSPEC, RTPROT_BOOT, RTPROT_STATIC]);
const SCOPES: ReadonlyMap<number, string> = new Map([
  [RT_SCOPE_UNIVERSE, "global"],
  [RT_SCOPE_SITE, "site"],
  [RT_SCOPE_LINK, "link"],
  [RT_SCOPE_HOST, "host"],
]);

/** Null for a route without such properties, or one made by the kernel. */
export function toRouteNote(message: RouteMessage): RouteNote | null {
  // Most are the kernel's own, and there may be many thousands.
  if (message.protocol === RTPROT_KERNEL) return null;
  const route = decodeRoute(message, () => null);
  if (route === null || route.origin !== "static") return null;
  const by = BY_HAND.has(message.protocol) ? null : (DAEMONS.get(message.protocol) ?? `protocol ${message.protocol}`);
  const hops = message.multipath ?? [message];
  const wrapping = unique(hops.map(({ encapType }) => encapType));
  const about = [
    ...wrapping.map((type) => `encap ${ENCAPSULATIONS.get(type) ?? type}`),
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

/** The packets that a route applies to. */
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
      const told = key === RTAX_FEATURES && value === RTAX_FEATURE_ECN ? "ecn" : value / (PARTS.get(key) ?? 1);
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
  if (family !== AF_INET || type !== RTN_UNICAST || multipath !== undefined || nextHopId !== undefined) return [];
  const usual = gateway === undefined && via === undefined ? RT_SCOPE_LINK : 0;
  return told === usual ? [] : [`scope ${SCOPES.get(told) ?? told}`];
}

function unique(values: readonly (number | undefined)[]): number[] {
  return [...new Set(values)].filter((value): value is number => value !== undefined && value !== 0);
}
