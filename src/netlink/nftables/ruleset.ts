import type { ChainMessage, NftablesMessage, RuleMessage, SetElement, SetMessage, TableMessage } from "./types.ts";

/** A whole ruleset, put together from what the kernel's dumps say of it, in their order. */
export interface Ruleset {
  readonly tables: readonly RulesetTable[];
}

/** A table with its sets and chains. */
export interface RulesetTable {
  readonly table: TableMessage;
  readonly sets: readonly RulesetSet[];
  readonly chains: readonly RulesetChain[];
}

/** A set with its elements. */
export interface RulesetSet {
  readonly set: SetMessage;
  readonly elements: readonly SetElement[];
}

/** A chain with its rules, in order. */
export interface RulesetChain {
  readonly chain: ChainMessage;
  readonly rules: readonly RuleMessage[];
}

interface Building {
  readonly table: TableMessage;
  readonly sets: { readonly set: SetMessage; elements: SetElement[] }[];
  readonly chains: { readonly chain: ChainMessage; rules: RuleMessage[] }[];
}

/**
 * Puts the answers to dumps of tables, chains, sets, elements and rules together; only what is `new` counts, and what is of
 * no table is left out.
 */
export function collectRuleset(messages: readonly NftablesMessage[]): Ruleset {
  const tables: Building[] = [];
  const of = (family: number, name: string | undefined): Building | undefined =>
    tables.find(({ table }) => table.family === family && table.name === name);
  // Chains and sets before what is in them, whatever the order of the dumps.
  for (const one of messages)
    if (one.kind === "table" && one.command === "new") tables.push({ table: one, sets: [], chains: [] });
  for (const one of messages) {
    if (one.kind === "chain" && one.command === "new")
      of(one.family, one.table)?.chains.push({ chain: one, rules: [] });
    if (one.kind === "set" && one.command === "new") of(one.family, one.table)?.sets.push({ set: one, elements: [] });
  }
  for (const one of messages) {
    if (one.kind === "rule" && one.command === "new") {
      const found = of(one.family, one.table)?.chains.find(({ chain }) => chain.name === one.chain);
      found?.rules.push(one);
    }
    if (one.kind === "elements" && one.command === "new") {
      const found = of(one.family, one.table)?.sets.find(({ set }) => set.name === one.set);
      found?.elements.push(...(one.elements ?? []));
    }
  }
  return { tables };
}
