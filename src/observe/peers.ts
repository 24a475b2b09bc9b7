/**
 * Which end of a veth pair belongs to which. A link tells its peer's ifindex (IFLA_LINK) and, by an id that only its own
 * namespace understands, the peer's namespace (IFLA_LINK_NETNSID). Both ends point at each other, so the candidates for a
 * peer are few, usually one; the id decides.
 */

import type { LinkRef } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { NetlinkSocket, OpenNamespace } from "../kernel/index.ts";
import { namespaceId, type RawNamespace } from "./read.ts";

/** What a veth end says of itself and of its peer. */
export interface VethEnd extends LinkRef {
  readonly index: number;
  readonly peerIndex: number;
  /** null when the peer is in the same namespace. */
  readonly peerNamespaceId: number | null;
  /** By which id its namespace knows the lab's root namespace. */
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

/** The peer of every end that is asked for; one whose peer is in none of the namespaces is left out. */
export function findPeers(
  ends: readonly VethEnd[],
  pathOf: (name: string) => string,
  isAsked: (end: VethEnd) => boolean = () => true,
): Map<string, LinkRef> {
  const byIndex = new Map<number, VethEnd[]>();
  for (const end of ends) {
    const list = byIndex.get(end.index);
    if (list) list.push(end);
    else byIndex.set(end.index, [end]);
  }
  const peers = new Map<string, LinkRef>();
  for (const end of ends) {
    if (!isAsked(end) || peers.has(peerKey(end.namespace, end.link))) continue;
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

/** Is `peer` in the namespace that `end` calls by its link-netnsid? The root's id was read along; others are asked for. */
function isBehind(end: VethEnd, peer: VethEnd, pathOf: (name: string) => string): boolean {
  if (end.peerNamespaceId === null) return true;
  if (peer.namespace === ROOT) return end.rootId === end.peerNamespaceId;
  if (end.namespace === ROOT) return peer.rootId === peer.peerNamespaceId;
  using here = OpenNamespace.open(pathOf(end.namespace));
  using there = OpenNamespace.open(pathOf(peer.namespace));
  using socket = NetlinkSocket.open({ namespace: here.fd, name: end.namespace });
  return namespaceId(socket, there.fd) === end.peerNamespaceId;
}
