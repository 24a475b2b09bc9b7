/** Turns a model into the scene to draw. Each bridge is a box; the namespace around it is one only if it takes part. */

import { formatPrefix, networkOf, parseAddress, ROOT, roleOf } from "../model/index.ts";
import type { Link, LinkRef, Model, Namespace, VethLink } from "../model/index.ts";
import { linkDetails, namespaceDetails } from "./details.ts";
import { barId, endId, Ends, keyOf, nodeId } from "./ends.ts";
import { beyondWords, factWords, isTunnel, kindWords } from "./kinds.ts";
import { marksOf, publicationsOf, shortened, uplinksOf } from "./marks.ts";
import { tunnelPairs } from "./tunnels.ts";
import type { Box, Cable, End, LinkStates, Scene } from "./types.ts";

/** Boxes in the model's order: the machine, nodes, then switches, then loose ends. */
export function sceneOf(model: Model, states: LinkStates = {}): Scene {
  const builder = new Builder(model, states);
  for (const namespace of model.namespaces) builder.read(namespace);
  return builder.scene();
}

class Builder {
  readonly #model: Model;
  readonly #ends: Ends;
  readonly #tunnels: ReadonlyMap<string, LinkRef>;
  readonly #nodes: Box[] = [];
  readonly #bars: Box[] = [];
  readonly #loose: Box[] = [];
  readonly #cables: Cable[] = [];
  readonly #done = new Set<string>();

  constructor(model: Model, states: LinkStates) {
    this.#model = model;
    this.#ends = new Ends(model, states);
    this.#tunnels = tunnelPairs(model, (namespace, link) => this.#ends.facts(namespace, link));
  }

  read(namespace: Namespace): void {
    const { name, links } = namespace;
    const role = roleOf(namespace);
    const publications = publicationsOf(namespace);
    const notes = shortened(publications);
    this.#nodes.push({
      id: nodeId(name),
      kind: role === "root" ? "machine" : role,
      name,
      home: null,
      marks: marksOf(namespace),
      notes,
      down: false,
      members: [],
      details: [...namespaceDetails(namespace), ...(notes === publications ? [] : publications)],
    });
    const uplinks = uplinksOf(namespace);
    for (const link of links) if (link.kind !== "loopback" && !uplinks.has(link.name)) this.#link(namespace, link);
    for (const [link, forwards] of uplinks) this.#uplink(name, link, forwards);
  }

  #link(namespace: Namespace, link: Link): void {
    const { name } = namespace;
    if (link.kind === "bridge" || this.#ends.isBundleInUse(name, link)) return this.#bar(namespace, link);
    if (link.kind === "veth") return this.#veth(name, link);
    const words = this.#words(name, link);
    const other = this.#tunnels.get(keyOf(name, link.name));
    if (other !== undefined) return this.#joined(name, link, other, "tunnel");
    const parent = this.#ends.parentOf(name, link);
    if (parent !== null) {
      if (!this.#ends.isStackedInBox(name, link)) this.#stacked(name, link, parent, words);
      return;
    }
    // A VRF leads nowhere: its members are labelled with it.
    const isIdle = link.kind === "other" && link.type === "vrf" && this.#ends.shown(name, link.name).length === 0;
    if (!isIdle) this.#lone(name, link, words);
  }

  #words(namespace: string, link: Link): string {
    return kindWords(link, this.#ends.facts(namespace, link.name));
  }

  /** A bridge, or links that act as one. */
  #bar({ name, links }: Namespace, bar: Link): void {
    const id = barId(name, bar);
    const facts = this.#ends.facts(name, bar.name);
    const ports = links.filter(({ master }) => master === bar.name);
    const what = bar.kind === "bridge" ? "switch" : this.#words(name, bar);
    this.#bars.push({
      id,
      kind: bar.kind === "bridge" ? "switch" : "bond",
      name: bar.name,
      home: name,
      marks: [],
      // Being in the machine itself is the default and not worth a note.
      notes: [...(bar.kind === "bridge" ? [] : [what]), ...(name === ROOT ? [] : [`in ${name}`])],
      down: !bar.up,
      members: [],
      details: [
        `${bar.name}: ${what} in ${name === ROOT ? "the machine" : name}, ${ports.length} ports`,
        ...linkDetails(bar, this.#ends.all(name, bar.name)),
        ...factWords(facts),
      ],
    });
    const there: End = { box: id, link: null, addresses: [], down: !bar.up, details: [] };
    const upper = this.#ends.homeOf(name, bar);
    // A bond may be a port of a switch; other bonds belong to their namespace.
    const isPort = bar.kind !== "bridge" && upper !== nodeId(name);
    const talks = this.#ends.shown(name, bar.name).length > 0 || this.#ends.hasUppers(name, bar.name);
    // Every bridge of the machine is in the machine: that deserves a line only where the machine communicates through it.
    if (name === ROOT && !talks && !isPort && bar.kind === "bridge") return;
    const ends = [this.#ends.end(name, bar, upper), there] as const;
    this.#add({ id: `own:${name}:${bar.name}`, kind: isPort ? "cable" : "own", ends });
  }

  #veth(namespace: string, link: VethLink): void {
    const peer = link.peer === null ? undefined : this.#ends.find(link.peer);
    if (link.peer === null || peer === undefined) {
      const { elsewhere, peer: known } = this.#ends.facts(namespace, link.name);
      // The peer is in a namespace that is not part of this picture.
      const far = typeof elsewhere === "number" ? "elsewhere" : known ? `in ${known.namespace}` : "unplugged";
      return this.#lone(namespace, link, far);
    }
    this.#joined(namespace, link, link.peer, "cable");
  }

  /** Two links that are each other's far end. */
  #joined(namespace: string, link: Link, there: LinkRef, kind: "cable" | "tunnel"): void {
    if (this.#done.has(keyOf(namespace, link.name))) return;
    this.#done.add(keyOf(namespace, link.name)).add(keyOf(there.namespace, there.link));
    const peer = this.#ends.find(there)!;
    const end = (at: string, own: Link): End =>
      this.#ends.end(at, own, this.#ends.homeOf(at, own), kind === "tunnel" ? this.#words(at, own) : undefined);
    const ends = [end(namespace, link), end(there.namespace, peer)] as const;
    // A cable from a node to itself has no two boxes to connect: its second end is shown as a loose end.
    if (ends[0].box === ends[1].box) return this.#lone(namespace, link, `to ${peer.name}`, ends[1]);
    this.#add({ id: `${kind}:${namespace}:${link.name}`, kind, ends });
  }

  /** A line from a link to its lower link, whose own cable is drawn elsewhere. */
  #stacked(namespace: string, link: Link, on: LinkRef, words: string): void {
    const parent = this.#ends.find(on)!;
    const isBar = parent.kind === "bridge" || this.#ends.isBundleInUse(on.namespace, parent);
    const here = this.#ends.end(namespace, link, this.#ends.homeOf(namespace, link));
    const there: End = {
      box: isBar ? barId(on.namespace, parent) : nodeId(on.namespace),
      link: isBar ? null : parent.name,
      addresses: [],
      note: words,
      down: !parent.up,
      details: [`${words} on ${on.namespace}:${on.link}`],
    };
    if (here.box === there.box) return this.#lone(namespace, link, words);
    this.#add({ id: `stacked:${namespace}:${link.name}`, kind: "stacked", ends: [there, here] });
  }

  /** A link whose other side is not in the model. */
  #lone(namespace: string, link: Link, what: string, there?: End): void {
    const id = endId(namespace, link.name);
    const facts = this.#ends.facts(namespace, link.name);
    const unplugged = what === "unplugged";
    const end = this.#ends.end(namespace, link, this.#ends.homeOf(namespace, link));
    const about = unplugged
      ? "its other end is missing"
      : what === "elsewhere"
        ? "its other end is in a namespace that was not read"
        : what;
    this.#loose.push({
      id,
      kind: "end",
      name: what,
      home: namespace,
      marks: [],
      notes: link.kind === "veth" ? [] : beyondWords(facts),
      down: unplugged,
      members: [],
      details: [`${namespace}:${link.name}: ${about}`, ...(isTunnel(link) ? factWords(facts) : [])],
    });
    const far: End = { ...(there ?? { link: null, addresses: [], details: [] }), box: id, down: there?.down === true };
    this.#add({ id: `link:${namespace}:${link.name}`, kind: isTunnel(link) ? "tunnel" : "link", ends: [end, far] });
  }

  #uplink(namespace: string, name: string, forwards: readonly string[]): void {
    const id = endId(namespace, name);
    const link = this.#ends.find({ namespace, link: name });
    const box = { id, kind: "outside", name: "outside", home: namespace, marks: [], down: false, members: [] } as const;
    this.#loose.push({
      ...box,
      notes: forwards,
      details: [`${namespace}:${name}: the way out of the lab`, ...forwards],
    });
    const end: End =
      link === undefined
        ? { box: nodeId(namespace), link: name, addresses: [], down: false, details: [] }
        : this.#ends.end(namespace, link, nodeId(namespace));
    this.#add({
      id: `link:${namespace}:${name}`,
      kind: "link",
      ends: [end, { box: id, link: null, addresses: [], down: false, details: [] }],
    });
  }

  /** A cable is down if either end is down. */
  #add(cable: Pick<Cable, "id" | "kind" | "ends">): void {
    this.#cables.push({ ...cable, down: cable.ends.some(({ down }) => down), count: 1 });
  }

  scene(): Scene {
    const used = new Set(this.#cables.flatMap(({ ends }) => ends.map(({ box }) => box)));
    // The machine surrounds everything: it has its own box only if something leads to it or it provides something.
    const nodes = this.#nodes.filter(
      ({ id, kind, marks, notes }) => kind !== "machine" || used.has(id) || marks.length + notes.length > 0,
    );
    const networks = networksOf(this.#cables);
    const bars = this.#bars.map((box) => ({ ...box, notes: [...box.notes, ...(networks.get(box.id) ?? [])] }));
    return { name: this.#model.name, boxes: [...nodes, ...bars, ...this.#loose], cables: this.#cables };
  }
}

/** The networks of the interfaces plugged into a switch, if they agree on one per family. */
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
