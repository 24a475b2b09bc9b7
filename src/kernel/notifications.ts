/** What the kernel announces of a namespace's configuration: that something changed, not what it is now. */

import {
  AF_BRIDGE,
  NDA_DST,
  NFNLGRP_NFTABLES,
  NUD_PERMANENT,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_NETCONF,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV4_RULE,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_NETCONF,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_IPV6_RULE,
  RTNLGRP_LINK,
  RTNLGRP_NEIGH,
} from "../netlink/index.ts";
import { NETLINK_NETFILTER } from "../netlink/nftables/index.ts";
import { KernelError } from "./error.ts";
import { NLMSG_HEADER, receiveNow } from "./receive.ts";
import { NetlinkSocket } from "./socket.ts";

const GROUPS = [
  RTNLGRP_LINK,
  RTNLGRP_NEIGH,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV4_RULE,
  RTNLGRP_IPV4_NETCONF,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_IPV6_RULE,
  RTNLGRP_IPV6_NETCONF,
];
/** struct ndmsg: family, …, ifindex at 4, state at 8; attributes behind 12 bytes. */
const NDMSG = 12;

export interface Announced {
  /** Something that is configuration, and not what neighbours have learned of each other. */
  readonly changed: boolean;
  /** The queue ran over: more may have changed than was announced. */
  readonly lost: boolean;
}

/** Sockets in one namespace, which they keep alive. */
export class Announcements implements Disposable {
  readonly #sockets: readonly NetlinkSocket[];
  /** Configured neighbours, as the kernel writes them: only those can be changed by hand. */
  readonly #permanent = new Set<string>();

  /** @param namespace A descriptor. */
  constructor(namespace: number, name: string) {
    const route = NetlinkSocket.open({ namespace, name, groups: GROUPS });
    const netfilter = openNetfilter(namespace, name);
    this.#sockets = netfilter === null ? [route] : [route, netfilter];
    using socket = NetlinkSocket.open({ namespace, name });
    for (const entry of socket.dump({ kind: "neighbour", command: "get", family: 0, index: 0, state: 0 })) {
      if (entry.kind === "neighbour" && entry.state & NUD_PERMANENT && entry.destination !== undefined)
        this.#permanent.add(neighbourKey(entry.index, entry.destination));
    }
  }

  get descriptors(): number[] {
    return this.#sockets.map(({ fd }) => fd);
  }

  /** All that has come; never waits. */
  read(): Announced {
    let changed = false;
    let lost = false;
    for (const { fd } of this.#sockets) {
      for (;;) {
        const received = receiveNow(fd);
        if (received.kind === "empty") break;
        if (received.kind !== "datagram") lost = true;
        else if (this.#isConfiguration(received.bytes)) changed = true;
      }
    }
    return { changed: changed || lost, lost };
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket[Symbol.dispose]();
  }

  #isConfiguration(bytes: Buffer): boolean {
    let found = false;
    for (let at = 0; at + NLMSG_HEADER <= bytes.length;) {
      const length = bytes.readUInt32LE(at);
      if (length < NLMSG_HEADER || at + length > bytes.length) break;
      const type = bytes.readUInt16LE(at + 4);
      const isNeighbour = type === RTM_NEWNEIGH || type === RTM_DELNEIGH;
      found ||= !isNeighbour;
      // Each of them is looked at: a set is kept of what is configured.
      if (isNeighbour && this.#isConfigured(bytes.subarray(at + NLMSG_HEADER, at + length), type)) found = true;
      at += (length + 3) & ~3;
    }
    return found;
  }

  /** Of a busy network thousands come and go: what has been learned does not count, nor what bridges learn. */
  #isConfigured(body: Buffer, type: number): boolean {
    if (body.length < NDMSG || body[0] === AF_BRIDGE) return false;
    const key = neighbourKey(body.readInt32LE(4), destination(body));
    const permanent = type === RTM_NEWNEIGH && (body.readUInt16LE(8) & NUD_PERMANENT) !== 0;
    const before = this.#permanent.delete(key);
    if (permanent) this.#permanent.add(key);
    return permanent || before;
  }
}

function destination(body: Buffer): Uint8Array {
  for (let at = NDMSG; at + 4 <= body.length;) {
    const length = body.readUInt16LE(at);
    if (length < 4) break;
    if (body.readUInt16LE(at + 2) === NDA_DST) return body.subarray(at + 4, at + length);
    at += (length + 3) & ~3;
  }
  return new Uint8Array(0);
}

function neighbourKey(index: number, address: Uint8Array): string {
  return `${index} ${Buffer.from(address).toString("hex")}`;
}

/** Null where the kernel has no nf_tables: there are no rules that could change. */
function openNetfilter(namespace: number, name: string): NetlinkSocket | null {
  try {
    return NetlinkSocket.open({ namespace, name, protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES] });
  } catch (error) {
    if (error instanceof KernelError) return null;
    throw error;
  }
}
