/** A table of the model → nf_tables messages, the same that `nft -f` would send for it. Pure. */

import { failure } from "../../diagnostic.ts";
import { canonicalRule, canonicalSet, compareNames } from "../../model/index.ts";
import type { NetfilterChain, NetfilterRule, NetfilterSet, NetfilterTable } from "../../model/index.ts";
import { NetlinkEncodeError } from "../../netlink/index.ts";
import {
  type ChainMessage,
  commentUserData,
  type Expression,
  NF_ACCEPT,
  NF_DROP,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFPROTO_NETDEV,
  type NftablesChange,
  type NftablesMessage,
} from "../../netlink/nftables/index.ts";
import { type Block, blockOf, Library, type RuleBlock } from "./library.ts";
import { elementMessages, type Place, setMessage, type SetUse } from "./sets.ts";
import { type StepContext } from "./context.ts";
import { compileStep } from "./steps.ts";
import { CompileError } from "./values.ts";

export const FAMILIES: Readonly<Record<NetfilterTable["family"], number>> = {
  inet: NFPROTO_INET,
  ip: NFPROTO_IPV4,
  ip6: NFPROTO_IPV6,
  arp: NFPROTO_ARP,
  bridge: NFPROTO_BRIDGE,
  netdev: NFPROTO_NETDEV,
};

const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4, ingress: 5 } as const;
const NETDEV_HOOKS = { ingress: 0, egress: 1 } as const;
const ARP_HOOKS = { input: 0, output: 1, forward: 2 } as const;

/**
 * The messages that create the table, which must not exist yet, in order. The first block is the table itself.
 * @param library Shared by the tables that are compiled together: common parts are compiled once.
 * @throws NetloomError naming chain and rule if a step cannot be compiled to expressions.
 */
export function compileTable(table: NetfilterTable, library = new Library()): Block[] {
  const { family, name } = table;
  const sets = byName(table.sets);
  const chains = byName(table.chains);
  const context = new Context({ family: FAMILIES[family], table: name }, sets, `table ${family} ${name}`);
  const shelf = library.shelf(JSON.stringify([family, name, sets.map(shapeOf)]));
  const rules: Block[] = [];
  const uses = new Map<string, SetUse>();
  for (const chain of chains) {
    for (const [index, rule] of chain.rules.entries()) {
      const make = (): RuleBlock => compileRule(context, chain.name, index, rule);
      const made = shelf.rule(chain.name, index, context.nextId, rule, make);
      context.nextId += made.sets;
      for (const [set, timed] of made.uses)
        uses.set(set, { updated: true, timed: timed || (uses.get(set)?.timed ?? false) });
      rules.push(made.block);
    }
  }
  const frameKey = JSON.stringify(["frame", chains.map((chain) => [chain.name, chain.base]), [...uses]]);
  const frame = shelf.block(frameKey, () => compileFrame(context, chains, sets, uses));
  const blocks = [shelf.block("table", () => compileItself(table, context)), frame];
  for (const [index, set] of sets.entries()) {
    if (set.dynamic || set.elements.length === 0) continue;
    const key = JSON.stringify([set.name, set.elements]);
    blocks.push(shelf.block(key, () => compileElements(context, set, index + 1)));
  }
  blocks.push(...rules);
  return blocks;
}

function byName<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  const sorted = list.every(({ name }, index) => index === 0 || compareNames(list[index - 1]!.name, name) < 0);
  return sorted ? list : [...list].sort((a, b) => compareNames(a.name, b.name));
}

/** Everything but its elements. */
function shapeOf({ name, key, value, size, interval, dynamic, timeout }: NetfilterSet): readonly unknown[] {
  return [name, key, value, size, interval, dynamic, timeout];
}

function compileItself({ name, family }: NetfilterTable, { where }: Context): Block {
  return blockOf([[{ message: tableMessage({ family }, name), operation: `add ${where}` }]]);
}

function compileFrame(
  { place, where }: Context,
  chains: readonly NetfilterChain[],
  sets: readonly NetfilterSet[],
  uses: ReadonlyMap<string, SetUse>,
): Block {
  const unit = (what: string, make: () => NftablesMessage): [NftablesChange] => [
    { message: located(where, what, make), operation: `add ${what} of ${where}` },
  ];
  return blockOf([
    ...chains.map((chain) => unit(`chain ${chain.name}`, () => chainMessage(place, chain))),
    ...sets.map((set, index) =>
      unit(titleOf(set), () =>
        setMessage(place, canonicalSet(set), index + 1, uses.get(set.name) ?? { updated: false, timed: false }),
      ),
    ),
  ]);
}

function titleOf({ name, value }: NetfilterSet): string {
  return `${value === null ? "set" : "map"} ${name}`;
}

function compileElements({ place, where }: Context, set: NetfilterSet, id: number): Block {
  const messages = located(where, titleOf(set), () =>
    // Adjacent ranges are merged. For other elements the order does not matter.
    elementMessages(place, set.interval ? canonicalSet(set) : set, id),
  );
  const operation = `add elements of ${titleOf(set)} of ${where}`;
  return blockOf(messages.map((message) => [{ message, operation }]));
}

function compileRule(context: Context, chain: string, index: number, rule: NetfilterRule): RuleBlock {
  const what = `rule ${index + 1} of chain ${chain}`;
  const operation = `add ${what} of ${context.where}`;
  const block = located(context.where, what, () => {
    const messages = ruleMessages(context, chain, canonicalRule(rule));
    return blockOf([messages.map((message) => ({ message, operation }))]);
  });
  const uses = rule.steps.flatMap((step) =>
    step.kind === "update" ? [[step.set, step.timeout !== null] as const] : [],
  );
  return { block, sets: context.countTaken(), uses };
}

/** `new` or `delete`; also changes the table's flags. */
export function tableMessage(
  { family }: Pick<NetfilterTable, "family">,
  name: string,
  command: "new" | "delete" = "new",
  flags?: number,
): NftablesMessage {
  return { kind: "table", command, family: FAMILIES[family], name, ...(flags === undefined ? {} : { flags }) };
}

function chainMessage({ family, table }: Place, { name, base }: NetfilterChain): ChainMessage {
  const message = { kind: "chain", command: "new", family, table, name } as const;
  if (base === null) return message;
  const hooks: Readonly<Record<string, number>> =
    family === NFPROTO_NETDEV ? NETDEV_HOOKS : family === NFPROTO_ARP ? ARP_HOOKS : HOOKS;
  const number = hooks[base.hook];
  if (number === undefined) throw new CompileError(`its family has no hook ${base.hook}`);
  const { devices } = base;
  const on = devices.length === 0 ? {} : devices.length === 1 ? { device: devices[0]! } : { devices };
  return {
    ...message,
    type: base.type,
    hook: { number, priority: base.priority, ...on },
    policy: base.policy === "drop" ? NF_DROP : NF_ACCEPT,
  };
}

class Context implements StepContext {
  readonly place: Place;
  /** The table, for error messages. */
  readonly where: string;
  readonly before: NftablesMessage[] = [];
  /** The first set id of the table that is not in use yet. */
  nextId: number;
  readonly #sets: readonly NetfilterSet[];
  #taken = 0;

  constructor(place: Place, sets: readonly NetfilterSet[], where: string) {
    this.place = place;
    this.where = where;
    this.#sets = sets;
    this.nextId = sets.length + 1;
  }

  takeSetId(): number {
    return this.nextId + this.#taken++;
  }

  /** The number of ids taken since the last call. */
  countTaken(): number {
    const taken = this.#taken;
    this.#taken = 0;
    return taken;
  }

  set(name: string): NetfilterSet {
    return this.#sets[this.#indexOf(name)]!;
  }

  setId(name: string): { readonly setId: number } {
    return { setId: this.#indexOf(name) + 1 };
  }

  #indexOf(name: string): number {
    const index = this.#sets.findIndex((set) => set.name === name);
    if (index < 0) throw new CompileError(`the table has no set ${name}`);
    return index;
  }
}

function ruleMessages(context: Context, chain: string, rule: NetfilterRule): NftablesMessage[] {
  const expressions: Expression[] = rule.steps.flatMap((step) => compileStep(step, context));
  const { family, table } = context.place;
  const sets = context.before.splice(0);
  const comment = rule.comment === null ? {} : { userData: commentUserData(rule.comment) };
  return [...sets, { kind: "rule", command: "new", family, table, chain, expressions, ...comment }];
}

/** Adds the location to errors of the action. */
function located<T>(where: string, what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CompileError) && !(error instanceof NetlinkEncodeError)) throw error;
    throw failure("apply.netfilter", `${what} of ${where} cannot be put in nf_tables' terms`, {
      cause: error.message,
      state: "nothing was changed",
    });
  }
}
