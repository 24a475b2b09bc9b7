/** A link ↔ RTM_NEWLINK, RTM_DELLINK and the requests about its names. Pure. */

import type { Link } from "../model/index.ts";
import { bytesToMac, macToBytes } from "../model/index.ts";
import {
  IFF_LOOPBACK,
  IFF_UP,
  IN6_ADDR_GEN_MODE_NONE,
  type LinkBody,
  type LinkInfo,
  type LinkMessage,
  type LinkPropertyMessage,
} from "../netlink/index.ts";
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

/** The peer of a veth is found later, from the messages of all namespaces: observe/peers.ts. */
export function decodeLink(message: LinkMessage, nameOf: NameOf): Link {
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
  if (info?.kind !== "bridge") return { kind: "other", ...common, type: info?.kind ?? "device" };
  const { stpState, multicastSnooping } = info.bridge ?? {};
  return { kind: "bridge", ...common, stp: stpState !== 0, multicastSnooping: multicastSnooping !== 0 };
}

/** What its kind says of a link; null for a kind without options. */
export function linkInfo(link: Link): LinkInfo | null {
  if (link.kind !== "bridge") return null;
  return {
    kind: "bridge",
    bridge: { stpState: link.stp ? 1 : 0, multicastSnooping: link.multicastSnooping ? 1 : 0 },
  };
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
 * Makes a link with its settings, in its master. It is down and has no alternative names yet: they take requests of their
 * own. A new bridge is down until it has its ports: a live one floods every IPv6 sign of life to every port, O(N²).
 */
export function encodeLink(link: Link, index: number, indexOf: IndexOf): LinkMessage {
  return {
    kind: "link",
    command: "new",
    ...linkBody(link, index),
    ...(link.master === null ? {} : { master: indexOf(link.master) }),
    info: linkInfo(link) ?? { kind: link.kind },
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
