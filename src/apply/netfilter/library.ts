/**
 * Caches encoded parts that many tables have in common. A hundred routers have a hundred tables of mostly the same rules, and
 * compiling rules to nf_tables expressions takes longer than the kernel takes to load them.
 */

import type { NetfilterRule } from "../../model/index.ts";
import { encodeBlock } from "../../netlink/nftables/index.ts";
import type { NftablesBlock, NftablesChange } from "../../netlink/nftables/index.ts";

/** Part of a table. */
export interface Block extends NftablesBlock {
  /** Index of the first message of each unit. A unit must not be split: a rule belongs with its anonymous sets. */
  readonly units: readonly number[];
}

export function blockOf(units: readonly (readonly NftablesChange[])[]): Block {
  let count = 0;
  const firsts = units.map((unit) => (count += unit.length) - unit.length);
  return { ...encodeBlock(units.flat()), units: firsts };
}

/** A rule with its anonymous sets. */
export interface RuleBlock {
  readonly block: Block;
  /** The number of its anonymous sets: each takes a set id of the table. */
  readonly sets: number;
  /** Named sets that it adds to or deletes from, and whether it sets timeouts of elements. */
  readonly uses: readonly (readonly [set: string, timed: boolean])[];
}

interface KnownRule {
  readonly rule: NetfilterRule;
  readonly firstId: number;
  readonly made: RuleBlock;
}

/** How many different rules are cached for one position. */
const CACHED_RULES = 4;

/** For tables that have the same sets, but may differ in elements, chains and rules. */
class Shelf {
  readonly #blocks = new Map<string, Block>();
  readonly #rules = new Map<string, KnownRule[][]>();

  /** The cached block, created on first use. The key must identify everything that the block is made from. */
  block(key: string, make: () => Block): Block {
    let block = this.#blocks.get(key);
    if (block === undefined) this.#blocks.set(key, (block = make()));
    return block;
  }

  /**
   * Rules at the same position of a chain are often equal. They are compared part by part: serialising each as a lookup key would
   * take longer.
   * @param firstId The id of its first anonymous set.
   */
  rule(chain: string, index: number, firstId: number, rule: NetfilterRule, make: () => RuleBlock): RuleBlock {
    let places = this.#rules.get(chain);
    if (places === undefined) this.#rules.set(chain, (places = []));
    const known = (places[index] ??= []);
    for (const one of known) if (one.firstId === firstId && equal(one.rule, rule)) return one.made;
    const made = make();
    if (known.length >= CACHED_RULES) known.shift();
    known.push({ rule, firstId, made });
    return made;
  }
}

/** Used for one `up`; nothing is evicted. */
export class Library {
  readonly #shelves = new Map<string, Shelf>();

  shelf(key: string): Shelf {
    let shelf = this.#shelves.get(key);
    if (shelf === undefined) this.#shelves.set(key, (shelf = new Shelf()));
    return shelf;
  }
}

/** Deep equality of plain data. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false;
    return true;
  }
  let count = 0;
  for (const key in a) {
    count++;
    if (!equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false;
  }
  for (const _ in b) count--;
  return count === 0;
}
