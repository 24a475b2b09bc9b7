/** Policy rules: which tables a lookup goes through, in order. */

import { parsePrefix, selectorText } from "../model/index.ts";
import type { Family, Namespace, Prefix, Rule } from "../model/index.ts";
import type { Choices } from "./choices.ts";
import { DEFAULT, isWithin, LOCAL, MAIN } from "./fib.ts";

/** What a lookup is for. */
export interface Flow {
  readonly family: Family;
  readonly destination: string;
  readonly source: string | null;
  /** The link that it came in on; `lo` for what the namespace sends itself. */
  readonly input: string | null;
  /** The link that it must leave by; null for any. */
  readonly output: string | null;
  readonly mark: number | null;
}

interface PolicyRule {
  readonly priority: number;
  readonly action: Rule["action"];
  readonly rule: Rule | null;
  readonly from: Prefix | null;
  readonly to: Prefix | null;
}

export type PolicyRules = readonly PolicyRule[];

/** With the rules that every namespace is born with, which no model lists. */
export function compileRules({ rules }: Namespace, family: Family): PolicyRules {
  const born = (priority: number, table: number): PolicyRule => ({
    priority,
    action: { kind: "table", table },
    rule: null,
    from: null,
    to: null,
  });
  const prefix = (text: string | null): Prefix | null => (text === null ? null : parsePrefix(text));
  const configured = rules
    .filter((rule) => rule.family === family)
    .map((rule): PolicyRule => ({
      priority: rule.priority,
      action: rule.action,
      rule,
      from: prefix(rule.from),
      to: prefix(rule.to),
    }));
  const all = [born(0, LOCAL), born(32766, MAIN), ...(family === 4 ? [born(32767, DEFAULT)] : []), ...configured];
  // Of equal priorities the older comes first, and the kernel's own are the oldest.
  return all.sort((a, b) => a.priority - b.priority);
}

/** The actions of the rules that select the flow, one after the other. */
export function* selected(rules: PolicyRules, flow: Flow, choices: Choices): Generator<Rule["action"]> {
  for (let at = 0; at < rules.length;) {
    const { priority } = rules[at]!;
    let end = at;
    while (rules[end]?.priority === priority) end++;
    const matching = rules.slice(at, end).filter((rule) => selects(rule, flow, choices));
    at = end;
    // A model does not know which of two rules of one priority is the older.
    const [own, others] = [matching.filter(({ rule }) => rule === null), matching.filter(({ rule }) => rule !== null)];
    for (const { action } of own) yield action;
    while (others.length > 0) {
      const first =
        others.length === 1
          ? 0
          : choices.take({
              kind: "unknown",
              options: others.length,
              key: `rules ${flow.family} ${priority} ${others.length}`,
              reason: `which of ${others.length} policy rules of priority ${priority} comes first`,
            });
      yield others.splice(first, 1)[0]!.action;
    }
  }
}

function selects({ rule, from, to }: PolicyRule, flow: Flow, choices: Choices): boolean {
  if (rule === null) return true;
  if (rule.inputLink !== null && rule.inputLink !== flow.input) return false;
  if (rule.outputLink !== null && rule.outputLink !== flow.output) return false;
  const truths = [
    to === null ? true : isWithin(to, flow.destination),
    from === null ? true : isWithin(from, flow.source),
    rule.mark === null ? true : flow.mark === null ? null : ((flow.mark ^ rule.mark.value) & rule.mark.mask) === 0,
  ];
  if (truths.includes(false)) return false;
  if (!truths.includes(null)) return true;
  const text = `rule ${rule.priority}: ${selectorText(rule)}`;
  return choices.take({ kind: "unknown", options: 2, key: text, reason: `whether ${text} selects the packet` }) === 0;
}
