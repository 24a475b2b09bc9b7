/** Everything that one namespace says of itself, as plain data: what a model holds, and what it leaves out. */

import type {
  AddressMessage,
  LinkMessage,
  NeighbourMessage,
  QdiscMessage,
  RouteMessage,
  RouteNetlinkMessage,
  RuleMessage,
} from "../../netlink/index.ts";
import type { DiscoveredNamespace, Namespace } from "../../model/index.ts";
import { Batch, dumpRequest, type EncodedBatch, NetlinkSocket, within } from "../../kernel/index.ts";
import { decodeQdiscs, encodeQdiscQuestion, MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from "../../netlink/index.ts";
import { isFallback, toAddress, toLink, toNeighbour, toRoute, toRule } from "../convert.ts";
import { netfilterSocket, tablesOf } from "../netfilter/index.ts";
import { toDiscoveredLink, toForwarding, toLocalRoute, toNeighbourState, toQdisc } from "./convert.ts";
import type { Askable } from "./modules.ts";
import { legacyTables, summaryOf } from "./netfilter.ts";
import { type End, endOf } from "./peers.ts";
import { type BareSocket, read, readSockets, usedProtocols } from "./sockets.ts";
import { readVlans } from "./vlans.ts";

const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_BRIDGE = 7;
const NETCONF_ALL = -1;
const TABLE_LOCAL = 255;
const RTPROT_KERNEL = 2;
const NUD_NOARP = 0x40;
/** RTEXT_FILTER_SKIP_STATS: a dump of links is then half as long. */
const EXT_SKIP_STATS = 8;
const ANY_ROUTE = { destinationLength: 0, table: 0, protocol: 0, scope: 0, type: 0 };

/**
 * `overview`: who is plugged into whom and what for, as the tables show it at a glance. Of a thousand namespaces that takes half
 * the time of `all`.
 */
export type Depth = "overview" | "all";

type Kind = "addresses" | "routes" | "rules" | "neighbours" | "forwarding";

/** Encoded once: they are the same for every namespace, and there may be a thousand. */
const QUESTIONS: Readonly<Record<Kind, () => Batch>> = {
  addresses: () => dumpRequest({ kind: "address", command: "get", family: AF_UNSPEC, prefixLength: 0, index: 0 }),
  routes: () => dumpRequest({ kind: "route", command: "get", family: AF_UNSPEC, ...ANY_ROUTE }),
  rules: () => dumpRequest({ kind: "rule", command: "get", family: AF_UNSPEC, table: 0, action: 0 }),
  neighbours: () => dumpRequest({ kind: "neighbour", command: "get", family: AF_UNSPEC, index: 0, state: 0 }),
  forwarding: () => dumpRequest({ kind: "neighbour", command: "get", family: AF_BRIDGE, index: 0, state: 0 }),
};
const encoded: Partial<Record<Kind, Batch>> = {};
let qdiscQuestion: EncodedBatch | undefined;

const DECODE = { unknown: false, settings: false };
/** Most routes and neighbours are the kernel's own bookkeeping: local addresses, multicast. */
const WANTED: Partial<Record<Kind, (bytes: Uint8Array, offset: number) => boolean>> = {
  routes: (bytes, offset) => bytes[offset + 4] !== TABLE_LOCAL || bytes[offset + 5] !== RTPROT_KERNEL,
  neighbours: (bytes, offset) => ((bytes[offset + 8] ?? 0) & NUD_NOARP) === 0,
};

export interface Reading {
  readonly namespace: Namespace;
  readonly details: Omit<DiscoveredNamespace, "name" | "inode" | "container" | "processes" | "handles" | "sockets">;
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
export function readNamespace(name: string, fd: number, { root, askable, depth, inhabited }: ReadOptions): Reading {
  const all = depth === "all";
  // Going in and out costs as much as most of the questions: once for all that has to be done inside.
  const inside = within(fd, () => ({
    // Before there is a socket of ours.
    protocols: all || inhabited ? usedProtocols() : [],
    legacy: all && askable.legacy ? legacyTables(read) : [],
    socket: NetlinkSocket.open({ name, asks: true }),
    rules: askable.nftables ? netfilterSocket(name) : null,
  }));
  using socket = inside.socket;
  using rules = inside.rules;
  const dump = (kind: Kind): RouteNetlinkMessage[] =>
    socket.dump((encoded[kind] ??= QUESTIONS[kind]()), {
      decode: { ...DECODE, ...(WANTED[kind] && { wanted: WANTED[kind] }) },
    });
  const { links, forwarding, rootId } = readFirst(socket, root, depth);
  const indexes = new Map(links.map((link) => [link.index ?? 0, link.name ?? ""]));
  const nameOf = (index: number): string | null => indexes.get(index) ?? null;
  const routes = (all ? dump("routes") : []) as RouteMessage[];
  const neighbours = (all ? dump("neighbours") : []) as NeighbourMessage[];
  const netfilter = rules === null ? [] : tablesOf(rules);
  const kinds = new Set(links.map((link) => link.info?.kind));
  const tables = all && (kinds.has("bridge") || kinds.has("vxlan")) ? (dump("forwarding") as NeighbourMessage[]) : [];
  const qdiscs = all ? readQdiscs(socket) : [];
  const vlans = readVlans(socket, links);
  return {
    namespace: {
      name,
      forwarding,
      links: links.map((link) => toLink(link, nameOf)),
      addresses: present((dump("addresses") as AddressMessage[]).map((each) => toAddress(each, nameOf))),
      routes: present(routes.map((each) => toRoute(each, nameOf))),
      rules: present(((all ? dump("rules") : []) as RuleMessage[]).map(toRule)),
      neighbours: present(neighbours.map((each) => toNeighbour(each, nameOf))),
      sysctls: {},
      netfilter,
      services: [],
      nameService: null,
    },
    details: {
      links: links.map((link) => toDiscoveredLink(link, nameOf, qdiscs.filter(({ index }) => index === link.index).map(toQdisc), vlans.get(link.index ?? 0) ?? [])), // prettier-ignore
      neighbours: present(neighbours.map((each) => toNeighbourState(each, nameOf))),
      forwarding: toForwarding(tables, links),
      localRoutes: present(routes.map((each) => toLocalRoute(each, nameOf))),
      netfilter: [...netfilter.map(summaryOf), ...inside.legacy],
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

/**
 * What is known before anything else: links, forwarding, and the id of the root namespace, all asked for at once. Forwarding by
 * netlink: reading it from /proc/sys gets slower with every namespace of the machine.
 */
function readFirst(socket: NetlinkSocket, root: number | null, depth: Depth): First {
  const links: LinkMessage[] = [];
  const forwarding = { ipv4: false, ipv6: false };
  let rootId = -1;
  for (const message of socket.dump(firstQuestion(root, depth), { decode: DECODE })) {
    if (message.kind === "link" && !isFallback(message)) links.push(message);
    if (message.kind === "nsid") rootId = message.id ?? -1;
    if (message.kind === "netconf" && message.forwarding === 1)
      forwarding[message.family === AF_INET ? "ipv4" : "ipv6"] = true;
  }
  return { links, forwarding, rootId };
}

interface First {
  readonly links: readonly LinkMessage[];
  readonly forwarding: Namespace["forwarding"];
  /** −1 for none. */
  readonly rootId: number;
}

let first: { readonly root: number | null; readonly depth: Depth; readonly question: Batch } | undefined;

function firstQuestion(root: number | null, depth: Depth): Batch {
  if (first?.root === root && first.depth === depth) return first.question;
  const batch = new Batch();
  batch.add({ kind: "netconf", command: "get", family: AF_INET, index: NETCONF_ALL }, 0, "read IPv4 forwarding");
  batch.add({ kind: "netconf", command: "get", family: AF_INET6, index: NETCONF_ALL }, 0, "read IPv6 forwarding");
  if (root !== null) batch.add({ kind: "nsid", command: "get", fd: root }, 0, "read the id of the root namespace");
  const stats = depth === "all" ? {} : { extMask: EXT_SKIP_STATS };
  const question = dumpRequest({ kind: "link", command: "get", ...stats }, "read links", batch);
  first = { root, depth, question };
  return question;
}

const present = <T>(items: readonly (T | null)[]): T[] => items.filter((item): item is T => item !== null);
