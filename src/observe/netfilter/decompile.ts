/** Tables as the kernel reports them → the model's. The inverse of apply/netfilter/compile.ts. Pure. */

import type { NetfilterBase, NetfilterChain, NetfilterRule, NetfilterTable } from "../../model/index.ts";
import { canonicalTable } from "../../model/index.ts";
import {
  type ChainMessage,
  commentOf,
  NF_DROP,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFPROTO_NETDEV,
  NFT_TABLE_F_DORMANT,
  type Ruleset,
  type RulesetTable,
  type RuleMessage,
} from "../../netlink/nftables/index.ts";
import { decompileExpressions, type Sets } from "./rule.ts";
import { decompileSet, isAnonymous } from "./sets.ts";

const FAMILIES: ReadonlyMap<number, NetfilterTable["family"]> = new Map([
  [NFPROTO_INET, "inet"],
  [NFPROTO_IPV4, "ip"],
  [NFPROTO_IPV6, "ip6"],
  [NFPROTO_ARP, "arp"],
  [NFPROTO_BRIDGE, "bridge"],
  [NFPROTO_NETDEV, "netdev"],
]);
const HOOKS = ["prerouting", "input", "forward", "output", "postrouting", "ingress"] as const;
const NETDEV_HOOKS = ["ingress", "egress"] as const;
const ARP_HOOKS = ["input", "output", "forward"] as const;

/** In canonical order; what the model cannot express is step `opaque`. */
export function decompileRuleset({ tables }: Ruleset): NetfilterTable[] {
  return tables.flatMap((one) => decompileTable(one) ?? []);
}

function decompileTable({ table, sets, chains }: RulesetTable): NetfilterTable | null {
  const family = FAMILIES.get(table.family);
  if (family === undefined) return null;
  const byName: Sets = new Map(sets.map((one) => [one.set.name ?? "", one]));
  // No packets reach the chains of a dormant table.
  const dormant = ((table.flags ?? 0) & NFT_TABLE_F_DORMANT) !== 0;
  return canonicalTable({
    family,
    name: table.name ?? "",
    sets: sets.filter(({ set }) => !isAnonymous(set)).map(decompileSet),
    chains: chains.map(({ chain, rules }): NetfilterChain => ({
      name: chain.name ?? "",
      base: dormant ? null : baseOf(chain),
      rules: rules.map((rule) => decompileRule(rule, byName)),
    })),
  });
}

function baseOf({ family, hook, type, policy }: ChainMessage): NetfilterBase | null {
  if (hook === undefined) return null;
  const names: readonly NetfilterBase["hook"][] =
    family === NFPROTO_NETDEV ? NETDEV_HOOKS : family === NFPROTO_ARP ? ARP_HOOKS : HOOKS;
  return {
    type: (type ?? "filter") as NetfilterBase["type"],
    hook: names[hook.number ?? 0] ?? "input",
    priority: hook.priority ?? 0,
    policy: policy === NF_DROP ? "drop" : "accept",
    devices: hook.devices ?? (hook.device === undefined ? [] : [hook.device]),
  };
}

function decompileRule(rule: RuleMessage, sets: Sets): NetfilterRule {
  const { steps, comment } = decompileExpressions(rule.expressions ?? [], rule.family, sets);
  return { steps, comment: commentOf(rule.userData) ?? comment };
}
