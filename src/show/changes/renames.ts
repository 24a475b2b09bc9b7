/** A link by another name is the same link: what hangs on it neither goes nor comes. */

import type { Link, Namespace } from "../../model/index.ts";

/** New names by old ones. */
export function findRenames(before: Namespace, after: Namespace): Map<string, string> {
  const names = (links: readonly Link[]): Set<string> => new Set(links.map(({ name }) => name));
  const [old, now] = [names(before.links), names(after.links)];
  const come = after.links.filter(({ name }) => !old.has(name));
  return new Map(
    before.links.flatMap((link): [string, string][] => {
      if (now.has(link.name) || link.mac === null) return [];
      const same = come.filter(({ kind, mac }) => kind === link.kind && mac === link.mac);
      return same.length === 1 ? [[link.name, same[0]!.name]] : [];
    }),
  );
}

/** The namespace as it would be with the new names. */
export function renamed(namespace: Namespace, names: ReadonlyMap<string, string>): Namespace {
  if (names.size === 0) return namespace;
  const to = <T extends string | null>(name: T): T => (names.get(name ?? "") as T | undefined) ?? name;
  const { links, addresses, routes, neighbours } = namespace;
  return {
    ...namespace,
    links: links.map((link) => ({ ...link, name: to(link.name), master: to(link.master) })),
    addresses: addresses.map((address) => ({ ...address, link: to(address.link) })),
    routes: routes.map((route) => ({
      ...route,
      nextHops: route.nextHops.map((hop) => ({ ...hop, link: to(hop.link) })),
    })),
    neighbours: neighbours.map((neighbour) => ({ ...neighbour, link: to(neighbour.link) })),
  };
}
