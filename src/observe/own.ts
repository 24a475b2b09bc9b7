/** Of the machine's root namespace what belongs to one lab on it (`--host`): all else there is the machine's business. */

import type { Namespace } from "../model/index.ts";
import { hostTableName, ROOT } from "../model/index.ts";

/**
 * Links with the lab's mark, ends of cables whose other end is in one of the lab's namespaces, and what is on them. `aliases`
 * is by link. Loopback is the machine's own, and taken for what it should be.
 */
export function ownPart(
  root: Namespace,
  lab: string,
  mark: string,
  aliases: ReadonlyMap<string, { readonly alias: string | null }>,
): Namespace {
  const links = root.links.filter(
    (link) =>
      aliases.get(link.name)?.alias === mark ||
      (link.kind === "veth" && link.peer !== null && link.peer.namespace !== ROOT),
  );
  const own = new Set(links.map(({ name }) => name));
  const isOwn = ({ link }: { readonly link: string | null }): boolean => link !== null && own.has(link);
  const loopback = root.links.filter(({ kind }) => kind === "loopback").map((link) => ({ ...link, up: true }));
  return {
    ...root,
    links: [...loopback, ...links],
    addresses: root.addresses.filter(isOwn),
    neighbours: root.neighbours.filter(isOwn),
    routes: root.routes.filter(({ nextHops }) => nextHops.length > 0 && nextHops.every(isOwn)),
    rules: [],
    netfilter: root.netfilter.filter(({ name }) => name === hostTableName(lab)),
  };
}
