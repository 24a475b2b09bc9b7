/** Which probes to send: from whom, to which address. Pure. */

import type { Expectation, Family, Model, Namespace } from "../model/index.ts";
import { addressesOf, parseAddress, targetAddress } from "../model/index.ts";

export interface Target {
  readonly source: string;
  /** A node's name, or the address that was named. */
  readonly destination: string;
  /** The node that has the address; null when nobody in the lab does. */
  readonly owner: string | null;
  readonly family: Family;
  /** null when source and destination have no address of this family in common. */
  readonly address: string | null;
  readonly protocol: Expectation["protocol"];
  readonly port: number | null;
  readonly expected: "reachable" | "unreachable";
}

const FAMILIES: readonly Family[] = [4, 6];

/** Every node that can take part, and those that cannot because they have no address. */
export function participants(model: Model): { readonly nodes: string[]; readonly unaddressed: string[] } {
  const nodes: string[] = [];
  const unaddressed: string[] = [];
  for (const namespace of model.namespaces) {
    if (addressesOf(namespace).length > 0) nodes.push(namespace.name);
    // The root namespace without addresses is no node of the user's: it only holds the switches.
    else if (namespace.name !== "root") unaddressed.push(namespace.name);
  }
  return { nodes, unaddressed };
}

/** Every node to every other, once for each family that both have. Pairs without a common family stay out. */
export function allPairs(model: Model): Target[] {
  const speakers = model.namespaces.filter((namespace) => addressesOf(namespace).length > 0);
  const families = new Map(speakers.map((namespace) => [namespace.name, familiesOf(namespace)]));
  const targets: Target[] = [];
  for (const source of speakers) {
    for (const destination of speakers) {
      if (source === destination) continue;
      for (const family of FAMILIES) {
        if (!families.get(source.name)!.has(family) || !families.get(destination.name)!.has(family)) continue;
        targets.push({
          source: source.name,
          destination: destination.name,
          owner: destination.name,
          family,
          address: targetAddress(model, source.name, destination.name, family),
          protocol: "icmp",
          port: null,
          expected: "reachable",
        });
      }
    }
  }
  return targets;
}

/** The probes that decide one line of `expect`: one for each family that both ends have, or the named address's. */
export function targetsOf(model: Model, expectation: Expectation): Target[] {
  const { source, destination, protocol, port } = expectation;
  const expected = expectation.reachable ? "reachable" : "unreachable";
  const common = { source, destination, protocol, port, expected } as const;
  const named = parseAddress(destination);
  if (named) {
    const owner = model.namespaces.find((namespace) =>
      addressesOf(namespace).some((each) => each.address === destination),
    );
    return [{ ...common, owner: owner?.name ?? null, family: named.family, address: destination }];
  }
  const [from, to] = [source, destination].map((name) => model.namespaces.find((each) => each.name === name));
  const shared = FAMILIES.filter((family) => from && to && familiesOf(from).has(family) && familiesOf(to).has(family));
  // Nothing in common is an answer too, and one that an expectation may have to fail on.
  if (shared.length === 0) return [{ ...common, owner: destination, family: 4, address: null }];
  return shared.map((family) => ({
    ...common,
    owner: destination,
    family,
    address: targetAddress(model, source, destination, family),
  }));
}

function familiesOf(namespace: Namespace): Set<Family> {
  return new Set(addressesOf(namespace).map((address) => address.family));
}
