/** Everything one namespace says of itself over rtnetlink, undigested. */

import { existsSync } from "node:fs";
import type {
  AddressMessage,
  LinkMessage,
  NeighbourMessage,
  RouteMessage,
  RouteNetlinkMessage,
  RuleMessage,
} from "../netlink/index.ts";
import type { NetfilterTable } from "../model/index.ts";
import { Batch, dumpRequest, NetlinkSocket, OpenNamespace, readSysctl, sysctlPath, within } from "../kernel/index.ts";
import { readTables } from "./netfilter/index.ts";

const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;
const NETCONF_ALL = -1;
/** RTEXT_FILTER_SKIP_STATS: a dump of links is then half as long. */
const EXT_SKIP_STATS = 8;

/** The questions, encoded once: they are the same for every namespace, and there may be a thousand. */
const questions = {
  links: () => dumpRequest({ kind: "link", command: "get", extMask: EXT_SKIP_STATS }),
  addresses: () => dumpRequest({ kind: "address", command: "get", family: AF_UNSPEC, prefixLength: 0, index: 0 }),
  routes: () => dumpRequest({ kind: "route", command: "get", family: AF_UNSPEC, ...ANY_ROUTE }),
  rules: () => dumpRequest({ kind: "rule", command: "get", family: AF_UNSPEC, table: 0, action: 0 }),
  neighbours: () => dumpRequest({ kind: "neighbour", command: "get", family: AF_UNSPEC, index: 0, state: 0 }),
};
const ANY_ROUTE = { destinationLength: 0, table: 0, protocol: 0, scope: 0, type: 0 };
const encoded: Partial<Record<keyof typeof questions, Batch>> = {};
/** Decoding is much of the work of an observation: what a model has no field for is skipped, … */
const DECODE = { unknown: false, stats: false, settings: false };
const TABLE_LOCAL = 255;
const NUD_PERMANENT = 0x80;
/** … and so is what it leaves out: most routes are the kernel's own in the local table, most neighbours were learned. */
const WANTED: Partial<Record<keyof typeof questions, (bytes: Uint8Array, offset: number) => boolean>> = {
  routes: (bytes, offset) => bytes[offset + 4] !== TABLE_LOCAL,
  neighbours: (bytes, offset) => (bytes[offset + 8]! & NUD_PERMANENT) !== 0,
};

export interface RawNamespace {
  readonly name: string;
  readonly links: readonly LinkMessage[];
  readonly addresses: readonly AddressMessage[];
  readonly routes: readonly RouteMessage[];
  readonly rules: readonly RuleMessage[];
  readonly neighbours: readonly NeighbourMessage[];
  readonly netfilter: readonly NetfilterTable[];
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean };
  readonly sysctls: Readonly<Record<string, string>>;
  /** By which id this namespace knows the lab's root namespace; −1 when it has none. */
  readonly rootId: number;
}

/** Reads the namespace behind `path`; `root` is a descriptor of the lab's root namespace. */
export function readNamespace(name: string, path: string, root: number, sysctls: readonly string[]): RawNamespace {
  using namespace = OpenNamespace.open(path);
  using socket = NetlinkSocket.open({ namespace: namespace.fd, name });
  const dump = (kind: keyof typeof questions): RouteNetlinkMessage[] =>
    socket.dump((encoded[kind] ??= questions[kind]()), {
      decode: { ...DECODE, ...(WANTED[kind] && { wanted: WANTED[kind] }) },
    });
  return {
    name,
    links: dump("links") as LinkMessage[],
    addresses: dump("addresses") as AddressMessage[],
    routes: dump("routes") as RouteMessage[],
    rules: dump("rules") as RuleMessage[],
    neighbours: dump("neighbours") as NeighbourMessage[],
    netfilter: readTables(namespace.fd, name),
    sysctls: sysctls.length === 0 ? {} : within(namespace.fd, () => Object.fromEntries(sysctls.flatMap(readSetting))),
    ...readSingles(socket, root),
  };
}

/** None where there is no such setting: those of an interface go with it. The kernel has tabs between several values. */
function readSetting(key: string): [key: string, value: string][] {
  return existsSync(sysctlPath(key)) ? [[key, readSysctl(key).replaceAll("\t", " ")]] : [];
}

/** `conf/all/forwarding` by netlink: reading it from /proc/sys gets slower with every namespace of the machine. */
function readSingles(socket: NetlinkSocket, root: number): Pick<RawNamespace, "forwarding" | "rootId"> {
  const batch = new Batch();
  batch.add({ kind: "netconf", command: "get", family: AF_INET, index: NETCONF_ALL }, 0, "read IPv4 forwarding");
  batch.add({ kind: "netconf", command: "get", family: AF_INET6, index: NETCONF_ALL }, 0, "read IPv6 forwarding");
  batch.add({ kind: "nsid", command: "get", fd: root }, 0, "read the id of the root namespace");
  const forwarding = { ipv4: false, ipv6: false };
  let rootId = -1;
  for (const { message } of socket.ask(batch)) {
    if (message.kind === "nsid") rootId = message.id ?? -1;
    if (message.kind !== "netconf" || message.forwarding !== 1) continue;
    forwarding[message.family === AF_INET ? "ipv4" : "ipv6"] = true;
  }
  return { forwarding, rootId };
}

/** By which id the socket's namespace knows the one behind `fd`; −1 for none. Asking does not give it one. */
export function namespaceId(socket: NetlinkSocket, fd: number): number {
  const [answer] = socket.request({ kind: "nsid", command: "get", fd }, 0);
  return answer?.message.kind === "nsid" ? (answer.message.id ?? -1) : -1;
}
