/** Reads a lab back from the kernel. */

import type { LinkRef, Model, Namespace } from "../model/index.ts";
import { canonical, ROOT } from "../model/index.ts";
import { isNamespace, type LabContext, listNodes, nodePath, openNode } from "../kernel/index.ts";
import {
  decodeAddress,
  decodeLink,
  decodeNeighbour,
  decodeRoute,
  decodeRule,
  isConfigured,
  isFallback,
  isSelective,
  isUnmodelledRule,
} from "../rtnl/index.ts";
import { linkSettings } from "./link-settings.ts";
import { ownPart, withNics } from "./own.ts";
import { findLowers, type Upper, uppersIn } from "./lowers.ts";
import { findPeers, peerKey, type VethEnd, vethEnds } from "./peers.ts";
import { readNamespace, type RawNamespace } from "./read.ts";

/** What a model leaves out because it is not configuration, for those who show a running lab. */
export interface LinkState {
  readonly index: number;
  /** RFC 2863 operational state as the kernel names it: UP, DOWN, LOWERLAYERDOWN, … */
  readonly operational: string;
  readonly carrier: boolean;
  /** What somebody has written on it; the mark of a lab on the machine itself. */
  readonly alias: string | null;
  /** What somebody has set of it, by iproute2's names: what is not as the kernel makes links of its kind. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** How many a model has no words for, so that it is without them. */
export interface Unmodelled {
  readonly rules: number;
  readonly routes: number;
}

export interface Observation {
  readonly model: Model;
  /** By namespace; only where there are any. */
  readonly unmodelled: ReadonlyMap<string, Unmodelled>;
  /** Namespace → link → state. */
  readonly links: ReadonlyMap<string, ReadonlyMap<string, LinkState>>;
  /** Every end of a cable, for the next observation. */
  readonly ends: ReadonlyMap<string, readonly VethEnd[]>;
}

/** IF_OPER_*, linux/if.h. */
const OPERATIONAL = ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"];

export interface ObserveOptions {
  /** Only these namespaces (and root, and those that are new) are read; the others are as they were observed before. */
  readonly since?: { readonly before: Observation; readonly touched: ReadonlySet<string> };
  /** Which sysctls to read, by namespace: only those that someone asked for are part of a model. */
  readonly sysctls?: ReadonlyMap<string, readonly string[]>;
}

/** Must run in the lab's root namespace; the nodes are the namespaces named in /run/netns. */
export function observe(context: LabContext, name: string, options: ObserveOptions = {}): Observation {
  using root = openNode(context, ROOT);
  const pathOf = (namespace: string): string => nodePath(context, namespace);
  const { mark } = context;
  const namespaces: Namespace[] = [];
  const links = new Map<string, ReadonlyMap<string, LinkState>>();
  const ends = new Map<string, readonly VethEnd[]>();
  const uppers: Upper[] = [];
  const unmodelled = new Map<string, Unmodelled>();
  const { before, touched } = options.since ?? {};
  const known = new Map(before?.model.namespaces.map((each) => [each.name, each]));
  const kept = new Set<string>();
  for (const each of [ROOT, ...listNodes(context)]) {
    const same = each === ROOT || touched?.has(each) === true ? undefined : known.get(each);
    if (same !== undefined && before !== undefined) {
      kept.add(each);
      namespaces.push(same);
      links.set(each, before.links.get(each) ?? new Map());
      ends.set(each, before.ends.get(each) ?? []);
      const left = before.unmodelled.get(each);
      if (left !== undefined) unmodelled.set(each, left);
      continue;
    }
    // Digested one by one: what the kernel said of a thousand namespaces is many times the model made of it.
    const raw = readIfThere(each, pathOf(each), root.fd, options.sysctls?.get(each) ?? []);
    if (raw === null) continue;
    namespaces.push(toNamespace(raw));
    links.set(each, linkStates(raw));
    ends.set(each, vethEnds(raw));
    uppers.push(...uppersIn(raw));
    const left = unmodelledOf(raw);
    // What the machine itself has is nobody's here.
    if (left !== null && (each !== ROOT || mark === null)) unmodelled.set(each, left);
  }
  const peers = findPeers([...ends.values()].flat(), pathOf, (end) => !kept.has(end.namespace));
  const lowers = new Map(
    [...findLowers(uppers, links, pathOf)].map(([{ namespace, link }, lower]) => [peerKey(namespace, link), lower]),
  );
  const whole = namespaces.map((each) => {
    if (kept.has(each.name)) return each;
    const complete = withEnds(each, peers, lowers);
    if (mark === null) return complete;
    const states = links.get(each.name)!;
    return each.name === ROOT ? ownPart(complete, name, mark, states) : withNics(complete, name, states);
  });
  return { model: canonical({ name, namespaces: whole }), unmodelled, links, ends };
}

/** Null for a name of what is no namespace, yet or any more. */
function readIfThere(...[name, path, root, sysctls]: Parameters<typeof readNamespace>): RawNamespace | null {
  try {
    return readNamespace(name, path, root, sysctls);
  } catch (error) {
    if (name === ROOT || isNamespace(path)) throw error;
    return null;
  }
}

function toNamespace(raw: RawNamespace): Namespace {
  const names = new Map(raw.links.map((link) => [link.index ?? 0, link.name ?? ""]));
  const nameOf = (index: number): string | null => names.get(index) ?? null;
  return {
    name: raw.name,
    forwarding: raw.forwarding,
    links: raw.links.filter((link) => !isFallback(link)).map((link) => decodeLink(link, nameOf, raw.name)),
    addresses: present(raw.addresses.map((each) => decodeAddress(each, nameOf))),
    routes: present(raw.routes.map((each) => decodeRoute(each, nameOf))),
    rules: present(raw.rules.map(decodeRule)),
    neighbours: present(raw.neighbours.map((each) => decodeNeighbour(each, nameOf))),
    sysctls: raw.sysctls,
    netfilter: raw.netfilter,
    services: [],
    nameService: null,
  };
}

function unmodelledOf({ rules, routes }: RawNamespace): Unmodelled | null {
  const left = {
    rules: rules.filter((each) => isUnmodelledRule(each)).length,
    routes: routes.filter((each) => isSelective(each) && isConfigured(each)).length,
  };
  return left.rules + left.routes === 0 ? null : left;
}

type Ends = ReadonlyMap<string, LinkRef>;

function withEnds(namespace: Namespace, peers: Ends, lowers: Ends): Namespace {
  const links = namespace.links.map((link) => {
    const key = peerKey(namespace.name, link.name);
    if (link.kind === "veth") return { ...link, peer: peers.get(key) ?? null };
    return "lower" in link && link.lower === null ? { ...link, lower: lowers.get(key) ?? null } : link;
  });
  return { ...namespace, links };
}

function linkStates(raw: RawNamespace): Map<string, LinkState> {
  const nameOf = (index: number): string | null => raw.links.find((link) => link.index === index)?.name ?? null;
  const state = (link: RawNamespace["links"][number]): LinkState => ({
    index: link.index ?? 0,
    operational: OPERATIONAL[link.operState ?? 0] ?? "UNKNOWN",
    carrier: link.carrier === 1,
    alias: link.alias ?? null,
    settings: linkSettings(link, nameOf),
  });
  return new Map(raw.links.map((link) => [link.name ?? "", state(link)]));
}

const present = <T>(items: readonly (T | null)[]): T[] => items.filter((item): item is T => item !== null);
