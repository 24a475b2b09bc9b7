/** Finds the pairs of tunnel ends in a model that belong to one tunnel. */

import { isMulticast, kindOf } from "../model/index.ts";
import type { Link, LinkRef, Model } from "../model/index.ts";
import { isTunnel, type LinkFacts } from "./kinds.ts";

interface Tip extends LinkRef {
  readonly local: string | null;
  readonly remote: string;
  /** What both ends must have in common: kind, VNI, port. */
  readonly about: string;
  /** What the other end must have in reverse. */
  readonly keys: readonly [input: string, output: string];
}

/**
 * Maps each end, as `NAMESPACE\0LINK`, to the other one. Both must lead to each other: the remote address of each end is the
 * local address of the other, or any address of its namespace if the kernel chooses the local address. A group address leads to
 * many ends, so it forms no pair.
 */
export function tunnelPairs(
  model: Model,
  factsOf: (namespace: string, link: string) => LinkFacts,
): ReadonlyMap<string, LinkRef> {
  const tips = model.namespaces.flatMap(({ name, links }) =>
    links.flatMap((link) => (isTunnel(link) ? tipOf(name, link, factsOf(name, link.name)) : [])),
  );
  const pairs = new Map<string, LinkRef>();
  if (tips.length < 2) return pairs;
  const owned = new Map(
    model.namespaces.map(({ name, addresses }) => [name, new Set(addresses.map(({ address }) => address))]),
  );
  const isAt = ({ namespace, local }: Tip, address: string): boolean =>
    local === null ? owned.get(namespace)!.has(address) : local === address;
  const alike = new Map<string, Tip[]>();
  for (const tip of tips) {
    const known = alike.get(tip.about);
    if (known === undefined) alike.set(tip.about, [tip]);
    else known.push(tip);
  }
  for (const some of alike.values())
    for (const [i, a] of some.entries()) {
      if (pairs.has(keyOf(a))) continue;
      const b = some.find((one, j) => {
        const opposite = j > i && one.keys[0] === a.keys[1] && one.keys[1] === a.keys[0];
        return opposite && !pairs.has(keyOf(one)) && isAt(one, a.remote) && isAt(a, one.remote);
      });
      if (b !== undefined) pairs.set(keyOf(a), b).set(keyOf(b), a);
    }
  return pairs;
}

function tipOf(namespace: string, link: Link, { details = {} }: LinkFacts): Tip[] {
  const text = (key: string): string => String(details[key] ?? "");
  const { local, remote } = details;
  if (remote === undefined || ANY.has(String(remote)) || isMulticast(String(remote))) return [];
  return [
    {
      namespace,
      link: link.name,
      local: local === undefined || ANY.has(String(local)) ? null : String(local),
      remote: String(remote),
      about: [kindOf(link), text("id"), text("port")].join(" "),
      keys: [text("input key"), text("output key")],
    },
  ];
}

const ANY = new Set(["0.0.0.0", "::"]);

function keyOf({ namespace, link }: LinkRef): string {
  return `${namespace}\0${link}`;
}
