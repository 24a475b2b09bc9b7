/** A summary of tables: who made them, their hooks, how many rules they have. Pure except for the reader passed in. */

import type { NetfilterSummary, NetfilterTable } from "../model/index.ts";
import { isOwnTable } from "../model/index.ts";

/** iptables' own names, for tables and the chains of them that packets come to. */
const TABLES = new Set(["filter", "nat", "mangle", "raw", "security", "broute"]);
const CHAINS = new Set(["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING", "BROUTING"]);

export function summaryOf(table: NetfilterTable): NetfilterSummary {
  return {
    origin: isOwnTable(table) ? "netloom" : isIptables(table) ? "iptables-nft" : "nft",
    family: table.family,
    table: table.name,
    sets: table.sets.length,
    chains: table.chains.map(({ name, base, rules }) => ({
      name,
      hook: base?.hook ?? null,
      policy: base?.policy ?? null,
      rules: rules.length,
    })),
  };
}

function isIptables({ family, name, chains }: NetfilterTable): boolean {
  return (
    family !== "inet" && TABLES.has(name) && chains.every((chain) => chain.base === null || CHAINS.has(chain.name))
  );
}

/** Of iptables-legacy only the names of tables can be known without its own protocol. */
export function legacyTables(read: (path: string) => string): NetfilterSummary[] {
  return (
    [
      ["ip", "ip_tables_names"],
      ["ip6", "ip6_tables_names"],
    ] as const
  ).flatMap(([family, file]) =>
    read(`/proc/thread-self/net/${file}`)
      .split("\n")
      .filter((table) => table !== "")
      .map((table): NetfilterSummary => ({ origin: "iptables-legacy", family, table, sets: 0, chains: [] })),
  );
}
