/** Chains: rules in order, jumps and returns. */

import type { NetfilterBase, NetfilterTable } from "../model/index.ts";
import type { Refusal } from "./lookup.ts";
import { type Passage, Undetermined } from "./passage.ts";
import { CompiledSet } from "./sets.ts";
import { compileStep, type CompiledStep, type Sets, type Verdict } from "./steps.ts";
import type { RuleRef } from "./types.ts";

interface CompiledRule {
  readonly at: RuleRef;
  readonly steps: readonly CompiledStep[];
}

export interface CompiledChain {
  readonly at: RuleRef;
  readonly base: NetfilterBase | null;
  readonly rules: readonly CompiledRule[];
  /** Does it do more to packets than to let them through or not? Then its place among others matters. */
  readonly changes: boolean;
  /** Of the same table, by name. */
  readonly others: ReadonlyMap<string, CompiledChain>;
}

/** What a base chain says in the end. */
export type Final = Passed | Stopped;

export interface Passed {
  readonly kind: "accept" | "translated";
}

export type Stopped =
  /** There is no route for what the rules have made of it. */
  | { readonly kind: "refused"; readonly why: Refusal }
  | { readonly kind: "drop"; readonly by: RuleRef }
  | { readonly kind: "reject"; readonly by: RuleRef; readonly with: string }
  | { readonly kind: "no-address"; readonly by: RuleRef; readonly link: string };

/** null for what goes on. */
export function stopped(final: Final | null): Stopped | null {
  return final === null || final.kind === "accept" || final.kind === "translated" ? null : (final as Stopped);
}

const CHANGES: ReadonlySet<string> = new Set(["set", "notrack", "reject", "opaque", "jump", "goto", "verdict-map"]);

export function compileTable(table: NetfilterTable): CompiledChain[] {
  const sets: Sets = new Map(table.sets.map((set) => [set.name, new CompiledSet(set)]));
  const title = `${table.family} ${table.name}`;
  const others = new Map<string, CompiledChain>();
  for (const { name, base, rules } of table.chains) {
    const ref = (rule: number | null, comment: string | null): RuleRef => ({
      table: title,
      chain: name,
      rule,
      comment,
    });
    others.set(name, {
      at: ref(null, null),
      base,
      rules: rules.map(({ steps, comment }, i) => {
        const at = ref(i, comment);
        return { at, steps: steps.map((step) => compileStep(step, at, sets)) };
      }),
      changes: rules.some(({ steps }) => steps.some(({ kind }) => CHANGES.has(kind))),
      others,
    });
  }
  return [...others.values()];
}

/** The kernel's own limit, which it checks when rules are loaded. */
const MOST_JUMPS = 16;

export function runChain(chain: CompiledChain, passage: Passage): Final {
  const found = run(chain, passage, 0);
  if (found !== null) return found;
  const policy = chain.base?.policy ?? "accept";
  passage.trace?.push({ kind: "rule", hook: passage.hook, at: chain.at, action: `policy ${policy}` });
  return policy === "accept" ? { kind: "accept" } : { kind: "drop", by: chain.at };
}

/** null: the end of the chain was reached, or a rule returned. */
function run(chain: CompiledChain, passage: Passage, depth: number): Final | null {
  if (depth > MOST_JUMPS) throw new Undetermined(`chains of ${chain.at.table} jump to one another without end`);
  for (const { at, steps } of chain.rules) {
    const verdict = ofRule(steps, at, passage);
    if (verdict === null) continue;
    switch (verdict.kind) {
      case "accept":
      case "translated":
        return { kind: verdict.kind };
      case "drop":
        return { kind: "drop", by: at };
      case "reject":
        return { kind: "reject", by: at, with: verdict.with };
      case "no-address":
        return { kind: "no-address", by: at, link: verdict.link };
      case "return":
        return null;
      default: {
        const target = chain.others.get(verdict.chain);
        if (target === undefined) throw new Undetermined(`chain ${verdict.chain} of ${at.table} is not in the model`);
        const found = run(target, passage, depth + 1);
        // What is gone to comes back to where this chain was jumped to from.
        if (found !== null || verdict.kind === "goto") return found;
      }
    }
  }
  return null;
}

/** null: it does not match, or has no verdict. */
function ofRule(steps: readonly CompiledStep[], at: RuleRef, passage: Passage): Verdict | null {
  for (const step of steps) {
    const effect = step(passage);
    if (effect === "miss") return null;
    if (effect === "next") continue;
    passage.trace?.push({ kind: "rule", hook: passage.hook, at, action: verdictText(effect) });
    return effect;
  }
  passage.trace?.push({ kind: "rule", hook: passage.hook, at, action: "continue" });
  return null;
}

function verdictText(verdict: Verdict): string {
  if (verdict.kind === "jump" || verdict.kind === "goto") return `${verdict.kind} ${verdict.chain}`;
  return verdict.kind === "reject" ? `reject with ${verdict.with}` : verdict.kind;
}
