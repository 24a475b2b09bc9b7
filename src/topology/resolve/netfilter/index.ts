/**
 * Last pass: `nat`, `publish`, `firewall` and `groups` to the one table of each node that has any of them.
 * In: the network with its addresses. Out: the table `inet netloom` in the words of model/netfilter.ts; faults are reported.
 * Chains: prerouting and nat_output (destination NAT), input, forward and output (the filter), postrouting (source NAT),
 * nat_refresh (memory of NAT types). Within one, what a packet may have to pass first comes first:
 * the user's rules before those that follow from other keys, hairpins before what leaves.
 */

import { NETLOOM_TABLE } from "../../../model/index.ts";
import type { NetfilterChain, NetfilterSet, NetfilterTable } from "../../../model/index.ts";
import type { Topology } from "../../schema.ts";
import type { Network, Node } from "../network.ts";
import { firewallChains } from "./firewall.ts";
import { readGroups } from "./groups.ts";
import type { Groups } from "./groups.ts";
import { natRules } from "./nat.ts";
import type { NatRules } from "./nat-rules.ts";
import { acceptPublished, publishRules } from "./publish.ts";
import { baseChain } from "./steps.ts";

/** Each node's tables; call once the addresses are known. */
export function netfilterOf(topology: Topology, network: Network): (node: Node) => readonly NetfilterTable[] {
  const groups = readGroups(topology, network);
  return (node) => {
    const table = tableOf(node, network, groups);
    return table === null ? [] : [table];
  };
}

function tableOf(node: Node, network: Network, groups: Groups): NetfilterTable | null {
  const published = publishRules(node, network);
  const nat = natRules(node, network, groups, published === null ? null : published.ports.name);
  const led = published !== null || nat.prerouting.length > 0;
  const accept = acceptPublished(nat.prefixes.map(({ prefix }) => prefix));
  const forward = [...nat.forward, ...(led && node.body.firewall?.forward === "drop" ? accept : [])];
  const input = [...nat.input, ...(published !== null && node.body.firewall?.input === "drop" ? accept : [])];
  const chains = [
    ...natChains(nat, published),
    ...firewallChains(node, network, groups, { input, forward }),
    ...nat.chains,
  ];
  if (chains.length === 0) return null;
  const sets = [...groups.takeSets(), ...publishedSets(published, nat), ...nat.sets];
  return { family: "inet", name: NETLOOM_TABLE, sets, chains };
}

type Published = ReturnType<typeof publishRules>;

/** The list of ports alone is only asked by NATs that give ports away. */
function publishedSets(published: Published, nat: NatRules): readonly NetfilterSet[] {
  if (published === null) return [];
  return nat.sets.length > 0 ? [...published.sets, published.ports] : published.sets;
}

function natChains(nat: NatRules, published: Published): NetfilterChain[] {
  const prerouting = [...(published?.prerouting ?? []), ...nat.prerouting, ...nat.prefixes.map((each) => each.rule)];
  const output = published?.output ?? [];
  const postrouting = [...nat.hairpin, ...(published?.postrouting ?? []), ...nat.postrouting];
  return [
    ...(prerouting.length > 0 ? [baseChain("prerouting", "nat", "prerouting", "dstnat", prerouting)] : []),
    ...(output.length > 0 ? [baseChain("nat_output", "nat", "output", "dstnat", output)] : []),
    ...(postrouting.length > 0 ? [baseChain("postrouting", "nat", "postrouting", "srcnat", postrouting)] : []),
    ...(nat.refresh.length > 0
      ? [baseChain("nat_refresh", "filter", "postrouting", "srcnat", nat.refresh, { behind: 10 })]
      : []),
  ];
}
