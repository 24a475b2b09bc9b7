/**
 * What many tables have in common, in bytes. A hundred routers have a hundred tables of mostly the same rules, and to put
 * rules in nf_tables' terms takes longer than the kernel takes to load them.
 */

import type { NetfilterRule } from "../../model/index.ts";
import { encodeBlock } from "../../netlink/nftables/index.ts";
import type { NftablesBlock, NftablesChange } from "../../netlink/nftables/index.ts";

/** Part of a table. */
export interface Block extends NftablesBlock {
  /** The first message of each unit. A unit must not be torn: a rule goes with the sets that only it uses. */
  readonly units: readonly number[];
}

export function blockOf(units: readonly (readonly NftablesChange[])[]): Block {
  let count = 0;
  const firsts = units.map((unit) => (count += unit.length) - unit.length);
  return { ...encodeBlock(units.flat()), units: firsts };
}

/** A rule with the sets that only it uses. */
export interface RuleBlock {
  readonly block: Block;
  /** How many sets without a name are in it: each takes a number of its table. */
  readonly sets: number;
  /** Named sets that it adds to or takes from, and whether it gives elements a time of their own. */
  readonly uses: readonly (readonly [set: string, timed: boolean])[];
}

interface KnownRule {
  readonly rule: NetfilterRule;
  readonly firstId: number;
  readonly made: RuleBlock;
}

/** How many different rules a place has room for. */
const ROOM = 4;

/** Tables that have the same sets, and may differ in their elements, and in chains and rules. */
class Shelf {
  readonly #blocks = new Map<string, Block>();
  readonly #rules = new Map<string, KnownRule[][]>();

  /** What is there under the key, which must tell of all that it is made from, or is made now. */
  block(key: string, make: () => Block): Block {
    let block = this.#blocks.get(key);
    if (block === undefined) this.#blocks.set(key, (block = make()));
    return block;
  }

  /**
   * Rules of one place in a chain, which are often the same. They are compared part by part: a text of each to look it up by
   * would take longer to write.
   * @param firstId The number that the first of its sets without a name gets.
   */
  rule(chain: string, index: number, firstId: number, rule: NetfilterRule, make: () => RuleBlock): RuleBlock {
    let places = this.#rules.get(chain);
    if (places === undefined) this.#rules.set(chain, (places = []));
    const known = (places[index] ??= []);
    for (const one of known) if (one.firstId === firstId && equal(one.rule, rule)) return one.made;
    const made = make();
    if (known.length >= ROOM) known.shift();
    known.push({ rule, firstId, made });
    return made;
  }
}

/** For one `up`: what is in it is kept. */
export class Library {
  readonly #shelves = new Map<string, Shelf>();

  shelf(key: string): Shelf {
    let shelf = this.#shelves.get(key);
    if (shelf === undefined) this.#shelves.set(key, (shelf = new Shelf()));
    return shelf;
  }
}

/** Of plain data. */
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
