/** Who a packet is from or to. */

import type { Family, Prefix } from "../../../model/index.ts";
import { formatPrefix } from "../../../model/index.ts";
import type { Network, Node } from "../network.ts";
import { addressesOfNode, parseNetwork } from "./names.ts";

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
