/** Everything read from one namespace, as plain data: what a model holds, and what it does not cover. */

import type {
  LinkMessage,
  NeighbourMessage,
  RouteMessage,
  RouteNetlinkMessage,
  RuleMessage,
} from "../netlink/index.ts";
import type { DiscoveredNamespace, Namespace } from "../model/index.ts";
import { decodeAddress, decodeLink, decodeNeighbour, decodeRoute, decodeRule, isFallback } from "../rtnl/index.ts";
import { ask, askBasics, type Kind } from "../observe/questions.ts";
import {
  otherRoutes,
  pointToPoint,
  toDiscoveredLink,
  toForwarding,
  toLocalRoute,
  toNeighbourState,
  toQdisc,
  toSelectiveRoute,
} from "./convert.ts";
import { toAddressNote } from "./address-notes.ts";
import { summaryOf } from "./netfilter.ts";
import { type End, endOf } from "./peers.ts";
import { readQdiscs } from "./qdiscs.ts";
import { toRouteNote } from "./route-notes.ts";
import { toDiscoveredRules } from "./rules.ts";
import type { BareSocket } from "./sockets.ts";
import type { ReadOptions, Source } from "./source.ts";
import { readVlans } from "./vlans.ts";
import { NUD_NOARP, RTPROT_KERNEL, RT_TABLE_LOCAL } from "../netlink/constants.ts";

// One for all: of a thousand namespaces most have nothing of most kinds.
const NOTHING: readonly never[] = [];
const NO_SYSCTLS = {};
const NO_FAR_ENDS = {};

/** Most routes and neighbours are the kernel's own bookkeeping: local addresses, multicast. */
const WANTED: Partial<Record<Kind, (bytes: Uint8Array, offset: number) => boolean>> = {
  routes: (bytes, offset) => bytes[offset + 4] !== RT_TABLE_LOCAL || bytes[offset + 5] !== RTPROT_KERNEL,
  neighbours: (bytes, offset) => ((bytes[offset + 8] ?? 0) & NUD_NOARP) === 0,
};

export interface Reading {
  readonly namespace: Namespace;
  readonly details: Omit<
    DiscoveredNamespace,
    "name" | "inode" | "container" | "sharers" | "processes" | "handles" | "sockets"
  >;
  readonly sockets: readonly BareSocket[];
  /** What leads out of it, or to another link. */
  readonly ends: readonly End[];
  /** Its id of the machine's root namespace; −1 for none. */
  readonly rootId: number;
  /** ifindexes, and the names of their links. */
  readonly indexes: ReadonlyMap<number, string>;
}

/** Asks the source for everything. Asking changes nothing. */
export function readNamespace(
  name: string,
  source: Source,
  { root, depth }: Pick<ReadOptions, "root" | "depth">,
): Reading {
  const all = depth === "all";
  const { legacy, ipsec } = source.glance;
  const dump = (kind: Kind): RouteNetlinkMessage[] => ask(source, kind, WANTED[kind]);
  const links = (dump(all ? "links" : "brief") as LinkMessage[]).filter((link) => !isFallback(link));
  const { addresses, forwarding, rootId } = askBasics(source, root);
  const indexes = new Map(links.map((link) => [link.index ?? 0, link.name ?? ""]));
  const nameOf = (index: number): string | null => indexes.get(index) ?? null;
  const rules = (all ? dump("rules") : NOTHING) as readonly RuleMessage[];
  const routes = (all ? dump("routes") : NOTHING) as readonly RouteMessage[];
  const neighbours = (all ? dump("neighbours") : NOTHING) as readonly NeighbourMessage[];
  const proxies = (all ? dump("proxies") : NOTHING) as readonly NeighbourMessage[];
  const netfilter = source.tables();
  const kinds = new Set(links.map((link) => link.info?.kind));
  const tables =
    all && (kinds.has("bridge") || kinds.has("vxlan")) ? (dump("forwarding") as NeighbourMessage[]) : NOTHING;
  const qdiscs = all ? readQdiscs(source) : NOTHING;
  const vlans = readVlans(source, links);
  const farEnds = pointToPoint(addresses);
  return {
    namespace: {
      name,
      forwarding,
      links: links.map((link) => decodeLink(link, nameOf, name)),
      addresses: present(addresses.map((each) => decodeAddress(each, nameOf))),
      routes: present(routes.map((each) => decodeRoute(each, nameOf))),
      rules: present(rules.map(decodeRule)),
      neighbours: present(neighbours.map((each) => decodeNeighbour(each, nameOf))),
      sysctls: NO_SYSCTLS,
      netfilter,
      services: NOTHING,
      nameService: null,
    },
    details: {
      links: links.map((link) =>
        toDiscoveredLink(link, nameOf, {
          qdiscs: qdiscs.length === 0 ? NOTHING : qdiscs.filter(({ index }) => index === link.index).map(toQdisc),
          vlans: vlans.get(link.index ?? 0) ?? NOTHING,
          pointToPoint: farEnds.get(link.index ?? 0) ?? NO_FAR_ENDS,
        }),
      ),
      addressNotes: present(addresses.map((each) => toAddressNote(each, nameOf))),
      neighbours: present([...neighbours, ...proxies].map((each) => toNeighbourState(each, nameOf))),
      rules: rules.length === 0 ? NOTHING : toDiscoveredRules(rules),
      otherRoutes: otherRoutes(routes),
      ipsec,
      forwarding: toForwarding(tables, links),
      routeNotes: present(routes.map(toRouteNote)),
      localRoutes: present(routes.map((each) => toLocalRoute(each, nameOf))),
      selectiveRoutes: present(routes.map((each) => toSelectiveRoute(each, nameOf))),
      netfilter: netfilter.length === 0 ? legacy : [...netfilter.map(summaryOf), ...legacy],
    },
    sockets: source.sockets(),
    ends: links.flatMap((link) => endOf(name, link) ?? []),
    rootId,
    indexes,
  };
}

const present = <T>(items: readonly (T | null)[]): readonly T[] =>
  items.length === 0 ? NOTHING : items.filter((item): item is T => item !== null);
