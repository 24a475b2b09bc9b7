/** The part of the machine's root namespace that belongs to one lab on it (`--host`): everything else is left alone. */

import type { Link, Namespace } from "../model/index.ts";
import { borrowed, hostTableName, nicBridges, ROOT } from "../model/index.ts";

type Aliases = ReadonlyMap<string, { readonly alias: string | null }>;

/** Reports the machine's interfaces that the lab uses as `nic`, whatever kind the kernel reports. */
export function withNics(namespace: Namespace, lab: string, aliases: Aliases): Namespace {
  const links = namespace.links.map((link): Link => {
    const guest = borrowed(aliases.get(link.name)?.alias);
    if (guest?.lab !== lab) return link;
    const { name, up, mtu, mac, master } = link;
    // Its altnames belong to the machine.
    return { kind: "nic", name, up, mtu, mac, master, altnames: [], device: guest.device, given: [] };
  });
  return { ...namespace, links };
}

/**
 * Links with the lab's mark, cables that lead into one of the lab's namespaces, and what is configured on them. `aliases` is by
 * link. Loopback belongs to the machine and is reported as it should be.
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
  // A bridge that replaces an interface carries what the machine has configured on that interface, and possibly on the bridge
  // itself.
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
