/** The canonical form of a netfilter table, so that equal rules are equal JSON; and who made it. */

import { bitsOf, formatAddress, parseAddress } from "./address.ts";
import type {
  NatFlag,
  NetfilterElement,
  NetfilterRule,
  NetfilterSet,
  NetfilterStep,
  NetfilterTable,
} from "./netfilter.ts";
import { compareNames } from "./natural.ts";
import { parsePrefix, rangeOf, rangeToPrefixes } from "./prefix.ts";
import type { Family } from "./types.ts";

/** All that netloom makes in a namespace is one table of this name. */
export const NETLOOM_TABLE = "netloom";
/** Where a table that is too large for one batch waits for its turn. */
export const NETLOOM_NEXT_TABLE = "netloom-next";

/** In the root namespace of the real machine there may be several labs: there the table has the name of its lab. */
export function hostTableName(lab: string): string {
  return `${NETLOOM_TABLE}-${lab}`;
}

/** May a plan delete it? Other tables belong to someone else. */
export function isOwnTable(table: Pick<NetfilterTable, "name">): boolean {
  return table.name === NETLOOM_TABLE || table.name.startsWith(`${NETLOOM_TABLE}-`);
}

/** nft's own limit for sets that rules add to, which the kernel has as well. */
const DYNAMIC_SIZE = 65_535;
/** `warn`, which is what there is without a word. */
const LOG_LEVEL = 4;
const NAT_FLAGS: readonly NatFlag[] = ["random", "fully-random", "persistent"];
const PROTOCOL_FIELDS: ReadonlySet<unknown> = new Set(["l4proto", "ip protocol", "ip6 nexthdr"]);

/**
 * Sets and chains by name; values and elements in order, each once, ranges that touch as one. Rules and their steps stay
 * as they are: their order is their meaning. Idempotent; never changes its argument.
 */
export function canonicalTable(table: NetfilterTable): NetfilterTable {
  return {
    ...table,
    sets: table.sets.map(canonicalSet).sort((a, b) => compareNames(a.name, b.name)),
    chains: table.chains
      .map((chain) => ({ ...chain, rules: chain.rules.map(canonicalRule) }))
      .sort((a, b) => compareNames(a.name, b.name)),
  };
}

export function canonicalSet(set: NetfilterSet): NetfilterSet {
  if (set.dynamic) return { ...set, size: set.size === DYNAMIC_SIZE ? null : set.size, elements: [] };
  if (set.value !== null || set.key.length !== 1) {
    return { ...set, elements: inOrder(set.elements.map(canonicalElement)) };
  }
  const keys = canonicalValues(set.elements.map(({ key }) => key[0] ?? ""));
  return { ...set, elements: keys.map((key) => ({ key: [key], value: null })) };
}

function canonicalElement(element: NetfilterElement): NetfilterElement {
  // Most are single values: a published range has a hundred thousand of them.
  return element.key.some(isRangeText) ? { ...element, key: element.key.map(canonicalText) } : element;
}

/** By their keys, whose strings are built once, not for each comparison. */
function inOrder(elements: readonly NetfilterElement[]): readonly NetfilterElement[] {
  const texts = elements.map(({ key }) => key.join(" . "));
  if (texts.every((text, i) => i === 0 || compareNames(texts[i - 1]!, text) <= 0)) return elements;
  const order = texts.map((_, i) => i).sort((a, b) => compareNames(texts[a]!, texts[b]!));
  return order.map((i) => elements[i]!);
}

export function canonicalRule(rule: NetfilterRule): NetfilterRule {
  return { ...rule, steps: rule.steps.map(canonicalStep) };
}

function canonicalStep(step: NetfilterStep): NetfilterStep {
  switch (step.kind) {
    case "match": {
      if (step.values.length === 1 && !/[-/]|^icmpv6$| /.test(step.values[0]!)) return step;
      const named = step.fields.some((field) => PROTOCOL_FIELDS.has(field));
      const values = named ? step.values.map((value) => (value === "icmpv6" ? "ipv6-icmp" : value)) : step.values;
      return {
        ...step,
        values: step.fields.length === 1 ? canonicalValues(values) : sortedOnce(values.map(canonicalParts)),
      };
    }
    case "log":
      return step.level === LOG_LEVEL && step.group === null ? { ...step, level: null } : step;
    case "snat":
    case "dnat":
    case "masquerade":
    case "redirect":
      return step.flags.length < 2 ? step : { ...step, flags: NAT_FLAGS.filter((flag) => step.flags.includes(flag)) };
    default:
      return step;
  }
}

function canonicalParts(value: string): string {
  return value.split(" . ").map(canonicalText).join(" . ");
}

function isRangeText(text: string): boolean {
  return text.includes("-") || text.includes("/");
}

/** One range, which may be a single value or a prefix. */
function canonicalText(text: string): string {
  const range = isRangeText(text) ? rangeIn(text) : null;
  return range === null ? text : rangeText(range);
}

function sortedOnce(values: readonly string[]): string[] {
  return [...new Set(values)].sort(compareNames);
}

interface Range {
  /** Of addresses; null for plain numbers. */
  readonly family: Family | null;
  readonly first: bigint;
  readonly last: bigint;
}

/** In order, each once; as soon as one is a range, those that overlap or touch become one, as nft merges them. */
function canonicalValues(values: readonly string[]): readonly string[] {
  if (!values.some(isRangeText)) return sortedOnce(values);
  const ranges = values.map(rangeIn);
  const [first] = ranges;
  if (!first || !ranges.every((range): range is Range => range?.family === first.family)) return sortedOnce(values);
  if (ranges.every((range) => range.first === range.last)) return sortedOnce(ranges.map(rangeText));
  const merged: Range[] = [];
  for (const range of ranges.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last };
  }
  return sortedOnce(merged.map(rangeText));
}

/** null for what is neither a number, an address, a prefix nor a range of those. */
function rangeIn(text: string): Range | null {
  const prefix = text.includes("/") ? parsePrefix(text) : null;
  if (prefix !== null) return { family: prefix.family, ...rangeOf(prefix) };
  const [from = "", to = from, ...rest] = text.split("-");
  if (rest.length > 0) return null;
  const [first, last] = [numberIn(from), numberIn(to)];
  if (first === null || last === null || first.family !== last.family || first.value > last.value) return null;
  return { family: first.family, first: first.value, last: last.value };
}

function numberIn(text: string): { readonly family: Family | null; readonly value: bigint } | null {
  return /^\d{1,5}$/.test(text) ? { family: null, value: BigInt(text) } : parseAddress(text);
}

function rangeText({ family, first, last }: Range): string {
  if (family === null) return first === last ? String(first) : `${first}-${last}`;
  const from = formatAddress({ family, value: first });
  if (first === last) return from;
  const [prefix, ...more] = rangeToPrefixes(family, first, last);
  if (prefix !== undefined && more.length === 0 && prefix.length < bitsOf(family)) return `${from}/${prefix.length}`;
  return `${from}-${formatAddress({ family, value: last })}`;
}

/** JSON in which the order of keys makes no difference. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
