/** What an entry of `nat` adds to a node's table, and what it needs to know for that. */

import type { NetfilterChain, NetfilterRule, NetfilterSet } from "../../../model/index.ts";
import type { Path } from "../../problems.ts";
import type { Network, Node } from "../network.ts";
import type { Groups } from "./groups.ts";

/** What an entry adds to the table. */
export interface NatRules {
  readonly sets: readonly NetfilterSet[];
  readonly chains: readonly NetfilterChain[];
  readonly prerouting: readonly NetfilterRule[];
  /** Outside prefixes that replace an inside one, and the prerouting rules that translate them back. */
  readonly prefixes: readonly { readonly prefix: string; readonly rule: NetfilterRule }[];
  /** Before the other rules of postrouting. */
  readonly hairpin: readonly NetfilterRule[];
  readonly postrouting: readonly NetfilterRule[];
  /** For every packet, behind the translation of its source. */
  readonly refresh: readonly NetfilterRule[];
  /** What a NAT of this type does not let in; behind the rules of the user's firewall. */
  readonly input: readonly NetfilterRule[];
  readonly forward: readonly NetfilterRule[];
}

/** One behind the other. */
export function joinNat(entries: readonly Partial<NatRules>[]): NatRules {
  const rules = (key: Exclude<keyof NatRules, "sets" | "chains" | "prefixes">): readonly NetfilterRule[] =>
    entries.flatMap((entry) => entry[key] ?? []);
  return {
    sets: entries.flatMap((entry) => entry.sets ?? []),
    chains: entries.flatMap((entry) => entry.chains ?? []),
    prerouting: rules("prerouting"),
    prefixes: entries.flatMap((entry) => entry.prefixes ?? []),
    hairpin: rules("hairpin"),
    postrouting: rules("postrouting"),
    refresh: rules("refresh"),
    input: rules("input"),
    forward: rules("forward"),
  };
}

/** The place of an entry, and what it needs to look up. */
export interface NatContext {
  readonly path: Path;
  /** Names of its sets and chains begin with this. */
  readonly id: string;
  readonly node: Node;
  readonly network: Network;
  readonly groups: Groups;
  /** Set of the ports that are published: not to be given away. */
  readonly published: string | null;
}
