/** A link ↔ RTM_NEWLINK, RTM_DELLINK and the requests about its names. Pure. */

import type { Link, LinkRef } from "../model/index.ts";
import { bytesToMac, macToBytes } from "../model/index.ts";
import {
  IFF_LOOPBACK,
  IFF_UP,
  IN6_ADDR_GEN_MODE_NONE,
  type LinkBody,
  type LinkMessage,
  type LinkPropertyMessage,
} from "../netlink/index.ts";
import { decodeKind, lowerIndexOf, newKind } from "./link-options.ts";
import type { IndexOf, NameOf, Request } from "./references.ts";

const MAC_BYTES = 6;

/** Every new namespace has these when their modules are loaded. While they are down nobody uses them. */
const FALLBACK: ReadonlySet<string> = new Set([
  "tunl0",
  "gre0",
  "gretap0",
  "erspan0",
  "ip_vti0",
  "ip6_vti0",
  "sit0",
  "ip6tnl0",
  "ip6gre0",
  "teql0",
]);

export function isFallback({ flags = 0, name = "" }: LinkMessage): boolean {
  return (flags & IFF_UP) === 0 && FALLBACK.has(name);
}

/**
 * A link of `namespace`. The peer of a veth, and a lower link in another namespace, are found later, from the messages of all
 * namespaces: observe/peers.ts.
 */
export function decodeLink(message: LinkMessage, nameOf: NameOf, namespace: string): Link {
  const { flags = 0, name = "", mtu = 0, address, master, altNames = [], info } = message;
  const common = {
    name,
    up: (flags & IFF_UP) !== 0,
    mtu,
    mac: address?.length === MAC_BYTES ? bytesToMac(address) : null,
    master: master ? nameOf(master) : null,
    altnames: [...altNames].sort(),
  };
  if (flags & IFF_LOOPBACK) return { kind: "loopback", ...common };
  if (info?.kind === "veth") return { kind: "veth", ...common, peer: null };
  const decoded = decodeKind(message);
  if (decoded === null) return { kind: "other", ...common, type: info?.kind || "device" };
  const { table, options } = decoded;
  const lower = table.lower === undefined ? {} : { lower: lowerHere(message, nameOf, namespace) };
  // A kind's type has the options of its table, and no others.
  return { kind: table.kind, ...common, ...lower, ...options } as Link;
}

function lowerHere(message: LinkMessage, nameOf: NameOf, namespace: string): LinkRef | null {
  const index = message.linkNetnsId === undefined ? lowerIndexOf(message) : null;
  const link = index === null ? null : nameOf(index);
  return link === null ? null : { namespace, link };
}

/** What both ends of a new veth say of themselves. One queue each: veth shrinks more under synchronize_rcu. */
export function linkBody(link: Link, index: number): LinkBody {
  return {
    index,
    name: link.name,
    mtu: link.mtu,
    ...(link.mac ? { address: macToBytes(link.mac) } : {}),
    txQueues: 1,
    rxQueues: 1,
  };
}

/**
 * Makes a link with its settings, in its master and on its lower link, whose ifindex is `lowerIndex`. It is down and has no
 * alternative names yet: they take requests of their own. A new bridge is down until it has its ports: a live one floods every
 * IPv6 sign of life to every port, O(N²).
 */
export function encodeLink(link: Link, index: number, indexOf: IndexOf, lowerIndex: number | null = null): LinkMessage {
  return {
    kind: "link",
    command: "new",
    ...linkBody(link, index),
    ...(link.master === null ? {} : { master: indexOf(link.master) }),
    ...newKind(link, lowerIndex),
  };
}

export interface VethEnd {
  readonly body: LinkBody;
  readonly netNsFd?: number | undefined;
  readonly master?: number | undefined;
  readonly up?: boolean;
}

/**
 * `main` is created in its namespace by netNsFd, `peer` in its own or, without a descriptor, in the socket's. The kernel
 * ignores the peer's master, and cannot create a peer up.
 */
export function encodeVeth(main: VethEnd, peer: Pick<VethEnd, "body" | "netNsFd">): LinkMessage {
  return {
    kind: "link",
    command: "new",
    ...main.body,
    ...(main.netNsFd === undefined ? {} : { netNsFd: main.netNsFd }),
    ...(main.master === undefined ? {} : { master: main.master }),
    ...(main.up ? { flags: IFF_UP, change: IFF_UP } : {}),
    info: {
      kind: "veth",
      peer: { ...peer.body, ...(peer.netNsFd === undefined ? {} : { netNsFd: peer.netNsFd }) },
    },
  };
}

/** Changes some of the settings of a link that exists. */
export function setLink(index: number, settings: LinkBody): LinkMessage {
  return { kind: "link", command: "new", index, ...settings };
}

export function setUp(index: number): LinkMessage {
  return setLink(index, { flags: IFF_UP, change: IFF_UP });
}

export function setDown(index: number): LinkMessage {
  return setLink(index, { flags: 0, change: IFF_UP });
}

/** No address of the kernel's own making; must come before the link is up. */
export function withoutGeneratedAddresses(index: number): LinkMessage {
  return setLink(index, { addrGenMode: IN6_ADDR_GEN_MODE_NONE });
}

export function altNames(index: number, names: readonly string[], command: Request = "new"): LinkPropertyMessage {
  return { kind: "linkproperty", command, index, altNames: names };
}

export function deleteLink(index: number): LinkMessage {
  return { kind: "link", command: "delete", index };
}
