/** Who a packet is from or to: a word of a rule, looked up; and the steps that match it. */

import type { Family, NetfilterStep } from "../../../model/index.ts";
import { nearest, suggestion } from "../../suggest.ts";
import type { Network, Node } from "../network.ts";
import type { Groups } from "./groups.ts";
import { disjoint, linksOf } from "./names.ts";
import { addressParty, ANY, nodeParty } from "./party.ts";
import type { Fault, Party } from "./party.ts";
import { destinationField, lookup, match, sourceField } from "./steps.ts";

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

/** The steps that match a party, once the family is known to be this one. */
export function partySteps(party: Party, side: "from" | "to", family: Family | null, groups: Groups): NetfilterStep[] {
  if (party.kind === "any") return [];
  if (party.kind === "links") return [match(side === "from" ? "iifname" : "oifname", ...party.names)];
  if (family === null) throw new Error("addresses without a family");
  const field = side === "from" ? sourceField(family) : destinationField(family);
  if (party.kind === "group") return [lookup(field, groups.setName(party.name, family))];
  return [match(field, ...disjoint(party.prefixes.filter((prefix) => prefix.family === family)))];
}
