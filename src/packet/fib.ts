/** Routes of a namespace, compiled for lookups: one table is a longest-prefix match, then the smallest metric. */

import { bitsOf, contains, networkOf, parseAddress, parsePrefix, rangeOf } from "../model/index.ts";
import type { Family, Namespace, NextHop, Prefix, Route, RouteType } from "../model/index.ts";

export const LOCAL = 255;
export const MAIN = 254;
export const DEFAULT = 253;

export interface Entry {
  readonly type: RouteType;
  readonly to: Prefix;
  readonly table: number;
  readonly metric: number;
  /** Without those whose link is down. */
  readonly hops: readonly NextHop[];
}

/** The entries of the longest prefix that has a usable one: more than one where metrics are equal and the order is not known. */
export class Table {
  readonly #bits: number;
  readonly #byLength = new Map<number, Map<bigint, Entry[]>>();
  #lengths: number[] = [];

  constructor(family: Family) {
    this.#bits = bitsOf(family);
  }

  add(entry: Entry): void {
    const { length, value } = entry.to;
    let networks = this.#byLength.get(length);
    if (networks === undefined) {
      this.#byLength.set(length, (networks = new Map()));
      this.#lengths = [...this.#byLength.keys()].sort((a, b) => b - a);
    }
    const key = value >> BigInt(this.#bits - length);
    const entries = networks.get(key) ?? [];
    // Local routes come before others of the same prefix where their tables are one.
    const rank = (one: Entry): number => (one.table === LOCAL ? -1 : one.metric);
    networks.set(
      key,
      [...entries, entry].sort((a, b) => rank(a) - rank(b)),
    );
  }

  /** Every matching entry, the first choice first: longest prefix, then metric. `through`: only by this link. */
  *matches(address: bigint, through: string | null): Generator<readonly Entry[]> {
    for (const length of this.#lengths) {
      const entries = this.#byLength.get(length)!.get(address >> BigInt(this.#bits - length));
      if (entries === undefined) continue;
      const usable = entries.filter((entry) => isUsable(entry, through));
      for (let at = 0; at < usable.length;) {
        const { metric, table } = usable[at]!;
        const equals = usable.filter((one) => one.metric === metric && one.table === table);
        yield equals;
        at += equals.length;
      }
    }
  }
}

/** Of other types than unicast a model has no links, and those that say no have none. */
function isUsable({ type, hops }: Entry, through: string | null): boolean {
  if (type !== "unicast" && hops.length === 0) return true;
  return hops.some(({ link }) => through === null || link === through);
}

export type Tables = ReadonlyMap<number, Table>;

/** `derived`: connected routes follow from the addresses, since the model has none that the kernel made. */
export function compileTables(namespace: Namespace, family: Family, derived: boolean, merged: boolean): Tables {
  const tables = new Map<number, Table>();
  const up = new Set(namespace.links.filter((link) => link.up).map(({ name }) => name));
  const add = (entry: Entry): void => {
    // Without rules of its own a namespace has one trie for its local and its main table.
    const number = merged && entry.table === LOCAL ? MAIN : entry.table;
    let table = tables.get(number);
    if (table === undefined) tables.set(number, (table = new Table(family)));
    table.add(entry);
  };
  for (const entry of localRoutes(namespace, family, up)) add(entry);
  if (derived) for (const entry of connectedRoutes(namespace, family, up)) add(entry);
  for (const route of namespace.routes) if (route.family === family) add(entryOf(route, up));
  return tables;
}

function entryOf({ to, type, table, metric, nextHops }: Route, up: ReadonlySet<string>): Entry {
  const prefix = parsePrefix(to);
  if (prefix === null) throw new RangeError(`${JSON.stringify(to)} is no prefix`);
  const hops = nextHops.filter(({ link }) => link !== null && up.has(link));
  return { type, to: prefix, table, metric, hops };
}

const LOOPBACK = { 4: "127.0.0.0/8", 6: "::1/128" } as const;
const onLink = (link: string): NextHop => ({ via: null, link, weight: 1 });

/** What the kernel itself puts into the local table for each address. */
function* localRoutes(
  { links, addresses, forwarding }: Namespace,
  family: Family,
  up: ReadonlySet<string>,
): Generator<Entry> {
  const entry = (type: RouteType, to: Prefix, link: string): Entry => ({
    type,
    to,
    table: LOCAL,
    metric: 0,
    hops: [onLink(link)],
  });
  const bits = bitsOf(family);
  const known = new Set<string>();
  const loopback = links.find(({ kind }) => kind === "loopback");
  if (loopback?.up === true) {
    known.add(LOOPBACK[family]);
    yield entry("local", parsePrefix(LOOPBACK[family])!, loopback.name);
  }
  for (const { link, address, prefixLength, family: own } of addresses) {
    if (own !== family) continue;
    const value = parseAddress(address)!;
    const isUp = up.has(link);
    // An IPv4 address of a link that is down is still one's own; IPv6 takes it away.
    if (family === 6 && !isUp) continue;
    const key = `${address}/${bits}`;
    if (!known.has(key)) yield entry("local", networkOf(value, bits), link);
    known.add(key);
    if (!isUp) continue;
    const network = networkOf(value, prefixLength);
    const rest = `${network.value}/${prefixLength} ${link}`;
    if (known.has(rest)) continue;
    known.add(rest);
    const isLoopback = link === loopback?.name;
    if (family === 4 && isLoopback && prefixLength < 32) yield entry("local", network, link);
    if (family === 4 && prefixLength < 31)
      yield entry("broadcast", { family, value: rangeOf(network).last, length: 32 }, link);
    if (family === 6 && forwarding.ipv6 && prefixLength < 127 && !isLoopback)
      yield entry("anycast", { ...network, length: 128 }, link);
  }
  if (family === 6)
    for (const link of up) if (link !== loopback?.name) yield entry("multicast", parsePrefix("ff00::/8")!, link);
}

function* connectedRoutes({ links, addresses }: Namespace, family: Family, up: ReadonlySet<string>): Generator<Entry> {
  const loopback = links.find(({ kind }) => kind === "loopback")?.name;
  const known = new Set<string>();
  for (const { link, address, prefixLength, family: own } of addresses) {
    if (own !== family || !up.has(link) || (link === loopback && family === 4)) continue;
    const to = networkOf(parseAddress(address)!, prefixLength);
    const key = `${to.value}/${prefixLength} ${link}`;
    if (known.has(key) || (family === 4 && prefixLength === 32)) continue;
    known.add(key);
    yield { type: "unicast", to, table: MAIN, metric: family === 4 ? 0 : 256, hops: [onLink(link)] };
  }
}

/** Whether a rule's prefix has the address; null when the address is not known. */
export function isWithin(prefix: Prefix, address: string | null): boolean | null {
  if (address === null) return null;
  const value = parseAddress(address);
  return value !== null && contains(prefix, value);
}
