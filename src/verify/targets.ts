/** Decides which probes to send: from which node, to which address. Pure. */

import type { Expectation, Family, Model, Namespace } from "../model/index.ts";
import { addressesOf, parseAddress, targetAddress } from "../model/index.ts";
import { publishedService, type Service } from "../packet/index.ts";

export interface Target {
  readonly source: string;
  /** A node's name, or the given address. */
  readonly destination: string;
  /** The node that has the address; null if no node of the lab has it. */
  readonly owner: string | null;
  readonly family: Family;
  /** null unless source and destination both have an address of this family. */
  readonly address: string | null;
  readonly protocol: Expectation["protocol"];
  readonly port: number | null;
  /** Where a published port leads; null if the address itself is the endpoint. */
  readonly service: Service | null;
  readonly expected: "reachable" | "unreachable";
}

const FAMILIES: readonly Family[] = [4, 6];

/** The nodes that can take part, and those that cannot because they have no address. */
export function participants(model: Model): { readonly nodes: string[]; readonly unaddressed: string[] } {
  const nodes: string[] = [];
  const unaddressed: string[] = [];
  for (const namespace of model.namespaces) {
    if (addressesOf(namespace).length > 0) nodes.push(namespace.name);
    // A root namespace without addresses is not one of the user's nodes: it only holds the switches.
    else if (namespace.name !== "root") unaddressed.push(namespace.name);
  }
  return { nodes, unaddressed };
}

/** Every ordered pair of nodes, once for each family that both have. Pairs without a common family are left out. */
export function allPairs(model: Model): Target[] {
  const addressed = model.namespaces.filter((namespace) => addressesOf(namespace).length > 0);
  const families = new Map(addressed.map((namespace) => [namespace.name, familiesOf(namespace)]));
  const targets: Target[] = [];
  for (const source of addressed) {
    for (const destination of addressed) {
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
          service: null,
          expected: "reachable",
        });
      }
    }
  }
  return targets;
}

/** The probes that decide one line of `expect`: one for each family that both ends have, or the family of the given address. */
export function targetsOf(model: Model, expectation: Expectation): Target[] {
  const { source, destination, protocol, port } = expectation;
  const expected = expectation.reachable ? "reachable" : "unreachable";
  const common = { source, destination, protocol, port, expected } as const;
  const behind = (owner: string | null, family: Family, address: string | null): Service | null =>
    owner === null || address === null || protocol === "icmp" || port === null
      ? null
      : publishedService(model, { node: owner, family, address, protocol, port });
  const named = parseAddress(destination);
  if (named) {
    const owner = model.namespaces.find((namespace) =>
      addressesOf(namespace).some((each) => each.address === destination),
    );
    const { family } = named;
    const service = behind(owner?.name ?? null, family, destination);
    return [{ ...common, owner: owner?.name ?? null, family, address: destination, service }];
  }
  const [from, to] = [source, destination].map((name) => model.namespaces.find((each) => each.name === name));
  const shared = FAMILIES.filter((family) => from && to && familiesOf(from).has(family) && familiesOf(to).has(family));
  // No common family is a result, too, and one that an expectation may have to fail on.
  if (shared.length === 0) return [{ ...common, owner: destination, family: 4, address: null, service: null }];
  return shared.map((family) => {
    const address = targetAddress(model, source, destination, family);
    return { ...common, owner: destination, family, address, service: behind(destination, family, address) };
  });
}

function familiesOf(namespace: Namespace): Set<Family> {
  return new Set(addressesOf(namespace).map((address) => address.family));
}
