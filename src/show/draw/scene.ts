/** A model as what is to be drawn. Bridges are boxes of their own; the namespace around them only where it takes part. */

import { isLinkLocal, isLoopback, networkOf, formatPrefix, parseAddress, ROOT, roleOf } from "../../model/index.ts";
import type { Link, Model, Namespace, VethLink } from "../../model/index.ts";
import { linkDetails, namespaceDetails } from "./details.ts";
import { marksOf, publicationsOf, uplinksOf } from "./marks.ts";
import type { Box, Cable, End, LinkStates, Scene } from "./types.ts";

const nodeId = (namespace: string): string => `node:${namespace}`;
const switchId = (namespace: string, link: string): string => `switch:${namespace}:${link}`;
const endId = (namespace: string, link: string): string => `end:${namespace}:${link}`;

/** Boxes in the model's order: the machine, nodes, then switches, then loose ends. */
export function sceneOf(model: Model, states: LinkStates = {}): Scene {
  const builder = new Builder(model, states);
  for (const namespace of model.namespaces) builder.read(namespace);
  return builder.scene();
}

class Builder {
  readonly #model: Model;
  readonly #states: LinkStates;
  readonly #links = new Map<string, Link>();
  readonly #addresses = new Map<string, string[]>();
  readonly #leased = new Set<string>();
  readonly #nodes: Box[] = [];
  readonly #switches: Box[] = [];
  readonly #loose: Box[] = [];
  readonly #cables: Cable[] = [];
  readonly #done = new Set<string>();

  constructor(model: Model, states: LinkStates) {
    this.#model = model;
    this.#states = states;
    for (const { name, links, addresses, services } of model.namespaces) {
      for (const service of services) if (service.kind === "dhcp-client") this.#leased.add(key(name, service.link));
      for (const link of links) this.#links.set(key(name, link.name), link);
      for (const { link, address, prefixLength } of addresses) {
        const at = key(name, link);
        const known = this.#addresses.get(at);
        const text = `${address}/${prefixLength}`;
        if (known === undefined) this.#addresses.set(at, [text]);
        else known.push(text);
      }
    }
  }

  read(namespace: Namespace): void {
    const { name, links } = namespace;
    const role = roleOf(namespace);
    this.#nodes.push({
      id: nodeId(name),
      kind: role === "root" ? "machine" : role,
      name,
      home: null,
      marks: marksOf(namespace),
      notes: publicationsOf(namespace),
      down: false,
      members: [],
      details: namespaceDetails(namespace),
    });
    const uplinks = uplinksOf(namespace);
    for (const link of links) {
      if (link.kind === "loopback") continue;
      if (link.kind === "bridge") this.#bridge(namespace, link);
      else if (link.kind === "veth") this.#veth(name, link);
      else if (!uplinks.has(link.name)) this.#lone(name, link, link.kind === "nic" ? `card ${link.device}` : link.type);
    }
    for (const [link, forwards] of uplinks) this.#uplink(name, link, forwards);
  }

  #bridge({ name, links }: Namespace, bridge: Link): void {
    const id = switchId(name, bridge.name);
    const ports = links.filter(({ master }) => master === bridge.name);
    const addresses = this.#shown(name, bridge.name);
    this.#switches.push({
      id,
      kind: "switch",
      name: bridge.name,
      home: name,
      marks: [],
      notes: [],
      down: !bridge.up,
      members: [],
      details: [
        `${bridge.name}: switch in ${name === ROOT ? "the machine" : name}, ${ports.length} ports`,
        ...linkDetails(bridge, this.#all(name, bridge.name)),
      ],
    });
    // Every bridge of the machine is in the machine: that is worth a line only where the machine talks through it.
    if (name === ROOT && addresses.length === 0) return;
    const own = this.#end(name, bridge, nodeId(name));
    const there: End = { box: id, link: null, addresses: [], down: !bridge.up, details: [] };
    this.#cables.push({
      id: `own:${name}:${bridge.name}`,
      kind: "own",
      ends: [own, there],
      down: !bridge.up,
      count: 1,
    });
  }

  #veth(namespace: string, link: VethLink): void {
    const here = key(namespace, link.name);
    if (this.#done.has(here)) return;
    const peer = link.peer === null ? undefined : this.#links.get(key(link.peer.namespace, link.peer.link));
    if (link.peer === null || peer === undefined) return this.#lone(namespace, link, "unplugged");
    this.#done.add(here).add(key(link.peer.namespace, link.peer.link));
    const ends = [
      this.#end(namespace, link, this.#homeOf(namespace, link)),
      this.#end(link.peer.namespace, peer, this.#homeOf(link.peer.namespace, peer)),
    ] as const;
    // A cable from a node to itself has no place between two boxes: its second end is shown as a loose one.
    if (ends[0].box === ends[1].box) return this.#lone(namespace, link, `to ${peer.name}`, ends[1]);
    const down = ends[0].down || ends[1].down;
    this.#cables.push({ id: `cable:${namespace}:${link.name}`, kind: "cable", ends, down, count: 1 });
  }

  /** A link whose other side is not in the model. */
  #lone(namespace: string, link: Link, what: string, there?: End): void {
    const id = endId(namespace, link.name);
    const unplugged = what === "unplugged";
    const end = this.#end(namespace, link, this.#homeOf(namespace, link));
    const details = [`${namespace}:${link.name}: ${unplugged ? "its other end is not here" : what}`];
    const box = { id, kind: "end", name: what, home: namespace, marks: [], notes: [], members: [] } as const;
    this.#loose.push({ ...box, down: unplugged, details });
    const far: End = {
      box: id,
      link: there?.link ?? null,
      addresses: there?.addresses ?? [],
      down: false,
      details: [],
    };
    const down = end.down || there?.down === true;
    this.#cables.push({ id: `link:${namespace}:${link.name}`, kind: "link", ends: [end, far], down, count: 1 });
  }

  #uplink(namespace: string, name: string, forwards: readonly string[]): void {
    const id = endId(namespace, name);
    const link = this.#links.get(key(namespace, name));
    const box = { id, kind: "outside", name: "outside", home: namespace, marks: [], down: false, members: [] } as const;
    this.#loose.push({
      ...box,
      notes: forwards,
      details: [`${namespace}:${name}: the way out of the lab`, ...forwards],
    });
    const end: End =
      link === undefined
        ? { box: nodeId(namespace), link: name, addresses: [], down: false, details: [] }
        : this.#end(namespace, link, nodeId(namespace));
    const far: End = { box: id, link: null, addresses: [], down: false, details: [] };
    this.#cables.push({ id: `link:${namespace}:${name}`, kind: "link", ends: [end, far], down: end.down, count: 1 });
  }

  #end(namespace: string, link: Link, box: string): End {
    const carrier = this.#states[namespace]?.[link.name]?.carrier;
    return {
      box,
      link: link.name,
      addresses: this.#shown(namespace, link.name),
      ...(this.#leased.has(key(namespace, link.name)) ? { leased: true } : {}),
      down: !link.up || (link.kind === "veth" && carrier === false),
      details: [`${namespace}:${link.name}`, ...linkDetails(link, this.#all(namespace, link.name))],
    };
  }

  /** The box that a link is plugged into: its bridge, else its namespace. */
  #homeOf(namespace: string, link: Link): string {
    const master = link.master === null ? undefined : this.#links.get(key(namespace, link.master));
    return master?.kind === "bridge" ? switchId(namespace, master.name) : nodeId(namespace);
  }

  #all(namespace: string, link: string): readonly string[] {
    return this.#addresses.get(key(namespace, link)) ?? [];
  }

  #shown(namespace: string, link: string): readonly string[] {
    return this.#all(namespace, link).filter((text) => !isLinkLocal(text) && !isLoopback(text));
  }

  scene(): Scene {
    const used = new Set(this.#cables.flatMap(({ ends }) => ends.map(({ box }) => box)));
    // The machine is around everything: it has a box of its own only if something leads to it, or it does something.
    const nodes = this.#nodes.filter(
      ({ id, kind, marks, notes }) => kind !== "machine" || used.has(id) || marks.length + notes.length > 0,
    );
    const networks = networksOf(this.#cables);
    const switches = this.#switches.map((box) => ({ ...box, notes: networks.get(box.id) ?? [] }));
    return { name: this.#model.name, boxes: [...nodes, ...switches, ...this.#loose], cables: this.#cables };
  }
}

/** The networks of those who are plugged into a switch, if they agree on one for each family. */
function networksOf(cables: readonly Cable[]): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const { ends } of cables)
    for (const [here, there] of [ends, [ends[1], ends[0]] as const])
      if (here.box.startsWith("switch:"))
        for (const address of there.addresses) {
          const network = networkText(address);
          if (network === null) continue;
          const known = found.get(here.box);
          if (known === undefined) found.set(here.box, new Set([network]));
          else known.add(network);
        }
  const agreed = [...found].map(([box, networks]) => [box, networks.size > 2 ? [] : [...networks]] as const);
  return new Map(agreed.map(([box, networks]) => [box, [...networks]]));
}

function networkText(address: string): string | null {
  const [text = "", length] = address.split("/");
  const ip = parseAddress(text);
  return ip === null ? null : formatPrefix(networkOf(ip, Number(length)));
}

function key(namespace: string, link: string): string {
  return `${namespace}\0${link}`;
}
