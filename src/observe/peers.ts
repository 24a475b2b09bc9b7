/**
 * Which end of a veth pair belongs to which. A link tells its peer's ifindex (IFLA_LINK) and, by an id that only its own
 * namespace understands, the peer's namespace (IFLA_LINK_NETNSID). Both ends point at each other, so the candidates for a
 * peer are few, usually one; the id decides.
 */

import type { LinkRef } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import type { LinkMessage } from "../netlink/index.ts";
import { NetlinkSocket, OpenNamespace } from "../kernel/index.ts";
import { namespaceId, type RawNamespace } from "./read.ts";

interface Veth {
  readonly namespace: RawNamespace;
  readonly link: LinkMessage;
}

/** Peers of every veth end by `namespace:link`; an end whose peer is in none of the namespaces is left out. */
export function findPeers(namespaces: readonly RawNamespace[], pathOf: (name: string) => string): Map<string, LinkRef> {
  const byIndex = new Map<number, Veth[]>();
  for (const namespace of namespaces) {
    for (const link of namespace.links) {
      if (link.info?.kind !== "veth" || link.index === undefined) continue;
      const list = byIndex.get(link.index);
      if (list) list.push({ namespace, link });
      else byIndex.set(link.index, [{ namespace, link }]);
    }
  }
  const peers = new Map<string, LinkRef>();
  for (const ends of byIndex.values()) {
    for (const end of ends) {
      if (peers.has(key(end))) continue;
      const peer = candidates(byIndex, end).find((each) => isBehind(end, each, pathOf));
      if (!peer) continue;
      peers.set(key(end), reference(peer));
      peers.set(key(peer), reference(end));
    }
  }
  return peers;
}

function candidates(byIndex: ReadonlyMap<number, Veth[]>, end: Veth): readonly Veth[] {
  const pointing = (byIndex.get(end.link.link ?? -1) ?? []).filter((each) => each.link.link === end.link.index);
  const local = end.link.linkNetnsId === undefined;
  return pointing.filter((each) => each.link !== end.link && (each.namespace === end.namespace) === local);
}

/** Is `peer` in the namespace that `end` calls by its link-netnsid? The root's id was read along; others are asked for. */
function isBehind(end: Veth, peer: Veth, pathOf: (name: string) => string): boolean {
  if (end.link.linkNetnsId === undefined) return true;
  if (peer.namespace.name === ROOT) return end.namespace.rootId === end.link.linkNetnsId;
  if (end.namespace.name === ROOT) return isBehind(peer, end, pathOf);
  using here = OpenNamespace.open(pathOf(end.namespace.name));
  using there = OpenNamespace.open(pathOf(peer.namespace.name));
  using socket = NetlinkSocket.open({ namespace: here.fd });
  return namespaceId(socket, there.fd) === end.link.linkNetnsId;
}

const key = (end: Veth): string => `${end.namespace.name}:${end.link.name}`;
const reference = (end: Veth): LinkRef => ({ namespace: end.namespace.name, link: end.link.name ?? "" });
