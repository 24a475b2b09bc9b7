/**
 * What a namespace is asked over rtnetlink, by observation and discovery alike. Questions are encoded once: they are the same
 * for every namespace, of which there may be a thousand.
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

/** Who knows the answers: a NetlinkSocket, or somebody who has them from one. */
export interface Asker {
  /** Pieces of the answer, each of whole messages. */
  dumpDatagrams(question: EncodedBatch): readonly Uint8Array[];
}

export type Kind = "links" | "brief" | "routes" | "rules" | "neighbours" | "proxies" | "forwarding";

/** Encoded by the first use: a command may need none of them. `brief`: links without their counters. */
const QUESTIONS: Readonly<Record<Kind, () => Batch>> = {
  links: () => dumpRequest({ kind: "link", command: "get" }),
  brief: () => dumpRequest({ kind: "link", command: "get", extMask: RTEXT_FILTER_SKIP_STATS }),
  routes: () => dumpRequest({ kind: "route", command: "get", family: AF_UNSPEC, ...ANY_ROUTE }),
  rules: () => dumpRequest({ kind: "rule", command: "get", family: AF_UNSPEC, table: 0, action: 0 }),
  neighbours: () => dumpRequest({ kind: "neighbour", command: "get", family: AF_UNSPEC, index: 0, state: 0 }),
  // Those are told only to who asks for them alone.
  proxies: () =>
    dumpRequest({ kind: "neighbour", command: "get", family: AF_UNSPEC, index: 0, state: 0, flags: NTF_PROXY }),
  forwarding: () => dumpRequest({ kind: "neighbour", command: "get", family: AF_BRIDGE, index: 0, state: 0 }),
};
const encoded: Partial<Record<Kind, Batch>> = {};

/** Decoding is much of the work: what a model has no field for is skipped. */
const DECODE = { unknown: false, settings: false };

/** Of a rule all has to be known: one selector less, and it would be another rule. */
const DECODE_RULES = { unknown: true, settings: false };

export function questionFor(kind: Kind): Batch {
  return (encoded[kind] ??= QUESTIONS[kind]());
}

/** All objects of a kind, or those that are `wanted`, judged by their fixed header. */
export function ask(asker: Asker, kind: Kind, wanted?: DecodeOptions["wanted"]): RouteNetlinkMessage[] {
  const decode = kind === "rules" ? DECODE_RULES : DECODE;
  return answerTo(asker, questionFor(kind), wanted === undefined ? decode : { ...decode, wanted });
}

function answerTo(asker: Asker, question: Batch, decode: DecodeOptions): RouteNetlinkMessage[] {
  const pieces = asker.dumpDatagrams(question);
  return pieces.length === 1 ? decodeObjects(pieces[0]!, decode) : pieces.flatMap((one) => decodeObjects(one, decode));
}

/** What is asked for in one send, having nothing else in common. */
export interface Basics {
  readonly addresses: readonly AddressMessage[];
  readonly forwarding: Namespace["forwarding"];
  /** By which id the namespace knows the one that was asked about; −1 for none, and asking gives it none. */
  readonly rootId: number;
}

/** For the namespace behind the descriptor `root` the same one each time. */
export function basicsQuestion(root: number | null): Batch {
  if (basics?.root !== root) basics = { root, question: encodeBasics(root) };
  return basics.question;
}

let basics: { readonly root: number | null; readonly question: Batch } | undefined;

/**
 * Addresses, forwarding, and the id of the namespace behind the descriptor `root`. To be asked behind the links: for those
 * that lead elsewhere the kernel makes up the id when it first tells of them. Forwarding by netlink: reading it from
 * /proc/sys gets slower with every namespace of the machine.
 */
export function askBasics(asker: Asker, root: number | null): Basics {
  const addresses: AddressMessage[] = [];
  const forwarding = { ipv4: false, ipv6: false };
  let rootId = -1;
  for (const message of answerTo(asker, basicsQuestion(root), DECODE)) {
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
