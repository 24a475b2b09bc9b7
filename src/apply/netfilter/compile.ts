/** A table of the model → nf_tables messages, the same that `nft -f` would send for it. Pure. */

import { failure } from "../../diagnostic.ts";
import { canonicalTable } from "../../model/index.ts";
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
import { elementMessages, type Place, setMessage, type SetUse } from "./sets.ts";
import { compileStep, type StepContext } from "./steps.ts";
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

/** The changes that make a table, in order. A unit must not be torn: a rule goes with the sets that only it uses. */
export type Unit = readonly NftablesChange[];

/**
 * What makes the table, which is not there yet. The first unit is the table itself.
 * @throws NetloomError when a step cannot be put in expressions; it names chain and rule.
 */
export function compileTable(given: NetfilterTable): Unit[] {
  const table = canonicalTable(given);
  const { name } = table;
  const place: Place = { family: FAMILIES[table.family], table: name };
  const ids = new Map(table.sets.map((set, index) => [set.name, index + 1]));
  const uses = usesOf(table);
  const where = `table ${table.family} ${name}`;
  const units: Unit[] = [[{ message: tableMessage(table, name), operation: `add ${where}` }]];
  const single = (message: NftablesMessage, operation: string): number => units.push([{ message, operation }]);
  for (const chain of table.chains)
    single(
      located(where, `chain ${chain.name}`, () => chainMessage(place, chain)),
      `add chain ${chain.name} of ${where}`,
    );
  for (const set of table.sets) {
    const what = `${set.value === null ? "set" : "map"} ${set.name}`;
    const id = ids.get(set.name)!;
    located(where, what, () => {
      single(
        setMessage(place, set, id, uses.get(set.name) ?? { updated: false, timed: false }),
        `add ${what} of ${where}`,
      );
      for (const message of elementMessages(place, set, id)) single(message, `add elements of ${what} of ${where}`);
    });
  }
  const context = new Context(place, table.sets, ids);
  for (const chain of table.chains) {
    for (const [index, rule] of chain.rules.entries()) {
      const what = `rule ${index + 1} of chain ${chain.name}`;
      const messages = located(where, what, () => ruleMessages(context, chain.name, rule));
      units.push(messages.map((message) => ({ message, operation: `add ${what} of ${where}` })));
    }
  }
  return units;
}

/** `new` or `delete`; also for changing its flags. */
export function tableMessage(
  { family }: Pick<NetfilterTable, "family">,
  name: string,
  command: "new" | "delete" = "new",
  flags?: number,
): NftablesMessage {
  return { kind: "table", command, family: FAMILIES[family], name, ...(flags === undefined ? {} : { flags }) };
}

/** The kernel must know beforehand what rules will do to a set. */
function usesOf({ chains }: NetfilterTable): Map<string, SetUse> {
  const uses = new Map<string, SetUse>();
  for (const step of chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.steps))) {
    if (step.kind !== "update") continue;
    const timed = step.timeout !== null || (uses.get(step.set)?.timed ?? false);
    uses.set(step.set, { updated: true, timed });
  }
  return uses;
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
  readonly before: NftablesMessage[] = [];
  readonly #sets: ReadonlyMap<string, NetfilterSet>;
  readonly #ids: ReadonlyMap<string, number>;
  #nextId: number;

  constructor(place: Place, sets: readonly NetfilterSet[], ids: ReadonlyMap<string, number>) {
    this.place = place;
    this.#sets = new Map(sets.map((set) => [set.name, set]));
    this.#ids = ids;
    this.#nextId = sets.length + 1;
  }

  takeSetId(): number {
    return this.#nextId++;
  }

  set(name: string): NetfilterSet {
    const set = this.#sets.get(name);
    if (set === undefined) throw new CompileError(`the table has no set ${name}`);
    return set;
  }

  setId(name: string): { readonly setId: number } {
    return { setId: this.#ids.get(this.set(name).name)! };
  }
}

function ruleMessages(context: Context, chain: string, rule: NetfilterRule): NftablesMessage[] {
  const expressions: Expression[] = rule.steps.flatMap((step) => compileStep(step, context));
  const { family, table } = context.place;
  const sets = context.before.splice(0);
  const comment = rule.comment === null ? {} : { userData: commentUserData(rule.comment) };
  return [...sets, { kind: "rule", command: "new", family, table, chain, expressions, ...comment }];
}

/** What goes wrong in there is told with its place. */
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
