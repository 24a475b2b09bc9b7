/** Which links of two models are the same one under another name, so that a new name costs no traffic. */

import type { Link, LinkRef, Model, Namespace } from "../model/index.ts";

/** Namespace → the name that is observed → the name that is desired. */
export type Renames = ReadonlyMap<string, ReadonlyMap<string, string>>;

interface Cable {
  readonly ends: readonly [LinkRef, LinkRef];
  /** Bridge that each end is a port of. */
  readonly masters: readonly [string | null, string | null];
}

const endKey = ({ namespace, link }: LinkRef): string => `${namespace}:${link}`;
const cableKey = ({ ends }: Cable): string => ends.map(endKey).join(" ");
const place = ({ ends }: Cable): string => ends.map(({ namespace }) => namespace).join(" ");

/**
 * A cable between the same two namespaces is the same cable if one of its ends has kept its name, or else if both have kept
 * their bridges. A bridge is the same bridge if most of its ports are. Each is paired with one other at most.
 */
export function findRenames(desired: Model, observed: Model): Renames {
  const renames = new Map<string, Map<string, string>>();
  const rename = (namespace: string, from: string, to: string): void => {
    if (from === to) return;
    let names = renames.get(namespace);
    if (!names) renames.set(namespace, (names = new Map()));
    names.set(from, to);
  };
  if (!hasStrangers(desired, observed)) return renames;
  const [want, have] = [unmatched(desired, observed), unmatched(observed, desired)];
  for (const kept of [keptEnd, keptMasters]) {
    for (const cable of want.values()) {
      const candidates = [...have.values()].filter((other) => place(other) === place(cable) && kept(cable, other));
      const [found] = candidates;
      // Two that look alike: which is which would be a guess.
      if (found === undefined || (kept === keptMasters && candidates.length > 1)) continue;
      want.delete(cableKey(cable));
      have.delete(cableKey(found));
      cable.ends.forEach((end, i) => rename(end.namespace, found.ends[i]!.link, end.link));
    }
  }
  for (const namespace of desired.namespaces) {
    const before = observed.namespaces.find(({ name }) => name === namespace.name);
    if (before) pairBridges(namespace, before, renames.get(namespace.name) ?? new Map(), rename);
  }
  for (const { name, links } of observed.namespaces) dropClashes(renames.get(name), links);
  return renames;
}

/** A name that a link keeps, or that one has which has to go, cannot be taken over without a moment with neither. */
function dropClashes(names: Map<string, string> | undefined, links: readonly Link[]): void {
  if (!names) return;
  for (let again = true; again;) {
    again = false;
    for (const [from, to] of names) {
      if (names.has(to) || !links.some(({ name }) => name === to)) continue;
      again = names.delete(from);
    }
  }
}

/** Whether any link of the nodes that both have goes by a name that is not desired: else there is nothing to pair. */
function hasStrangers(desired: Model, observed: Model): boolean {
  const names = new Map(desired.namespaces.map(({ name, links }) => [name, new Set(links.map((link) => link.name))]));
  return observed.namespaces.some(({ name, links }) => {
    const known = names.get(name);
    return known !== undefined && links.some((link) => !known.has(link.name));
  });
}

const keptEnd = (a: Cable, b: Cable): boolean => a.ends.some((end, i) => end.link === b.ends[i]!.link);
const keptMasters = (a: Cable, b: Cable): boolean => a.masters.every((master, i) => master === b.masters[i]);

/** Cables of one model that the other has not, both ends in a fixed order. */
function unmatched(model: Model, other: Model): Map<string, Cable> {
  const theirs = new Set(cables(other).map(cableKey));
  return new Map(cables(model).flatMap((cable) => (theirs.has(cableKey(cable)) ? [] : [[cableKey(cable), cable]])));
}

function cables(model: Model): Cable[] {
  const masters = new Map<string, string | null>();
  for (const { name, links } of model.namespaces) {
    for (const link of links) masters.set(endKey({ namespace: name, link: link.name }), link.master);
  }
  const found: Cable[] = [];
  for (const { name, links } of model.namespaces) {
    for (const link of links) {
      if (link.kind !== "veth" || link.peer === null) continue;
      const self = { namespace: name, link: link.name };
      if (endKey(self) >= endKey(link.peer)) continue; // the other end tells of it
      const ends = [self, link.peer] as const;
      found.push({ ends, masters: [link.master, masters.get(endKey(link.peer)) ?? null] });
    }
  }
  return found;
}

function pairBridges(
  desired: Namespace,
  observed: Namespace,
  portNames: ReadonlyMap<string, string>,
  rename: (namespace: string, from: string, to: string) => void,
): void {
  const isBridge = (link: Link): boolean => link.kind === "bridge";
  const missing = ({ links }: Namespace, { name }: Link): boolean => !links.some((link) => link.name === name);
  const gone = observed.links.filter((link) => isBridge(link) && missing(desired, link));
  for (const bridge of desired.links.filter((link) => isBridge(link) && missing(observed, link))) {
    const ports = new Set(desired.links.filter(({ master }) => master === bridge.name).map(({ name }) => name));
    const shared = (other: Link): number =>
      observed.links.filter(({ name, master }) => master === other.name && ports.has(portNames.get(name) ?? name))
        .length;
    const best = gone.reduce<Link | null>((a, b) => (a === null || shared(b) > shared(a) ? b : a), null);
    if (best === null || shared(best) * 2 <= ports.size) continue;
    gone.splice(gone.indexOf(best), 1);
    rename(desired.name, best.name, bridge.name);
  }
}

/**
 * The model with every link under its new name, and, for each that has one, the link as it was. Rules keep the names in
 * them: the kernel stores those as text.
 */
export function renamed(model: Model, renames: Renames): { model: Model; former: ReadonlyMap<unknown, Link> } {
  const former = new Map<unknown, Link>();
  if (renames.size === 0) return { model, former };
  const nameOf = (namespace: string, link: string): string => renames.get(namespace)?.get(link) ?? link;
  const namespaces = model.namespaces.map((namespace) => {
    const own = <T extends string | null>(link: T): T => (link === null ? link : (nameOf(namespace.name, link) as T));
    const relabel = (link: Link): Link => {
      const moved = relabelled(link, own, nameOf);
      if (moved.name !== link.name) former.set(moved, link);
      return moved;
    };
    return {
      ...namespace,
      links: namespace.links.map(relabel),
      addresses: namespace.addresses.map((each) => ({ ...each, link: own(each.link) })),
      neighbours: namespace.neighbours.map((each) => ({ ...each, link: own(each.link) })),
      routes: namespace.routes.map((each) => ({
        ...each,
        nextHops: each.nextHops.map((hop) => ({ ...hop, link: own(hop.link) })),
      })),
    };
  });
  return { model: { ...model, namespaces }, former };
}

function relabelled(
  link: Link,
  own: <T extends string | null>(link: T) => T,
  nameOf: (namespace: string, link: string) => string,
): Link {
  const ref = (to: LinkRef): LinkRef => ({ ...to, link: nameOf(to.namespace, to.link) });
  const common = { ...link, name: own(link.name), master: own(link.master) };
  if (common.kind === "veth" && common.peer !== null) return { ...common, peer: ref(common.peer) };
  return "lower" in common && common.lower !== null ? { ...common, lower: ref(common.lower) } : common;
}
