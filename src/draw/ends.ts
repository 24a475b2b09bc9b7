/** What the scene builder looks up: links, which link is stacked on which, and the text at the end of a cable. */

import { detailsOf, isLinkLocal, isLoopback, lowerOf } from "../model/index.ts";
import type { Link, LinkRef, Model } from "../model/index.ts";
import { linkDetails } from "./details.ts";
import { factWords, isBundle, isTunnel, kindWords, type LinkFacts } from "./kinds.ts";
import { natLinks } from "./marks.ts";
import type { End, LinkStates, Upper } from "./types.ts";

export const nodeId = (namespace: string): string => `node:${namespace}`;
export const endId = (namespace: string, link: string): string => `end:${namespace}:${link}`;

/** The box id of a bridge or a bond. */
export function barId(namespace: string, link: Link): string {
  return `${link.kind === "bridge" ? "switch" : "bond"}:${namespace}:${link.name}`;
}

export function keyOf(namespace: string, link: string): string {
  return `${namespace}\0${link}`;
}

export class Ends {
  readonly #states: LinkStates;
  readonly #links = new Map<string, Link>();
  readonly #addresses = new Map<string, string[]>();
  readonly #leased = new Set<string>();
  readonly #translating = new Set<string>();
  /** Upper links, keyed by their lower link. */
  readonly #above = new Map<string, Link[]>();
  readonly #bundles = new Set<string>();

  constructor(model: Model, states: LinkStates) {
    this.#states = states;
    for (const { name, links, addresses, services, netfilter } of model.namespaces) {
      for (const link of natLinks(netfilter) ?? []) this.#translating.add(keyOf(name, link));
      for (const service of services) if (service.kind === "dhcp-client") this.#leased.add(keyOf(name, service.link));
      for (const link of links) this.#links.set(keyOf(name, link.name), link);
      for (const { link, address, prefixLength } of addresses)
        push(this.#addresses, keyOf(name, link), `${address}/${prefixLength}`);
    }
    for (const { name, links } of model.namespaces)
      for (const link of links) {
        if (link.master !== null) this.#bundles.add(keyOf(name, link.master));
        if (this.isStackedInBox(name, link)) push(this.#above, keyOf(name, this.parentOf(name, link)!.link), link);
      }
  }

  find({ namespace, link }: LinkRef): Link | undefined {
    return this.#links.get(keyOf(namespace, link));
  }

  /** What was observed about the link; for a link that is only in a model, what the model contains. */
  facts(namespace: string, link: string): LinkFacts {
    const known = this.#links.get(keyOf(namespace, link));
    const said =
      known === undefined || known.kind === "bridge" ? {} : { details: detailsOf(known), parent: lowerOf(known) };
    return { ...said, ...this.#states[namespace]?.[link] };
  }

  /** The lower link of a link; null if it is not in the picture, and for a tunnel, whose far end is more informative. */
  parentOf(namespace: string, link: Link): LinkRef | null {
    if (link.kind === "veth" || link.kind === "bridge" || isTunnel(link)) return null;
    const parent = this.facts(namespace, link.name).parent ?? null;
    return parent === null || this.find(parent) === undefined ? null : parent;
  }

  /** Whether the link is in the same box as its lower link, so that it needs no line of its own. */
  isStackedInBox(namespace: string, link: Link): boolean {
    const parent = this.parentOf(namespace, link);
    if (parent?.namespace !== namespace) return false;
    return [link, this.find(parent)!].every((one) => this.homeOf(namespace, one) === nodeId(namespace));
  }

  /** Whether something is plugged into the bundle. */
  isBundleInUse(namespace: string, link: Link): boolean {
    return isBundle(link) && this.#bundles.has(keyOf(namespace, link.name));
  }

  /** The box that a link is plugged into: its bridge or bond, otherwise its namespace. */
  homeOf(namespace: string, link: Link): string {
    const master = link.master === null ? undefined : this.#links.get(keyOf(namespace, link.master));
    return master !== undefined && (master.kind === "bridge" || isBundle(master))
      ? barId(namespace, master)
      : nodeId(namespace);
  }

  end(namespace: string, link: Link, box: string, kind?: string): End {
    const { name } = link;
    const facts = this.facts(namespace, name);
    const above = this.#uppers(namespace, name);
    const note = [...(kind === undefined ? [] : [kind]), ...this.#master(namespace, link)].join(", ");
    return {
      box,
      link: name,
      addresses: this.shown(namespace, name),
      ...(this.#leased.has(keyOf(namespace, name)) ? { leased: true } : {}),
      ...(this.#translating.has(keyOf(namespace, name)) ? { nat: true } : {}),
      ...(note === "" ? {} : { note }),
      ...(above.length === 0 ? {} : { above }),
      down: !link.up || (link.kind === "veth" && facts.carrier === false),
      details: [`${namespace}:${name}`, ...linkDetails(link, this.all(namespace, name)), ...factWords(facts)],
    };
  }

  /** The VRF a link belongs to: VRFs are not boxes, because their members stay in their namespace. */
  #master(namespace: string, link: Link): string[] {
    const master = link.master === null ? undefined : this.#links.get(keyOf(namespace, link.master));
    return master === undefined || master.kind === "bridge" || isBundle(master) ? [] : [`in ${master.name}`];
  }

  #uppers(namespace: string, link: string, depth = 0): Upper[] {
    // Nobody nests VLANs deeper than this, and links cannot form a cycle.
    const own = depth > 4 ? [] : (this.#above.get(keyOf(namespace, link)) ?? []);
    return own.flatMap((upper): Upper[] => [
      {
        link: upper.name,
        note: [kindWords(upper, this.facts(namespace, upper.name)), ...this.#master(namespace, upper)].join(", "),
        addresses: this.shown(namespace, upper.name),
        down: !upper.up,
      },
      ...this.#uppers(namespace, upper.name, depth + 1),
    ]);
  }

  all(namespace: string, link: string): readonly string[] {
    return this.#addresses.get(keyOf(namespace, link)) ?? [];
  }

  shown(namespace: string, link: string): readonly string[] {
    return this.all(namespace, link).filter((text) => !isLinkLocal(text) && !isLoopback(text));
  }

  hasUppers(namespace: string, link: string): boolean {
    return this.#above.has(keyOf(namespace, link));
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
