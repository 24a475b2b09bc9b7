/** The one order in which a model lists things, so that equal networks are equal JSON. */

import type { NetfilterTable } from "./netfilter.ts";
import type { Service } from "./services.ts";
import { parseAddress } from "./address.ts";
import { compareNames } from "./natural.ts";
import { formatPrefix, networkOf } from "./prefix.ts";
import { canonicalTable } from "./tables.ts";
import { ROOT } from "./types.ts";
import type { Address, Link, Model, Namespace, Neighbour, NextHop, Route, Rule } from "./types.ts";

export { compareNames } from "./natural.ts";

const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Root first, then natural order. */
export function compareNodes(a: string, b: string): number {
  if (a === ROOT || b === ROOT) return a === b ? 0 : a === ROOT ? -1 : 1;
  return compareNames(a, b);
}

/**
 * By link and family; of IPv6 by address, digits before letters, so that global ones (2…) come before fd… and fe80…. IPv4
 * addresses of a link stay as they are: the first of a network is the one that packets leave with.
 */
export function compareAddresses(a: Address, b: Address): number {
  const apart = compareNames(a.link, b.link) || a.family - b.family;
  return apart !== 0 || a.family === 4 ? apart : compareNames(a.address, b.address) || a.prefixLength - b.prefixLength;
}

/** As the kernel keeps them: those that are the first of their network before all others of their link. */
function primariesFirst(addresses: readonly Address[]): readonly Address[] {
  const several = (at: number): boolean =>
    addresses[at]!.family === 4 && addresses[at]!.link === addresses[at + 1]!.link && addresses[at + 1]!.family === 4;
  if (!addresses.slice(0, -1).some((_, at) => several(at))) return addresses;
  const known = new Set<string>();
  const rank = new Map<Address, number>();
  for (const each of addresses) {
    const network =
      each.family === 6
        ? null
        : `${each.link} ${formatPrefix(networkOf(parseAddress(each.address)!, each.prefixLength))}`;
    rank.set(each, network !== null && known.has(network) ? 1 : 0);
    if (network !== null) known.add(network);
  }
  return sorted(
    addresses,
    (a, b) => compareNames(a.link, b.link) || a.family - b.family || rank.get(a)! - rank.get(b)!,
  );
}

function compareNextHops(a: NextHop, b: NextHop): number {
  return compareNames(a.link ?? "", b.link ?? "") || compareNames(a.via ?? "", b.via ?? "") || a.weight - b.weight;
}

/** By family, table, destination, metric; the rest only makes the order total. */
function compareRoutes(a: Route, b: Route): number {
  return (
    a.family - b.family ||
    a.table - b.table ||
    compareNames(a.to, b.to) ||
    a.metric - b.metric ||
    plain(a.type, b.type) ||
    plain(a.origin, b.origin) ||
    compareHopLists(a.nextHops, b.nextHops) ||
    plain(a.source ?? "", b.source ?? "")
  );
}

function compareHopLists(a: readonly NextHop[], b: readonly NextHop[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = compareNextHops(a[i]!, b[i]!);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareRules(a: Rule, b: Rule): number {
  return a.family - b.family || a.priority - b.priority || plain(JSON.stringify(a), JSON.stringify(b));
}

function sorted<T>(list: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  for (let i = 1; i < list.length; i++) if (compare(list[i - 1]!, list[i]!) > 0) return [...list].sort(compare);
  return list;
}

function canonicalNamespace(namespace: Namespace): Namespace {
  const { name, forwarding, links, addresses, routes, rules, neighbours, sysctls, nameService } = namespace;
  return {
    name,
    forwarding,
    links: sorted(links.map(canonicalLink), (a, b) => compareNames(a.name, b.name)),
    addresses: primariesFirst(sorted(addresses, compareAddresses)),
    routes: sorted(routes.map(canonicalRoute), compareRoutes),
    rules: sorted(rules, compareRules),
    neighbours: sorted(neighbours, compareNeighbours),
    sysctls: Object.fromEntries(Object.entries(sysctls).sort(([a], [b]) => plain(a, b))),
    netfilter: canonicalNetfilter(namespace.netfilter),
    services: sorted(namespace.services, compareServices),
    nameService,
  };
}

/** By family and name. */
function canonicalNetfilter(tables: readonly NetfilterTable[]): readonly NetfilterTable[] {
  const compare = (a: NetfilterTable, b: NetfilterTable): number =>
    plain(a.family, b.family) || compareNames(a.name, b.name);
  return sorted(tables.map(canonicalTable), compare);
}

function compareServices(a: Service, b: Service): number {
  return plain(a.kind, b.kind) || compareNames(serviceSubject(a), serviceSubject(b));
}

/** What distinguishes services of one kind in a namespace. */
export function serviceSubject(service: Service): string {
  if (service.kind === "process") return service.name;
  return service.kind === "resolver" ? "" : service.link;
}

function canonicalLink(link: Link): Link {
  return link.altnames.length < 2 ? link : { ...link, altnames: sorted(link.altnames, compareNames) };
}

function canonicalRoute(route: Route): Route {
  return route.nextHops.length < 2 ? route : { ...route, nextHops: sorted(route.nextHops, compareNextHops) };
}

function compareNeighbours(a: Neighbour, b: Neighbour): number {
  return compareNames(a.link, b.link) || compareNames(a.address, b.address) || plain(a.mac, b.mac);
}

/** The same model in canonical order. Idempotent; never changes its argument. */
export function canonical(model: Model): Model {
  return {
    name: model.name,
    namespaces: sorted(model.namespaces.map(canonicalNamespace), (a, b) => compareNodes(a.name, b.name)),
  };
}
