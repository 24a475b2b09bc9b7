/** Who a packet is from or to: a word of a rule, looked up; and the steps that match it. */

import type { Family, NetfilterStep, Prefix } from "../../../model/index.ts";
import { formatPrefix } from "../../../model/index.ts";
import { nearest, suggestion } from "../../suggest.ts";
import type { Network, Node } from "../network.ts";
import type { Groups } from "./groups.ts";
import { addressesOfNode, disjoint, linksOf, parseNetwork } from "./names.ts";
import { destinationField, lookup, match, sourceField } from "./steps.ts";

export type Party =
  | { readonly kind: "any" }
  | { readonly kind: "links"; readonly names: readonly string[] }
  | { readonly kind: "addresses"; readonly prefixes: readonly Prefix[] }
  | { readonly kind: "group"; readonly name: string; readonly families: readonly Family[] };

export interface Fault {
  readonly fault: string;
  readonly hint: string | undefined;
}

export const ANY: Party = { kind: "any" };

/** Looks a word up: an interface of the node, a switch that it is on, a node, a group, an address or a network. */
export function findParty(word: string, node: Node, network: Network, groups: Groups): Party | Fault {
  if (word === "any") return ANY;
  const links = linksOf(node, network);
  const named = links.find((link) => link.name === word);
  if (named !== undefined) return { kind: "links", names: [named.name] };
  if (network.switches.has(word)) {
    const names = links.filter((link) => link.segment === word).map((link) => link.name);
    if (names.length > 0) return { kind: "links", names };
    const fault = `${node.name} has no interface on switch ${word}`;
    return { fault, hint: suggestion(word, [...switchesOf(links), ...links.map((link) => link.name)]) };
  }
  const other = network.nodes.get(word);
  if (other !== undefined) return nodeParty(other, network);
  const group = groups.find(word);
  if (group !== null) return group;
  return addressParty(word) ?? unknown(word, links, network, groups);
}

function switchesOf(links: readonly { readonly segment: string | null }[]): string[] {
  return links.flatMap(({ segment }) => segment ?? []);
}

export function nodeParty(node: Node, network: Network): Party | Fault {
  const prefixes = addressesOfNode(node, network).flatMap(({ address }) => parseNetwork(address)?.prefix ?? []);
  if (prefixes.length > 0) return { kind: "addresses", prefixes };
  return { fault: `${node.name} has no static address`, hint: "write its network instead" };
}

/** Null when it does not look like an address. */
export function addressParty(word: string): Party | Fault | null {
  const parsed = parseNetwork(word);
  if (parsed === null) {
    if (!/^[\d.]+(\/.*)?$|:/.test(word)) return null;
    return {
      fault: `${JSON.stringify(word)} is neither an address nor a network`,
      hint: "write it as 10.0.0.1, 10.0.0.0/24 or 2001:db8::/64",
    };
  }
  if (!parsed.exact)
    return {
      fault: `${word} is an address in a network, not a network`,
      hint: `the network is ${formatPrefix(parsed.prefix)}`,
    };
  return { kind: "addresses", prefixes: [parsed.prefix] };
}

function unknown(
  word: string,
  links: readonly { name: string; segment: string | null }[],
  network: Network,
  groups: Groups,
): Fault {
  const candidates = [
    ...new Set([
      ...links.map((link) => link.name),
      ...switchesOf(links),
      ...network.nodes.keys(),
      ...groups.names(),
      "any",
    ]),
  ];
  const near = nearest(word, candidates);
  return {
    fault: `${JSON.stringify(word)} is not an interface or switch of this node, nor a node, group, address or network`,
    hint: near === null ? suggestion(word, candidates) : `did you mean ${JSON.stringify(near)}?`,
  };
}

/** The families that addresses tie a party to; null: both, without a difference. */
export function familiesOf(party: Party): readonly Family[] | null {
  if (party.kind === "addresses") return ([4, 6] as const).filter((f) => party.prefixes.some((p) => p.family === f));
  return party.kind === "group" ? party.families : null;
}

/** The families that a rule between two parties is for: null once for both together, else each that both have. */
export function commonFamilies(from: Party, to: Party): readonly (Family | null)[] {
  const [a, b] = [familiesOf(from), familiesOf(to)];
  if (a === null && b === null) return [null];
  return ([4, 6] as const).filter((family) => (a?.includes(family) ?? true) && (b?.includes(family) ?? true));
}

/** The steps that match a party, once the family is known to be this one. */
export function partySteps(party: Party, side: "from" | "to", family: Family | null, groups: Groups): NetfilterStep[] {
  if (party.kind === "any") return [];
  if (party.kind === "links") return [match(side === "from" ? "iifname" : "oifname", ...party.names)];
  if (family === null) throw new Error("addresses without a family");
  const field = side === "from" ? sourceField(family) : destinationField(family);
  if (party.kind === "group") return [lookup(field, groups.setName(party.name, family))];
  return [match(field, ...disjoint(party.prefixes.filter((prefix) => prefix.family === family)))];
}
