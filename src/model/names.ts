/** The names by which a node knows the others: the lines of its /etc/hosts. */

import { addressesOf, targetAddress } from "./endpoints.ts";
import type { Model, Namespace } from "./types.ts";

export interface HostLine {
  readonly address: string;
  readonly name: string;
}

/**
 * Every node by name as `node` should know it. Of a node with several addresses the first line has the one to aim at: on a
 * subnet that the two share if there is one. The others follow, so that each address has a name too (traceroute asks). IPv4
 * comes before IPv6.
 */
export function hostsFor(model: Model, node: string): HostLine[] {
  return model.namespaces.flatMap((other) => lines(other, (family) => targetAddress(model, node, other.name, family)));
}

/** The same for no node in particular: a file for all. */
export function hostsOf(model: Model): HostLine[] {
  return model.namespaces.flatMap((other) => lines(other, () => null));
}

function lines(node: Namespace, nearest: (family: 4 | 6) => string | null): HostLine[] {
  const all = addressesOf(node).map(({ address, family }) => ({ address, family }));
  return ([4, 6] as const).flatMap((family) => {
    const own = all.flatMap((each) => (each.family === family ? [each.address] : []));
    const first = own.length > 1 ? nearest(family) : null;
    const ordered = first === null ? own : [first, ...own.filter((address) => address !== first)];
    return ordered.map((address) => ({ address, name: node.name }));
  });
}
