/**
 * Where links lead. A link reports the ifindex of its peer or parent (IFLA_LINK) and, by an id that only its own namespace
 * understands (IFLA_LINK_NETNSID), the namespace of that ifindex. The kernel says which id belongs to a
 * namespace (RTM_GETNSID) without assigning one. One end of a cable is enough, since it leads both ways.
 */

import type { LinkRef } from "../model/index.ts";
import { Batch, NetlinkSocket } from "../kernel/index.ts";
import type { LinkMessage } from "../netlink/index.ts";
import { lowerIndexOf } from "../rtnl/index.ts";
import { dataOf } from "./convert.ts";

export interface End {
  readonly namespace: string;
  readonly link: string;
  readonly index: number;
  /** ifindex of the peer or parent. */
  readonly target: number;
  /** Null: in the same namespace. */
  readonly id: number | null;
  /** A cable has two ends that lead to each other; a VLAN only leads to its parent. */
  readonly cable: boolean;
}

/** A descriptor of a namespace, to be closed. */
export interface OpenPlace extends Disposable {
  readonly fd: number;
}

/** A namespace that was read, as far as its links are concerned. */
export interface Place {
  readonly name: string;
  readonly rootId: number;
  readonly ends: readonly End[];
  readonly indexes: ReadonlyMap<number, string>;
}

export function endOf(namespace: string, link: LinkMessage): End | null {
  const cable = link.info?.kind === "veth";
  const target = link.link || lowerIndexOf(link) || dataOf(link)?.link;
  if (!target || link.index === undefined) return null;
  const id = link.linkNetnsId ?? null;
  // A link whose parent is itself (there are many in a macvlan's namespace) leads nowhere.
  if (id === null && target === link.index) return null;
  return { namespace, link: link.name ?? "", index: link.index, target, id, cable };
}

export const endKey = (namespace: string, link: string): string => `${namespace}\0${link}`;

/** How many namespaces are asked about in one send: each is a descriptor. */
const AT_ONCE = 64;

/** By `endKey`; what leads to a namespace that was not read is left out. */
export function resolveEnds(
  places: readonly Place[],
  root: string,
  open: (name: string) => OpenPlace | null,
): Map<string, LinkRef> {
  const byName = new Map(places.map((place) => [place.name, place]));
  const found = new Map<string, LinkRef>();
  /** Namespace → id → namespace. */
  const ids = new Map(places.map(({ name, rootId }) => [name, new Map(rootId >= 0 ? [[rootId, root]] : [])]));
  const settle = (end: End, place: Place | undefined): boolean => {
    const link = place?.indexes.get(end.target);
    if (place === undefined || link === undefined) return false;
    found.set(endKey(end.namespace, end.link), { namespace: place.name, link });
    if (end.cable) found.set(endKey(place.name, link), { namespace: end.namespace, link: end.link });
    return true;
  };
  const direct = (end: End): boolean => {
    const target = end.id === null ? end.namespace : ids.get(end.namespace)?.get(end.id);
    return target !== undefined && settle(end, byName.get(target));
  };
  const all = places.flatMap(({ ends }) => ends);
  const left = all
    .filter((end) => !direct(end))
    .filter((end) => end.id !== null && !found.has(endKey(end.namespace, end.link)));
  if (left.length === 0) return found;
  const cables = new Map<string, End[]>();
  for (const end of all) {
    const key = `${end.index} ${end.target}`;
    const known = cables.get(key);
    if (!end.cable) continue;
    if (known === undefined) cables.set(key, [end]);
    else known.push(end);
  }
  for (const end of left) {
    // What was learned of another link of the same namespace, or from the other end, may be enough.
    if (found.has(endKey(end.namespace, end.link)) || direct(end)) continue;
    const candidates = end.cable
      ? (cables.get(`${end.target} ${end.index}`) ?? []).map(({ namespace }) => namespace)
      : places.filter(({ indexes }) => indexes.has(end.target)).map(({ name }) => name);
    const others = [...new Set(candidates)].filter((name) => name !== end.namespace);
    const target = ask(end, others, open);
    if (target === null) continue;
    ids.get(end.namespace)?.set(end.id!, target);
    direct(end);
  }
  return found;
}

/** The one of these namespaces that has this id in the end's own namespace. */
function ask(end: End, candidates: readonly string[], open: (name: string) => OpenPlace | null): string | null {
  for (let at = 0; at < candidates.length; at += AT_ONCE) {
    const some = candidates.slice(at, at + AT_ONCE);
    using here = attempt(() => open(end.namespace));
    if (here === null) return null;
    using socket = NetlinkSocket.open({ namespace: here.fd, name: end.namespace });
    const handles = some.map((name) => ({ name, handle: attempt(() => open(name)) }));
    try {
      for (const { name, handle } of handles) {
        if (handle === null) continue;
        const batch = new Batch();
        batch.add({ kind: "nsid", command: "get", fd: handle.fd }, 0, "read the id of a namespace");
        for (const { message } of socket.ask(batch)) if (message.kind === "nsid" && message.id === end.id) return name;
      }
    } finally {
      for (const { handle } of handles) handle?.[Symbol.dispose]();
    }
  }
  return null;
}

function attempt(action: () => OpenPlace | null): OpenPlace | null {
  try {
    return action();
  } catch {
    // it has gone away meanwhile
    return null;
  }
}
