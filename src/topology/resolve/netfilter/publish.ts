/**
 * `publish`: destination NAT by maps, so that two hundred ports are three rules. Connections to a published port come from
 * outside, from behind the node (where the target may sit beside who asks: then the source is translated too, or the
 * answer would go straight back, from an address that was never asked), and from the node itself (hook output).
 */

import type { Family, NetfilterField, NetfilterRule, NetfilterSet, NetfilterStep } from "../../../model/index.ts";
import type { Network, Node } from "../network.ts";
import { linksOf } from "./names.ts";
import { readPublications } from "./publication.ts";
import type { Publication } from "./publication.ts";
import {
  ACCEPT,
  addressType,
  destinationField,
  fromMap,
  masquerade,
  match,
  matchNot,
  ofFamily,
  rule,
  TCP_OR_UDP,
} from "./steps.ts";

/** What the rules of published ports are made of. */
export interface Published {
  readonly sets: readonly NetfilterSet[];
  /** Every published port, on whichever address: a NAT that hands out ports must leave them. */
  readonly ports: NetfilterSet;
  readonly prerouting: readonly NetfilterRule[];
  readonly output: readonly NetfilterRule[];
  readonly postrouting: readonly NetfilterRule[];
}

export function publishRules(node: Node, network: Network): Published | null {
  const publications = readPublications(node, network);
  if (publications.length === 0) return null;
  const tables = tablesOf(publications);
  return {
    sets: tables.map((table) => table.set),
    ports: portsOf(publications),
    prerouting: tables.flatMap((table) => table.prerouting),
    output: tables.flatMap((table) => table.output),
    postrouting: [hairpin(node, network)],
  };
}

function portsOf(publications: readonly Publication[]): NetfilterSet {
  const keys = publications.flatMap((publication) => {
    const [family] = publication.targets.keys();
    return elementsOf(publication, family!).map(({ key }) => [key.join(" "), key] as const);
  });
  const elements = [...new Map(keys).values()].map((key) => ({ key, value: null }));
  return { ...map("published", PORT_KEY, 4, []), value: null, elements };
}

/** Who asks from behind the interface that the target is behind must be answered by way of this node. */
function hairpin(node: Node, network: Network): NetfilterRule {
  const pairs = linksOf(node, network).map(({ name }) => `${name} . ${name}`);
  return rule([match(["iifname", "oifname"], ...pairs), match("ct status", "dnat"), masquerade()], "hairpin");
}

/** A map, and the rules that use it. */
interface Table {
  readonly set: NetfilterSet;
  readonly prerouting: readonly NetfilterRule[];
  readonly output: readonly NetfilterRule[];
}

function tablesOf(publications: readonly Publication[]): Table[] {
  const tables: Table[] = [];
  for (const family of [4, 6] as const) {
    const own = publications.filter(({ targets }) => targets.has(family));
    const given = own.filter(({ link }) => link !== null && !link.leased);
    if (given.length > 0) tables.push(onAddresses(family, given));
    const any = own.filter(({ link }) => link === null);
    if (any.length > 0) tables.push(onEveryAddress(family, any));
    const leased = new Set(own.flatMap(({ link }) => (link?.leased ? link.name : [])));
    for (const name of leased)
      tables.push(
        onLease(
          family,
          name,
          own.filter(({ link }) => link?.name === name),
        ),
      );
  }
  return tables;
}

/** On the addresses of an interface, which are part of the key. */
function onAddresses(family: Family, publications: readonly Publication[]): Table {
  const name = `publish_ip${family}`;
  const key: NetfilterField[] = [destinationField(family), "l4proto", "dport"];
  const elements = publications.flatMap((publication) =>
    publication
      .link!.addresses.filter((address) => address.family === family)
      .flatMap(({ text }) =>
        elementsOf(publication, family).map(({ key: rest, value }) => ({ key: [text, ...rest], value })),
      ),
  );
  const lead = rule([ofFamily(family), TCP_OR_UDP, dnat(family, key, name)]);
  return { set: map(name, [addressType(family), ...PORT_KEY], family, elements), prerouting: [lead], output: [lead] };
}

function onEveryAddress(family: Family, publications: readonly Publication[]): Table {
  const name = `publish_any_ip${family}`;
  const steps = [match("fib daddr type", "local"), TCP_OR_UDP, dnat(family, ["l4proto", "dport"], name)];
  return {
    set: map(
      name,
      PORT_KEY,
      family,
      publications.flatMap((publication) => elementsOf(publication, family)),
    ),
    prerouting: [rule([ofFamily(family), ...steps])],
    output: [rule([ofFamily(family), notLoopback(family), ...steps])],
  };
}

/** On an interface whose address is leased: packets arriving there are matched by its own address, others by any address except that of their incoming interface. */
function onLease(family: Family, link: string, publications: readonly Publication[]): Table {
  const name = `publish_${link.replaceAll(/[^A-Za-z0-9]/g, "_")}_ip${family}`;
  const lead = [TCP_OR_UDP, dnat(family, ["l4proto", "dport"], name)];
  const local = match("fib daddr type", "local");
  return {
    set: map(
      name,
      PORT_KEY,
      family,
      publications.flatMap((publication) => elementsOf(publication, family)),
    ),
    prerouting: [
      rule([ofFamily(family), match("iifname", link), match("fib daddr . iif type", "local"), ...lead]),
      rule([ofFamily(family), matchNot("iifname", link), local, matchNot("fib daddr . iif type", "local"), ...lead]),
    ],
    output: [rule([ofFamily(family), notLoopback(family), local, ...lead])],
  };
}

/** A packet from 127.0.0.1 cannot leave the node (net.ipv4.conf.*.route_localnet), so it is not led astray. */
function notLoopback(family: Family): NetfilterStep {
  return matchNot(destinationField(family), family === 4 ? "127.0.0.0/8" : "::1");
}

const PORT_KEY = ["inet_proto", "inet_service"];

function map(name: string, key: readonly string[], family: Family, elements: NetfilterSet["elements"]): NetfilterSet {
  const value = [addressType(family), "inet_service"];
  return { name, key, value, interval: false, dynamic: false, timeout: null, size: null, elements };
}

function dnat(family: Family, key: readonly NetfilterField[], set: string): NetfilterStep {
  return { kind: "dnat", family, address: fromMap(key, set, 0), port: fromMap(key, set, 1), flags: [] };
}

function elementsOf({ protocols, ports, toPort, targets }: Publication, family: Family): NetfilterSet["elements"] {
  const [first, last] = ports;
  const target = targets.get(family)!;
  return protocols.flatMap((protocol) =>
    Array.from({ length: last - first + 1 }, (_, i) => ({
      key: [protocol, String(first + i)],
      value: [target, String(toPort + i)],
    })),
  );
}

/**
 * The node's own firewall lets published connections through, and those that a NAT of its type lets in. That a prefix outside
 * replaces the one inside lets no one in: each host there has its own address, and the firewall protects it.
 */
export function acceptPublished(prefixes: readonly string[]): NetfilterRule[] {
  const led = match("ct status", "dnat");
  if (prefixes.length === 0) return [rule([led, ACCEPT], "published")];
  const elsewhere = matchNot("ct original ip6 daddr", ...prefixes);
  return [rule([ofFamily(4), led, ACCEPT], "published"), rule([ofFamily(6), led, elsewhere, ACCEPT], "published")];
}
