/** The difference of two models, in the order in which it can be carried out. */

import { isOwnTable } from "../model/index.ts";
import type { Link, Model, Namespace } from "../model/index.ts";
import type { Change, ObjectKind, Objects } from "./change.ts";
import { leaveAlone } from "./foreign.ts";
import { tableDifference } from "./tables.ts";
import { findRenames, renamed } from "./renames.ts";
import { linkDifference, mustReplace, routeDifference } from "./compare.ts";
import { addressId, neighbourId, routeId, ruleId, tableId } from "./identity.ts";

/** What must be there before what: the order of creation; deletion goes the other way round. */
const ORDER: readonly ObjectKind[] = [
  "namespace",
  "forwarding",
  "link",
  "sysctl",
  "address",
  "neighbour",
  "route",
  "rule",
  "table",
];
const RANK = new Map(ORDER.map((kind, rank) => [kind, rank]));

export interface PlanOptions {
  /**
   * What netloom made here before. With it, namespaces and links that are in neither model are left alone: they are
   * someone else's. Without it everything that is not desired goes.
   */
  readonly previous?: Model;
}

/**
 * Changes that turn `observed` into `desired`; [] when they are equal. Deletions come first (routes before the links
 * they leave by), then creations and updates. What the kernel made by itself (origin other than static, link-local and
 * connected routes among them) is never in a plan; of sysctls only those that are desired are.
 */
export function plan(desired: Model, found: Model, options: PlanOptions = {}): Change[] {
  const renames = findRenames(desired, found);
  const observed = leaveAlone(renamed(found, renames), desired, options.previous);
  const originals = new Map(found.namespaces.map(({ name, links }) => [name, links]));
  const changes: Change[] = [];
  const there = new Map(observed.namespaces.map((namespace) => [namespace.name, namespace]));
  for (const namespace of desired.namespaces) {
    const name = namespace.name;
    const before = there.get(name);
    there.delete(name);
    if (!before) {
      changes.push(make("namespace", name, name, null, { name }, "the topology has it"));
    }
    const former = formerLinks(originals.get(name) ?? [], renames.get(name));
    diffNamespace(changes, namespace, before ?? emptyNamespace(name), former);
  }
  for (const { name } of there.values()) {
    changes.push(make("namespace", name, name, { name }, null, "the topology does not have it"));
  }
  return order(changes);
}

/** A namespace as it is born: a loopback that is down, and nothing else. */
export function emptyNamespace(name: string): Namespace {
  return {
    name,
    forwarding: { ipv4: false, ipv6: false },
    links: [
      { kind: "loopback", name: "lo", up: false, mtu: 65536, mac: "00:00:00:00:00:00", master: null, altnames: [] },
    ],
    addresses: [],
    routes: [],
    rules: [],
    neighbours: [],
    sysctls: {},
    netfilter: [],
    services: [],
    nameService: null,
  };
}

/** By their new names, links as they are now. */
function formerLinks(links: readonly Link[], names: ReadonlyMap<string, string> | undefined): Map<string, Link> {
  const found = links.flatMap((link): [string, Link][] => {
    const name = names?.get(link.name);
    return name === undefined ? [] : [[name, link]];
  });
  return new Map(found);
}

function diffNamespace(
  changes: Change[],
  desired: Namespace,
  observed: Namespace,
  former: ReadonlyMap<string, Link>,
): void {
  const name = desired.name;
  for (const [family, key] of [
    [4, "ipv4"],
    [6, "ipv6"],
  ] as const) {
    const [want, have] = [desired.forwarding[key], observed.forwarding[key]];
    if (want === have) continue;
    const [before, after] = [have, want].map((enabled) => ({ family, enabled }));
    changes.push(make("forwarding", name, key, before!, after!, `forwarding of ${key} is ${have ? "on" : "off"}`));
  }
  for (const [key, value] of Object.entries(desired.sysctls)) {
    const have = observed.sysctls[key];
    if (have === value) continue;
    const before = have === undefined ? null : { key, value: have };
    changes.push(
      make("sysctl", name, key, before, { key, value }, have === undefined ? "the topology sets it" : `is ${have}`),
    );
  }
  diffLinks(changes, name, desired.links, observed.links, former);
  diffSet(changes, "address", name, fixed(desired.addresses), fixed(observed.addresses), addressId, () => null);
  diffSet(changes, "route", name, fixed(desired.routes), fixed(observed.routes), routeId, routeDifference);
  diffSet(changes, "rule", name, desired.rules, observed.rules, ruleId, () => null);
  diffSet(changes, "neighbour", name, desired.neighbours, observed.neighbours, neighbourId, (want, have) =>
    want.mac === have.mac ? null : `mac is ${have.mac}`,
  );
  // Tables of others are theirs, as long as nobody wants one of that name.
  const names = new Set(desired.netfilter.map(tableId));
  const tables = observed.netfilter.filter((table) => names.has(tableId(table)) || isOwnTable(table));
  diffSet(changes, "table", name, desired.netfilter, tables, tableId, tableDifference);
}

/** What somebody put there: the kernel and leases keep the rest. */
function fixed<T extends { readonly origin: string }>(objects: readonly T[]): T[] {
  return objects.filter(({ origin }) => origin === "static");
}

function diffLinks(
  changes: Change[],
  namespace: string,
  desired: readonly Link[],
  observed: readonly Link[],
  former: ReadonlyMap<string, Link>,
): void {
  const have = new Map(observed.map((link) => [link.name, link]));
  for (const link of desired) {
    const before = have.get(link.name);
    have.delete(link.name);
    if (before && mustReplace(link, before)) {
      const reason = linkDifference(link, before) ?? "it must be made anew";
      changes.push(make("link", namespace, link.name, before, null, reason));
      changes.push(make("link", namespace, link.name, null, link, reason));
      continue;
    }
    const old = former.get(link.name);
    const said = [old && `name is ${old.name}, should be ${link.name}`, before && linkDifference(link, before)];
    const reason = before ? said.filter(Boolean).join(", ") : "the topology has it";
    if (reason !== "") changes.push(make("link", namespace, link.name, old ?? before ?? null, link, reason));
  }
  for (const link of have.values()) {
    if (link.kind === "loopback") continue;
    changes.push(make("link", namespace, link.name, link, null, "the topology does not have it"));
  }
}

function diffSet<K extends "address" | "route" | "rule" | "neighbour" | "table">(
  changes: Change[],
  kind: K,
  namespace: string,
  desired: readonly ObjectOf<K>[],
  observed: readonly ObjectOf<K>[],
  identity: (object: ObjectOf<K>) => string,
  difference: (want: ObjectOf<K>, have: ObjectOf<K>) => string | null,
): void {
  const have = new Map(observed.map((object) => [identity(object), object]));
  for (const object of desired) {
    const id = identity(object);
    const before = have.get(id);
    have.delete(id);
    const reason = before ? difference(object, before) : "the topology has it";
    if (reason !== null) changes.push(make<K>(kind, namespace, id, before ?? null, object, reason));
  }
  for (const [id, object] of have) {
    changes.push(make<K>(kind, namespace, id, object, null, "the topology does not have it"));
  }
}

type ObjectOf<K extends ObjectKind> = Objects[K];

function make<K extends ObjectKind>(
  kind: K,
  namespace: string,
  id: string,
  before: ObjectOf<K> | null,
  after: ObjectOf<K> | null,
  reason: string,
): Change {
  const action = before === null ? "create" : after === null ? "delete" : "update";
  return { kind, action, namespace, id, before, after, reason } as Change;
}

function order(changes: Change[]): Change[] {
  const rank = (change: Change): number => {
    const place = RANK.get(change.kind)!;
    return change.action === "delete" ? -place : ORDER.length + place;
  };
  // Array.prototype.sort is stable: within a rank the models' canonical order stays.
  return changes.sort((left, right) => rank(left) - rank(right));
}
