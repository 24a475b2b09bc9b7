/** Of the machine's root namespace what belongs to one lab on it (`--host`): all else there is the machine's business. */

import type { Link, Namespace } from "../model/index.ts";
import { borrowed, hostTableName, nicBridges, ROOT } from "../model/index.ts";

type Aliases = ReadonlyMap<string, { readonly alias: string | null }>;

/** Interfaces of the machine that the lab has, as what they are, whatever kind the kernel says. */
export function withNics(namespace: Namespace, lab: string, aliases: Aliases): Namespace {
  const links = namespace.links.map((link): Link => {
    const guest = borrowed(aliases.get(link.name)?.alias);
    if (guest?.lab !== lab) return link;
    const { name, up, mtu, mac, master } = link;
    // Other names that it has are the machine's business.
    return { kind: "nic", name, up, mtu, mac, master, altnames: [], device: guest.device, given: [] };
  });
  return { ...namespace, links };
}

/**
 * Links with the lab's mark, ends of cables whose other end is in one of the lab's namespaces, and what is on them. `aliases`
 * is by link. Loopback is the machine's own, and taken for what it should be.
 */
export function ownPart(machine: Namespace, lab: string, mark: string, aliases: Aliases): Namespace {
  const root = withNics(machine, lab, aliases);
  const links = root.links.filter(
    (link) =>
      link.kind === "nic" ||
      aliases.get(link.name)?.alias === mark ||
      (link.kind === "veth" && link.peer !== null && link.peer.namespace !== ROOT),
  );
  const own = new Set(links.map(({ name }) => name));
  const isOwn = ({ link }: { readonly link: string | null }): boolean => link !== null && own.has(link);
  const loopback = root.links.filter(({ kind }) => kind === "loopback").map((link) => ({ ...link, up: true }));
  // A bridge in the place of an interface has what the machine has put on that, and perhaps on it.
  const lent = nicBridges({ ...root, links });
  for (const link of links) if (link.kind === "nic") lent.add(link.name);
  const isLent = ({ link }: { readonly link: string | null }): boolean => link !== null && lent.has(link);
  return {
    ...root,
    links: [...loopback, ...links],
    addresses: root.addresses.filter(isOwn).map((each) => (isLent(each) ? { ...each, origin: "machine" } : each)),
    neighbours: root.neighbours.filter((each) => isOwn(each) && !isLent(each)),
    routes: root.routes
      .filter(({ nextHops }) => nextHops.length > 0 && nextHops.every(isOwn))
      .map((each) => (each.nextHops.some(isLent) ? { ...each, origin: "machine" } : each)),
    rules: [],
    netfilter: root.netfilter.filter(({ name }) => name === hostTableName(lab)),
  };
}
