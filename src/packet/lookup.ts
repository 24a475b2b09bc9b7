/** One lookup: policy rules, tables, next hops; and what the same routes say of an address alone. */

import { isLinkLocal, parseAddress } from "../model/index.ts";
import type { Family, Namespace, NextHop, RouteType } from "../model/index.ts";
import type { Choices } from "./choices.ts";
import { compileTables, type Entry, LOCAL, MAIN, type Table, type Tables } from "./fib.ts";
import { compileRules, type Flow, type PolicyRules, selected } from "./rules.ts";

export type Refusal = "no-route" | "unreachable" | "prohibited" | "blackhole";

export type Found =
  | {
      readonly kind: "route";
      readonly type: Exclude<RouteType, "blackhole" | "unreachable" | "prohibit" | "throw">;
      readonly table: number;
      /** Those that multipath takes one of; none: the model does not know the link. */
      readonly hops: readonly NextHop[];
    }
  | { readonly kind: "refused"; readonly why: Refusal; readonly table: number | null };

const REFUSALS: Readonly<Partial<Record<RouteType, Refusal>>> = {
  blackhole: "blackhole",
  unreachable: "unreachable",
  prohibit: "prohibited",
};
/** What a rule calls unreachable is an unreachable network. */
const RULE_REFUSALS = { blackhole: "blackhole", unreachable: "no-route", prohibit: "prohibited" } as const;

export class Fib {
  readonly #family: Family;
  readonly #rules: PolicyRules;
  readonly #tables: Tables;
  /** Has the kernel one trie for the local and the main table? Until the first rule is made, and of IPv4 only. */
  readonly #merged: boolean;

  constructor(namespace: Namespace, family: Family, derived: boolean) {
    this.#family = family;
    this.#merged = family === 4 && !namespace.rules.some((rule) => rule.family === 4);
    this.#rules = compileRules(namespace, family);
    this.#tables = compileTables(namespace, family, derived, this.#merged);
  }

  /** Has it rules of its own? Then the kernel looks at sources more closely. */
  get hasRules(): boolean {
    return this.#family === 4 && !this.#merged;
  }

  lookup(flow: Flow, choices: Choices): Found {
    for (const action of selected(this.#rules, flow, choices)) {
      if (action.kind !== "table") return { kind: "refused", why: RULE_REFUSALS[action.kind], table: null };
      const table = this.#tables.get(action.table);
      const found = table === undefined ? null : this.#in(table, flow, choices);
      if (found !== null) return found;
    }
    return { kind: "refused", why: "no-route", table: null };
  }

  /** null: this table has nothing, or says that the next one is to be asked. */
  #in(table: Table, flow: Flow, choices: Choices): Found | null {
    const address = parseAddress(flow.destination);
    if (address === null) return null;
    for (const entries of table.matches(address.value, flow.output)) {
      const { type, table: number } = entries[0]!;
      if (entries.length > 1 && isMultipath(entries))
        return { kind: "route", type: "unicast", table: number, hops: entries.flatMap(({ hops }) => hops) };
      const entry = entries[pick(entries, choices)]!;
      if (entry.type === "throw") return null;
      const refusal = REFUSALS[entry.type];
      if (refusal !== undefined) return { kind: "refused", why: refusal, table: number };
      const hops = flow.output === null ? entry.hops : entry.hops.filter(({ link }) => link === flow.output);
      return {
        kind: "route",
        type: entry.type as "unicast",
        table: number,
        hops: type === "unicast" ? hops : entry.hops,
      };
    }
    return null;
  }

  /** IPv4's `fib … type`: the local table alone decides. `link`: only if the address is on that link. */
  type4(address: string, link: string | null): string {
    const value = parseAddress(address)!.value;
    if (value >> 24n === 0n || value === 0xffffffffn) return "broadcast";
    if (value >> 28n === 0xen) return "multicast";
    const table = this.#tables.get(this.#merged ? MAIN : LOCAL);
    for (const [entry] of table?.matches(value, null) ?? []) {
      if (entry === undefined || entry.type === "throw" || REFUSALS[entry.type] !== undefined) return "unicast";
      return link === null || entry.hops[0]?.link === link ? entry.type : "unicast";
    }
    return "unicast";
  }

  /** IPv6's, which asks the routes; `own`: whether the address is on the link asked for, `any`: no link was asked for. */
  type6(flow: Flow, link: string | null, own: boolean, any: boolean, choices: Choices): string {
    const found = this.lookup(isLinkLocal(flow.destination) ? { ...flow, output: link } : flow, choices);
    if (found.kind === "refused")
      return found.why === "blackhole" ? "blackhole" : found.why === "prohibited" ? "prohibit" : "unreachable";
    if (found.type === "anycast") return "anycast";
    if (any ? found.type === "local" : own) return "local";
    return flow.destination.startsWith("ff") ? "multicast" : "unicast";
  }
}

/** IPv6 makes one route of those that differ in their gateways only. */
function isMultipath(entries: readonly Entry[]): boolean {
  return entries.every(
    ({ to, type, hops }) => to.family === 6 && type === "unicast" && hops.every(({ via }) => via !== null),
  );
}

function pick(entries: readonly Entry[], choices: Choices): number {
  if (entries.length === 1) return 0;
  const { to, table, metric } = entries[0]!;
  const routes = `${to.family} ${to.value}/${to.length} ${table} ${metric}`;
  const reason = "which of several routes with the same metric comes first";
  return choices.take({ kind: "unknown", options: entries.length, key: `routes ${routes} ${entries.length}`, reason });
}
