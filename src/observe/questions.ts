/**
 * The rtnetlink requests that observation and discovery send to a namespace. They are encoded once: they are the same for every
 * namespace, of which there may be a thousand.
 */

import type { Namespace } from "../model/index.ts";
import { Batch, dumpRequest, type EncodedBatch } from "../kernel/index.ts";
import {
  type AddressMessage,
  AF_BRIDGE,
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  decodeObjects,
  type DecodeOptions,
  NETCONFA_ALL,
  NTF_PROXY,
  type RouteNetlinkMessage,
  RTEXT_FILTER_SKIP_STATS,
} from "../netlink/index.ts";

const ANY_ROUTE = { destinationLength: 0, table: 0, protocol: 0, scope: 0, type: 0 };

/** Where answers come from: a NetlinkSocket, or something that has read them from one. */
export interface DumpSource {
  /** The parts of the answer, each consisting of whole messages. */
  dumpDatagrams(question: EncodedBatch): readonly Uint8Array[];
}

export type Kind = "links" | "brief" | "routes" | "rules" | "neighbours" | "proxies" | "forwarding";

/** Encoded on first use: a command may need none of them. `brief`: links without their counters. */
const QUESTIONS: Readonly<Record<Kind, () => Batch>> = {
  links: () => dumpRequest({ kind: "link", command: "get" }),
  brief: () => dumpRequest({ kind: "link", command: "get", extMask: RTEXT_FILTER_SKIP_STATS }),
  routes: () => dumpRequest({ kind: "route", command: "get", family: AF_UNSPEC, ...ANY_ROUTE }),
  rules: () => dumpRequest({ kind: "rule", command: "get", family: AF_UNSPEC, table: 0, action: 0 }),
  neighbours: () => dumpRequest({ kind: "neighbour", command: "get", family: AF_UNSPEC, index: 0, state: 0 }),
  // The kernel reports these only in a separate request.
  proxies: () =>
    dumpRequest({ kind: "neighbour", command: "get", family: AF_UNSPEC, index: 0, state: 0, flags: NTF_PROXY }),
  forwarding: () => dumpRequest({ kind: "neighbour", command: "get", family: AF_BRIDGE, index: 0, state: 0 }),
};
const encoded: Partial<Record<Kind, Batch>> = {};

/** Decoding is a large part of the work: attributes without a field in the model are skipped. */
const DECODE = { unknown: false, settings: false };

/** Every attribute of a rule must be known: with one selector less it would be a different rule. */
const DECODE_RULES = { unknown: true, settings: false };

export function questionFor(kind: Kind): Batch {
  return (encoded[kind] ??= QUESTIONS[kind]());
}

/** All objects of a kind, or only those that are `wanted`, judged by their fixed header. */
export function ask(source: DumpSource, kind: Kind, wanted?: DecodeOptions["wanted"]): RouteNetlinkMessage[] {
  const decode = kind === "rules" ? DECODE_RULES : DECODE;
  return answerTo(source, questionFor(kind), wanted === undefined ? decode : { ...decode, wanted });
}

function answerTo(source: DumpSource, question: Batch, decode: DecodeOptions): RouteNetlinkMessage[] {
  const pieces = source.dumpDatagrams(question);
  return pieces.length === 1 ? decodeObjects(pieces[0]!, decode) : pieces.flatMap((one) => decodeObjects(one, decode));
}

/** Unrelated objects that are read in one send. */
export interface Basics {
  readonly addresses: readonly AddressMessage[];
  readonly forwarding: Namespace["forwarding"];
  /** The id that the namespace has for the root namespace; −1 for none, and reading does not assign one. */
  readonly rootId: number;
}

/** Cached for the namespace behind the descriptor `root`. */
export function basicsQuestion(root: number | null): Batch {
  if (basics?.root !== root) basics = { root, question: encodeBasics(root) };
  return basics.question;
}

let basics: { readonly root: number | null; readonly question: Batch } | undefined;

/**
 * Addresses, forwarding, and the id of the namespace behind the descriptor `root`. Call it after reading the links: the kernel
 * assigns an id to the namespace of a peer when it first reports the link. Forwarding is read over netlink because /proc/sys gets
 * slower with every namespace of the machine.
 */
export function askBasics(source: DumpSource, root: number | null): Basics {
  const addresses: AddressMessage[] = [];
  const forwarding = { ipv4: false, ipv6: false };
  let rootId = -1;
  for (const message of answerTo(source, basicsQuestion(root), DECODE)) {
    if (message.kind === "address") addresses.push(message);
    if (message.kind === "nsid") rootId = message.id ?? -1;
    if (message.kind === "netconf" && message.forwarding === 1)
      forwarding[message.family === AF_INET ? "ipv4" : "ipv6"] = true;
  }
  return { addresses, forwarding, rootId };
}

function encodeBasics(root: number | null): Batch {
  const batch = dumpRequest({ kind: "address", command: "get", family: AF_UNSPEC, prefixLength: 0, index: 0 });
  batch.add({ kind: "netconf", command: "get", family: AF_INET, index: NETCONFA_ALL }, 0, "read IPv4 forwarding");
  batch.add({ kind: "netconf", command: "get", family: AF_INET6, index: NETCONFA_ALL }, 0, "read IPv6 forwarding");
  if (root !== null) batch.add({ kind: "nsid", command: "get", fd: root }, 0, "read the id of the root namespace");
  return batch;
}
