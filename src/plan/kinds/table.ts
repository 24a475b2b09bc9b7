/** A netfilter table: made, replaced and deleted as a whole. It names links that need not exist. */

import { isOwnTable, stableJson } from "../../model/index.ts";
import type { NetfilterChain, NetfilterSet, NetfilterTable } from "../../model/index.ts";
import type { Kind } from "./kind.ts";

export const tableKind: Kind<"table"> = {
  kind: "table",
  list: ({ netfilter }) => netfilter,
  identity: ({ family, name }) => `${family} ${name}`,
  difference: tableDifference,
  // Tables of others are theirs, unless the topology has one of that name.
  mayStay: (table) => !isOwnTable(table),
};

/** Both in canonical order. Names the sets and chains that differ, in a few words. */
function tableDifference(desired: NetfilterTable, observed: NetfilterTable): string | null {
  const parts = [
    ...differences("set", desired.sets, observed.sets, setDifference),
    ...differences("chain", desired.chains, observed.chains, chainDifference),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

function differences<T extends { readonly name: string }>(
  word: string,
  desired: readonly T[],
  observed: readonly T[],
  difference: (want: T, have: T) => string | null,
): string[] {
  const there = new Map(observed.map((one) => [one.name, one]));
  const parts: string[] = [];
  for (const want of desired) {
    const have = there.get(want.name);
    there.delete(want.name);
    const what = have === undefined ? "is missing" : difference(want, have);
    if (what !== null) parts.push(`${word} ${want.name}${what.startsWith("is ") ? " " : ": "}${what}`);
  }
  for (const name of there.keys()) parts.push(`${word} ${name} is not the topology's`);
  return parts;
}

const same = (a: unknown, b: unknown): boolean => stableJson(a) === stableJson(b);

function setDifference(want: NetfilterSet, have: NetfilterSet): string | null {
  if (same(want, have)) return null;
  if (!same({ ...want, elements: [] }, { ...have, elements: [] })) return "type differs";
  const [wanted, there] = [want, have].map(({ elements }) => new Set(elements.map(stableJson)));
  const missing = [...wanted!].filter((element) => !there!.has(element)).length;
  const surplus = [...there!].filter((element) => !wanted!.has(element)).length;
  const said = [missing > 0 && `${missing} missing`, surplus > 0 && `${surplus} too many`].filter(Boolean);
  return `elements differ (${said.join(", ")})`;
}

/** Names the first rule that is another: with one more or less in between, all behind it are. */
function chainDifference(want: NetfilterChain, have: NetfilterChain): string | null {
  if (!same(want.base, have.base)) return baseDifference(want.base, have.base);
  const length = Math.max(want.rules.length, have.rules.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [want.rules[i], have.rules[i]];
    if (same(left, right)) continue;
    if (right === undefined) return `rule ${i + 1} is missing`;
    return left === undefined ? `rule ${i + 1} is not the topology's` : `rule ${i + 1} differs`;
  }
  return null;
}

function baseDifference(want: NetfilterChain["base"], have: NetfilterChain["base"]): string {
  if (want === null) return "is at a hook";
  if (have === null) return "is at no hook";
  if (want.policy !== have.policy) return `policy is ${have.policy}, should be ${want.policy}`;
  return "hook differs";
}
