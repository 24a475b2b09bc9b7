/**
 * Matches the ends of veth pairs. A link reports its peer's ifindex (IFLA_LINK) and the peer's namespace (IFLA_LINK_NETNSID), as
 * an id that is only valid in its own namespace. Both ends refer to each other, so there are few candidates for a peer, usually
 * one; the id decides.
 */

import type { LinkRef } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { NetlinkSocket, OpenNamespace } from "../kernel/index.ts";
import { namespaceId, type RawNamespace } from "./read.ts";

/** What a veth end reports about itself and its peer. */
export interface VethEnd extends LinkRef {
  readonly index: number;
  readonly peerIndex: number;
  /** null if the peer is in the same namespace. */
  readonly peerNamespaceId: number | null;
  /** The id of the lab's root namespace in this one. */
  readonly rootId: number;
}

export function vethEnds(raw: RawNamespace): VethEnd[] {
  return raw.links
    .filter((link) => link.info?.kind === "veth")
    .map((link) => ({
      namespace: raw.name,
      link: link.name ?? "",
      index: link.index ?? 0,
      peerIndex: link.link ?? 0,
      peerNamespaceId: link.linkNetnsId ?? null,
      rootId: raw.rootId,
    }));
}

/** `namespace:link`, the key of `findPeers`. */
export const peerKey = (namespace: string, link: string): string => `${namespace}:${link}`;

/** The peer of every requested end; ends whose peer is in none of the namespaces are left out. */
export function findPeers(
  ends: readonly VethEnd[],
  pathOf: (name: string) => string,
  isRequested: (end: VethEnd) => boolean = () => true,
): Map<string, LinkRef> {
  const byIndex = new Map<number, VethEnd[]>();
  for (const end of ends) {
    const list = byIndex.get(end.index);
    if (list) list.push(end);
    else byIndex.set(end.index, [end]);
  }
  const peers = new Map<string, LinkRef>();
  for (const end of ends) {
    if (!isRequested(end) || peers.has(peerKey(end.namespace, end.link))) continue;
    const peer = candidates(byIndex, end).find((each) => isBehind(end, each, pathOf));
    if (!peer) continue;
    peers.set(peerKey(end.namespace, end.link), { namespace: peer.namespace, link: peer.link });
    peers.set(peerKey(peer.namespace, peer.link), { namespace: end.namespace, link: end.link });
  }
  return peers;
}

function candidates(byIndex: ReadonlyMap<number, VethEnd[]>, end: VethEnd): readonly VethEnd[] {
  const local = end.peerNamespaceId === null;
  return (byIndex.get(end.peerIndex) ?? []).filter(
    (each) => each !== end && each.peerIndex === end.index && (each.namespace === end.namespace) === local,
  );
}

/**
 * Whether `peer` is in the namespace that `end` refers to by its link-netnsid. The root's id is already known; others are
 * queried.
 */
function isBehind(end: VethEnd, peer: VethEnd, pathOf: (name: string) => string): boolean {
  if (end.peerNamespaceId === null) return true;
  if (peer.namespace === ROOT) return end.rootId === end.peerNamespaceId;
  if (end.namespace === ROOT) return peer.rootId === peer.peerNamespaceId;
  using here = OpenNamespace.open(pathOf(end.namespace));
  using there = OpenNamespace.open(pathOf(peer.namespace));
  using socket = NetlinkSocket.open({ namespace: here.fd, name: end.namespace });
  return namespaceId(socket, there.fd) === end.peerNamespaceId;
}
