/** Everything that one namespace says of itself, as plain data: what a model holds, and what it leaves out. */

import type {
  LinkMessage,
  NeighbourMessage,
  QdiscMessage,
  RouteMessage,
  RouteNetlinkMessage,
  RuleMessage,
} from "../../netlink/index.ts";
import type { DiscoveredNamespace, Namespace, NetfilterSummary } from "../../model/index.ts";
import { countIpsec, type EncodedBatch, type IpsecCounts, NetlinkSocket, within } from "../../kernel/index.ts";
import { decodeQdiscs, encodeQdiscQuestion, MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from "../../netlink/index.ts";
import { isFallback, toAddress, toLink, toNeighbour, toRoute, toRule } from "../convert.ts";
import { netfilterSocket, tablesOf } from "../netfilter/index.ts";
import { ask, askBasics, type Kind } from "../questions.ts";
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
import type { Askable } from "./modules.ts";
import { legacyTables, summaryOf } from "./netfilter.ts";
import { type End, endOf } from "./peers.ts";
import { toRouteNote } from "./route-notes.ts";
import { toDiscoveredRules } from "./rules.ts";
import { type BareSocket, read, readSockets, type SocketKind, usedProtocols } from "./sockets.ts";
import { readVlans } from "./vlans.ts";

const TABLE_LOCAL = 255;
const RTPROT_KERNEL = 2;
const NUD_NOARP = 0x40;

/**
 * `overview`: who is plugged into whom and what for, as the tables show it at a glance. Of a thousand namespaces that takes half
 * the time of `all`.
 */
export type Depth = "overview" | "all";

let qdiscQuestion: EncodedBatch | undefined;

// One for all: of a thousand namespaces most have nothing of most kinds.
const NOTHING: readonly never[] = [];
const NO_SYSCTLS = {};
const NO_IPSEC: IpsecCounts = { policies: 0, states: 0 };
const NO_FAR_ENDS = {};

/** Most routes and neighbours are the kernel's own bookkeeping: local addresses, multicast. */
const WANTED: Partial<Record<Kind, (bytes: Uint8Array, offset: number) => boolean>> = {
  routes: (bytes, offset) => bytes[offset + 4] !== TABLE_LOCAL || bytes[offset + 5] !== RTPROT_KERNEL,
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
  /** By which id it knows the machine's root namespace; −1 for none. */
  readonly rootId: number;
  /** ifindexes, and the names of their links. */
  readonly indexes: readonly (readonly [number, string])[];
}

export interface ReadOptions {
  /** A descriptor of the machine's own namespace. */
  readonly root: number | null;
  readonly askable: Askable;
  readonly depth: Depth;
  /** Somebody is in it, who may listen. */
  readonly inhabited: boolean;
}

/** Reads the namespace of `fd`. Nothing is changed by asking. */
export function readNamespace(name: string, fd: number, options: ReadOptions): Reading {
  const { askable, depth, inhabited } = options;
  const all = depth === "all";
  // Going in and out costs as much as most of the questions: once for all that has to be done inside.
  const inside = within(fd, () => ({
    // Before there is a socket of ours.
    protocols: all || inhabited ? usedProtocols() : NOTHING,
    legacy: all && askable.legacy ? legacyTables(read) : NOTHING,
    ipsec: all && askable.ipsec ? countIpsec() : NO_IPSEC,
    socket: NetlinkSocket.open({ name, asks: true }),
    netfilter: askable.nftables ? netfilterSocket(name) : null,
  }));
  // What `using` is compiled to takes longer than some of the questions.
  try {
    return readInside(name, fd, inside, options);
  } finally {
    inside.socket[Symbol.dispose]();
    inside.netfilter?.[Symbol.dispose]();
  }
}

/** What was opened in a namespace, and read at once. */
interface Inside {
  readonly protocols: readonly SocketKind[];
  readonly legacy: readonly NetfilterSummary[];
  readonly ipsec: IpsecCounts;
  readonly socket: NetlinkSocket;
  readonly netfilter: NetlinkSocket | null;
}

function readInside(name: string, fd: number, inside: Inside, { root, askable, depth }: ReadOptions): Reading {
  const all = depth === "all";
  const { socket, netfilter: filters } = inside;
  const dump = (kind: Kind): RouteNetlinkMessage[] => ask(socket, kind, WANTED[kind]);
  const links = (dump(all ? "links" : "brief") as LinkMessage[]).filter((link) => !isFallback(link));
  const { addresses, forwarding, rootId } = askBasics(socket, root);
  const indexes = new Map(links.map((link) => [link.index ?? 0, link.name ?? ""]));
  const nameOf = (index: number): string | null => indexes.get(index) ?? null;
  const rules = (all ? dump("rules") : NOTHING) as readonly RuleMessage[];
  const routes = (all ? dump("routes") : NOTHING) as readonly RouteMessage[];
  const neighbours = (all ? dump("neighbours") : NOTHING) as readonly NeighbourMessage[];
  const proxies = (all ? dump("proxies") : NOTHING) as readonly NeighbourMessage[];
  const netfilter = filters === null ? NOTHING : tablesOf(filters);
  const kinds = new Set(links.map((link) => link.info?.kind));
  const tables =
    all && (kinds.has("bridge") || kinds.has("vxlan")) ? (dump("forwarding") as NeighbourMessage[]) : NOTHING;
  const qdiscs = all ? readQdiscs(socket) : NOTHING;
  const vlans = readVlans(socket, links);
  const farEnds = pointToPoint(addresses);
  return {
    namespace: {
      name,
      forwarding,
      links: links.map((link) => toLink(link, nameOf)),
      addresses: present(addresses.map((each) => toAddress(each, nameOf))),
      routes: present(routes.map((each) => toRoute(each, nameOf))),
      rules: present(rules.map(toRule)),
      neighbours: present(neighbours.map((each) => toNeighbour(each, nameOf))),
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
      ipsec: inside.ipsec,
      forwarding: toForwarding(tables, links),
      routeNotes: present(routes.map(toRouteNote)),
      localRoutes: present(routes.map((each) => toLocalRoute(each, nameOf))),
      selectiveRoutes: present(routes.map((each) => toSelectiveRoute(each, nameOf))),
      netfilter: netfilter.length === 0 ? inside.legacy : [...netfilter.map(summaryOf), ...inside.legacy],
    },
    sockets: readSockets(fd, name, inside.protocols, askable),
    ends: links.flatMap((link) => endOf(name, link) ?? []),
    rootId,
    indexes: [...indexes],
  };
}

/** Disciplines that somebody has set: the kernel's own have no handle. */
function readQdiscs(socket: NetlinkSocket): QdiscMessage[] {
  if (qdiscQuestion === undefined) {
    const writer = new MessageWriter(64);
    encodeQdiscQuestion(writer, { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 });
    qdiscQuestion = { bytes: writer.bytes(), starts: [0], firstSequence: 1, operation: () => "read queueing disciplines" }; // prettier-ignore
  }
  return socket.dumpDatagrams(qdiscQuestion).flatMap((datagram) => decodeQdiscs(datagram, isSet));
}

/** struct tcmsg: its handle. */
const isSet = (bytes: Uint8Array, offset: number): boolean =>
  (bytes[offset + 8]! | bytes[offset + 9]! | bytes[offset + 10]! | bytes[offset + 11]!) !== 0;

const present = <T>(items: readonly (T | null)[]): readonly T[] =>
  items.length === 0 ? NOTHING : items.filter((item): item is T => item !== null);
