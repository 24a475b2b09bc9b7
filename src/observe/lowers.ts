/** Finds lower links in other namespaces, as those of macvlans that are in a container: by ifindex, and by the id of the namespace. */

import type { LinkRef } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { NetlinkSocket, OpenNamespace } from "../kernel/index.ts";
import { lowerIndexOf } from "../rtnl/index.ts";
import { namespaceId, type RawNamespace } from "./read.ts";

/** A link whose lower link is elsewhere. */
export interface Upper extends LinkRef {
  /** Of the lower link, in its own namespace. */
  readonly lowerIndex: number;
  /** The id of that namespace in this one. */
  readonly lowerNamespaceId: number;
  /** The id of the lab's root namespace in this one. */
  readonly rootId: number;
}

export function uppersIn({ name, links, rootId }: RawNamespace): Upper[] {
  return links.flatMap((link): Upper[] => {
    const lowerIndex = link.linkNetnsId === undefined ? null : lowerIndexOf(link);
    if (lowerIndex === null) return [];
    return [{ namespace: name, link: link.name ?? "", lowerIndex, lowerNamespaceId: link.linkNetnsId!, rootId }];
  });
}

/** Namespace → link → its ifindex. */
type Indexes = ReadonlyMap<string, ReadonlyMap<string, { readonly index: number }>>;

/** The lower link of each; those with one outside of these namespaces are left out. */
export function findLowers(
  uppers: readonly Upper[],
  indexes: Indexes,
  pathOf: (name: string) => string,
): Map<Upper, LinkRef> {
  const found = new Map<Upper, LinkRef>();
  for (const upper of uppers) {
    const candidates = [...indexes].flatMap(([namespace, links]): LinkRef[] => {
      const link = [...links].find(([, { index }]) => index === upper.lowerIndex)?.[0];
      return link === undefined || namespace === upper.namespace ? [] : [{ namespace, link }];
    });
    const lower = candidates.find((each) => isThere(upper, each.namespace, pathOf));
    if (lower !== undefined) found.set(upper, lower);
  }
  return found;
}

/** Whether the namespace is the one that the link refers to by its link-netnsid. */
function isThere(upper: Upper, namespace: string, pathOf: (name: string) => string): boolean {
  if (namespace === ROOT) return upper.rootId === upper.lowerNamespaceId;
  using here = OpenNamespace.open(pathOf(upper.namespace));
  using there = OpenNamespace.open(pathOf(namespace));
  using socket = NetlinkSocket.open({ namespace: here.fd, name: upper.namespace });
  return namespaceId(socket, there.fd) === upper.lowerNamespaceId;
}
