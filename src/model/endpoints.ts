/** What a node is, and at which of its addresses another node should aim. */

import { isLinkLocal, isLoopback, parseAddress } from "./address.ts";
import type { IpAddress } from "./address.ts";
import { contains, networkOf } from "./prefix.ts";
import type { Prefix } from "./prefix.ts";
import { compareAddresses } from "./order.ts";
import { ROOT } from "./types.ts";
import type { Address, Family, LinkRef, Model, Namespace } from "./types.ts";

export type Role = "root" | "host" | "router";

/** A router is any namespace that forwards; root is always root. */
export function roleOf(namespace: Namespace): Role {
  if (namespace.name === ROOT) return "root";
  return namespace.forwarding.ipv4 || namespace.forwarding.ipv6 ? "router" : "host";
}

/** The addresses others can aim at, in canonical order: neither loopback nor link-local. */
export function addressesOf(namespace: Namespace): readonly Address[] {
  return namespace.addresses.filter((a) => !isLoopback(a.address) && !isLinkLocal(a.address)).sort(compareAddresses);
}

interface Endpoint {
  readonly address: string;
  readonly family: Family;
  readonly ip: IpAddress;
  readonly subnet: Prefix;
  /** `family/network/length`, equal for two addresses of one subnet. */
  readonly subnetKey: string;
  readonly static: boolean;
  /** Number of the switch or cable it is plugged into. */
  readonly segment: number;
}

interface Index {
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  /** Per node: subnet → the segments on which the node has it. */
  readonly subnets: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<number>>>;
  readonly owners: ReadonlyMap<string, LinkRef>;
}

// All pairs of 1,000 nodes ask a million times: the index is built once per model.
const indexes = new WeakMap<Model, Index>();

function indexOf(model: Model): Index {
  let index = indexes.get(model);
  if (index === undefined) indexes.set(model, (index = buildIndex(model)));
  return index;
}

function buildIndex(model: Model): Index {
  const segments = segmentsOf(model);
  const endpoints = new Map<string, Endpoint[]>();
  const subnets = new Map<string, Map<string, Set<number>>>();
  const owners = new Map<string, LinkRef>();
  for (const namespace of model.namespaces) {
    const list: Endpoint[] = [];
    const own = new Map<string, Set<number>>();
    for (const { address, family, link, prefixLength, origin } of addressesOf(namespace)) {
      const ip = parseAddress(address);
      if (ip === null) continue;
      const subnet = networkOf(ip, prefixLength);
      const subnetKey = `${family}/${subnet.value}/${prefixLength}`;
      const segment = segments(namespace.name, link);
      list.push({ address, family, ip, subnet, subnetKey, static: origin === "static", segment });
      own.set(subnetKey, (own.get(subnetKey) ?? new Set()).add(segment));
      if (!owners.has(address)) owners.set(address, { namespace: namespace.name, link });
    }
    endpoints.set(namespace.name, list);
    subnets.set(namespace.name, own);
  }
  return { endpoints, subnets, owners };
}

/** Numbers the layer-2 segments: links joined by a bridge or a cable have the same number (union-find). */
function segmentsOf(model: Model): (namespace: string, link: string) => number {
  const ids = new Map<string, number>();
  const parent: number[] = [];
  const id = (namespace: string, link: string): number => {
    const key = `${namespace}\0${link}`;
    let number = ids.get(key);
    if (number === undefined) ids.set(key, (number = parent.push(parent.length) - 1));
    return number;
  };
  const find = (start: number): number => {
    let i = start;
    while (parent[i] !== i) i = parent[i] = parent[parent[i]!]!;
    return i;
  };
  const union = (a: number, b: number): void => void (parent[find(a)] = find(b));
  for (const { name, links } of model.namespaces) {
    for (const link of links) {
      if (link.master !== null) union(id(name, link.name), id(name, link.master));
      if (link.kind === "veth" && link.peer) union(id(name, link.name), id(link.peer.namespace, link.peer.link));
    }
  }
  return (namespace, link) => find(id(namespace, link));
}

/**
 * The address of `destination` that a probe from `source` should aim at: one on a subnet the source is in, on a shared
 * switch or cable if there is one; else the destination's first static address. Never link-local. Null when it has none.
 */
export function targetAddress(model: Model, source: string, destination: string, family: Family): string | null {
  const index = indexOf(model);
  const own = index.subnets.get(source);
  let sameSubnet: string | null = null;
  let first: string | null = null;
  let fallback: string | null = null;
  for (const candidate of index.endpoints.get(destination) ?? []) {
    if (candidate.family !== family) continue;
    const shared = own?.get(candidate.subnetKey);
    if (shared?.has(candidate.segment)) return candidate.address;
    if (shared !== undefined) sameSubnet ??= candidate.address;
    if (candidate.static) first ??= candidate.address;
    fallback ??= candidate.address;
  }
  return sameSubnet ?? first ?? fallback;
}

/** The node that has an address (canonical text); null if there is none. With duplicates, the first in the model's order. */
export function ownerOf(model: Model, address: string): LinkRef | null {
  return indexOf(model).owners.get(address) ?? null;
}

/** Whether an address lies in a subnet that the node is directly attached to. */
export function isOnLink(model: Model, node: string, address: string): boolean {
  const ip = parseAddress(address);
  return ip !== null && (indexOf(model).endpoints.get(node) ?? []).some((own) => contains(own.subnet, ip));
}
