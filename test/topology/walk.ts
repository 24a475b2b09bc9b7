/** A packet's way through a model by its tables alone: connected networks and static routes, longest prefix first. */

import { contains, networkOf, parseAddress, parsePrefix } from "../../src/model/index.ts";
import type { IpAddress, Model, Namespace, Prefix } from "../../src/model/index.ts";

interface Entry {
  readonly prefix: Prefix;
  readonly link: string;
  readonly via: string | null;
}

export class Walker {
  readonly #nodes = new Map<string, Namespace>();
  readonly #owner = new Map<string, string>();
  readonly #tables = new Map<string, Entry[]>();

  constructor(model: Model) {
    for (const node of model.namespaces) {
      this.#nodes.set(node.name, node);
      for (const { address } of node.addresses) this.#owner.set(address, node.name);
      this.#tables.set(node.name, tableOf(node));
    }
  }

  #lookup(node: string, to: IpAddress): Entry | undefined {
    return this.#tables.get(node)!.find(({ prefix }) => contains(prefix, to));
  }

  /** The nodes passed on the way to an address, ends included; null when it does not get there. */
  path(source: string, address: string): string[] | null {
    const to = parseAddress(address)!;
    const path = [source];
    for (let node = source; path.length <= 1100;) {
      if (this.#owner.get(address) === node) return path;
      const { forwarding } = this.#nodes.get(node)!;
      if (node !== source && !(to.family === 4 ? forwarding.ipv4 : forwarding.ipv6)) return null;
      const entry = this.#lookup(node, to);
      const next = entry && this.#owner.get(entry.via ?? address);
      if (next === undefined) return null;
      path.push((node = next));
    }
    return null;
  }

  /** The address a probe to this one leaves with. */
  sourceAddress(source: string, address: string): string | undefined {
    const to = parseAddress(address)!;
    const entry = this.#lookup(source, to);
    return this.#nodes.get(source)!.addresses.find((own) => own.link === entry?.link && own.family === to.family)
      ?.address;
  }
}

function tableOf(node: Namespace): Entry[] {
  const entries: Entry[] = node.addresses.map(({ address, prefixLength, link }) => ({
    prefix: networkOf(parseAddress(address)!, prefixLength),
    link,
    via: null,
  }));
  for (const { to, nextHops } of node.routes) {
    const hop = nextHops[0];
    if (hop?.link) entries.push({ prefix: parsePrefix(to)!, link: hop.link, via: hop.via });
  }
  return entries.sort((a, b) => b.prefix.length - a.prefix.length);
}
