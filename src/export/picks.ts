/**
 * Which addresses need not be written: those that netloom picks anyway. It gives the interfaces of a switch that have none
 * the free addresses in the order of the file; so the most that can be left out is the longest sequence of
 * interfaces with ascending addresses, in the part of the subnet below the first free address.
 */

import { firstHost, formatAddress, parseAddress, parseInterfaceAddress, parsePrefix } from "../model/index.ts";
import type { Prefix } from "../model/index.ts";
import type { NodeBody } from "../topology/schema.ts";
import type { Path } from "../topology/problems.ts";
import type { Draft } from "./draft.ts";

interface Candidate {
  readonly path: Path;
  /** By subnet. */
  readonly values: readonly bigint[];
}

/** Paths of the interfaces whose address can be omitted. */
export function pickable(draft: Draft): Path[] {
  return Object.entries(draft.switches).flatMap(([name, { subnet, address, dhcp }]) => {
    const subnets = [subnet ?? []].flat().map((text) => parsePrefix(text)!);
    if (subnets.length === 0) return [];
    const ports = portsOf(draft, name);
    const ranges = [dhcp, ...ports.map((port) => port.dhcp)].flatMap(reservedBy);
    const all = [...[address ?? []].flat(), ...ports.flatMap((port) => port.addresses)];
    const owned = new Set(all.map((text) => text.split("/")[0]!));
    const ends = subnets.map((one) => firstFree(one, owned, ranges));
    const candidates = ports.flatMap((port): Candidate[] => {
      if (port.addresses.length !== subnets.length) return [];
      const values = subnets.map((one, i) => valueIn(port.addresses, one, ends[i]!));
      return values.includes(null) ? [] : [{ path: port.path, values: values as bigint[] }];
    });
    const kept = subnets.reduce((rest, _, i) => longestRise(rest, (one) => one.values[i]!), candidates);
    return kept.map(({ path }) => path);
  });
}

interface Port {
  readonly path: Path;
  readonly addresses: readonly string[];
  readonly dhcp: unknown;
}

/** The interfaces on a switch, in the order in which addresses are picked. */
function portsOf(draft: Draft, name: string): Port[] {
  const of = (body: NodeBody, path: Path): Port[] =>
    Object.entries(body.interfaces ?? {}).flatMap(([port, value]) => {
      if (typeof value !== "object" || value === null || !("link" in value) || value.link !== name) return [];
      const addresses = [value.address ?? []].flat().filter((text) => text !== "dhcp");
      return [{ path: [...path, "interfaces", port], addresses, dhcp: value.dhcp }];
    });
  const section = (key: "routers" | "hosts"): Port[] =>
    Object.entries(draft[key]).flatMap(([node, body]) => of(body, [key, node]));
  return [...of(draft.root, ["root"]), ...section("routers"), ...section("hosts")];
}

/** First and last address of what a DHCP server keeps. */
function reservedBy(dhcp: unknown): (readonly [bigint, bigint])[] {
  if (typeof dhcp !== "object" || dhcp === null) return [];
  const { range, fixed } = dhcp as { range?: string[]; fixed?: Record<string, string> };
  const pairs = [...(range === undefined ? [] : [range]), ...Object.values(fixed ?? {}).map((one) => [one, one])];
  return pairs.map(([first, last]) => [parseAddress(first!)!.value, parseAddress(last!)!.value] as const);
}

function firstFree(
  { family, ...subnet }: Prefix,
  owned: ReadonlySet<string>,
  ranges: readonly (readonly [bigint, bigint])[],
): bigint {
  let next = firstHost({ family, ...subnet });
  for (;;) {
    const range = family === 4 ? ranges.find(([first, last]) => first <= next && next <= last) : undefined;
    if (range !== undefined) next = range[1] + 1n;
    else if (owned.has(formatAddress({ family, value: next }))) next++;
    else return next;
  }
}

/** The one address in the subnet, if it is below the end. */
function valueIn(addresses: readonly string[], { family, value, length }: Prefix, end: bigint): bigint | null {
  const parsed = addresses.map((text) => parseInterfaceAddress(text)!);
  const shift = BigInt((family === 4 ? 32 : 128) - length);
  const inside = parsed.filter((one) => one.family === family && one.value >> shift === value >> shift);
  return inside.length === 1 && inside[0]!.value < end ? inside[0]!.value : null;
}

/** A longest increasing subsequence, by patience sorting. */
function longestRise<T>(items: readonly T[], valueOf: (item: T) => bigint): T[] {
  const piles: { readonly item: T; readonly value: bigint; readonly before: number }[] = [];
  const tops: number[] = [];
  for (const item of items) {
    const value = valueOf(item);
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (piles[tops[middle]!]!.value < value) low = middle + 1;
      else high = middle;
    }
    tops[low] = piles.push({ item, value, before: tops[low - 1] ?? -1 }) - 1;
  }
  const rise: T[] = [];
  for (let at = tops.at(-1) ?? -1; at >= 0; at = piles[at]!.before) rise.push(piles[at]!.item);
  return rise.reverse();
}

/** Nodes in the order of their first addresses, as a file has them when it leaves those to netloom. */
export function byAddress(draft: Draft): Draft {
  const order = new Map<string, readonly [number, bigint]>();
  for (const [number, name] of Object.keys(draft.switches).entries())
    for (const { path, addresses } of portsOf(draft, name)) {
      const address = addresses[0] === undefined ? null : parseInterfaceAddress(addresses[0]);
      const node = path[1] as string;
      if (address !== null && path[0] !== "root" && !order.has(node)) order.set(node, [number, address.value]);
    }
  const rank = (name: string): readonly [number, bigint] => order.get(name) ?? [Infinity, 0n];
  const sorted = (section: Record<string, NodeBody>): Record<string, NodeBody> =>
    Object.fromEntries(
      Object.entries(section).sort(([a], [b]) => {
        const [[switchA, valueA], [switchB, valueB]] = [rank(a), rank(b)];
        return switchA === switchB ? Number(valueA > valueB) - Number(valueA < valueB) : switchA - switchB || 0;
      }),
    );
  return { ...draft, routers: sorted(draft.routers), hosts: sorted(draft.hosts) };
}
