/**
 * show/netfilter/: the rules of a namespace in words, for tables and pictures.
 * In: the tables of a namespace as a model has them. Out: one line for each rule, or for several that belong together.
 * own.ts turns netloom's own table back into the user's words; words.ts describes any other rule; publications.ts folds maps.
 * Every rule of a foreign table is described, with parts that cannot be expressed in square brackets.
 * Pure. Counters and set contents are not included.
 */

import { isOwnTable, type Model, type Namespace, type NetfilterTable, ownerOf } from "../../model/index.ts";
import { ownRules } from "./own.ts";
import type { RuleText } from "./own.ts";
import type { NameOf } from "./publications.ts";
import { linksIn, ruleWords } from "./words.ts";

export type { RuleText } from "./own.ts";
export { ruleWords } from "./words.ts";

/** Every table of a namespace, netloom's own first. */
export function rulesOf(namespace: Namespace, nameOf: NameOf = () => null): RuleText[] {
  const own = namespace.netfilter.filter(isOwnTable);
  const foreign = namespace.netfilter.filter((table) => !isOwnTable(table));
  return [...own.flatMap((table) => ownRules(table, namespace, nameOf)), ...foreign.flatMap(foreignRules)];
}

function foreignRules({ family, name, chains }: NetfilterTable): RuleText[] {
  return chains.flatMap(({ name: chain, base, rules }) => {
    const at = `${family} ${name} ${chain}`;
    const place = { at, meaning: null, derived: false };
    const texts: RuleText[] = rules.map((rule) => ({ ...place, text: ruleWords(rule), links: linksIn(rule.steps) }));
    if (base === null) return texts;
    // iptables names its chains after their hooks; of others it is news.
    const hook = chain.toLowerCase() === base.hook ? "" : ` at ${base.hook}`;
    // What is not translated, or filtered by nothing, is let through: that goes without saying.
    const plain = base.policy === "accept" && hook === "" && (base.type === "nat" || rules.length === 0);
    return plain ? texts : [{ ...place, text: `default ${base.policy}${hook}`, links: [...base.devices] }, ...texts];
  });
}

/** Who has an address, by node. */
export function namesOf(model: Model): NameOf {
  return (address) => ownerOf(model, address)?.namespace ?? null;
}
