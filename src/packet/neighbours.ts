/** Who a next hop is: the links of a model that answer for an address on the segment that a link is plugged into. */

import type { Link, LinkRef, Model, Namespace } from "../model/index.ts";
import { familyOf } from "../model/index.ts";
import type { Evaluator } from "./evaluate.ts";
import { LOOPBACK } from "./routing.ts";

export interface Neighbour {
  readonly mac: string | null;
  /** The link that takes frames for this MAC; null: none on the segment has it. */
  readonly to: LinkRef | null;
}

export type Neighbourhood =
  /** Empty: no reply. Several: the address is duplicated, and any of them may reply first. */
  | { readonly kind: "known"; readonly neighbours: readonly Neighbour[] }
  | { readonly kind: "undetermined"; readonly reason: string; readonly unmodelled: boolean };

interface Station {
  readonly namespace: Namespace;
  readonly link: Link;
}

/** Compiled once for a model; `evaluators` by namespace. */
export class Segments {
  readonly #namespaces: ReadonlyMap<string, Namespace>;
  readonly #evaluators: ReadonlyMap<string, Evaluator>;

  constructor({ namespaces }: Model, evaluators: ReadonlyMap<string, Evaluator>) {
    this.#namespaces = new Map(namespaces.map((one) => [one.name, one]));
    this.#evaluators = evaluators;
  }

  /** `source`: the address that asks, which who is asked must have a way back to. */
  resolve(from: LinkRef, address: string, source: string | null): Neighbourhood {
    const namespace = this.#namespaces.get(from.namespace);
    const arp = this.#evaluators.get(from.namespace)?.ruleset.unmodelled("arp", ["input", "output"], null) ?? null;
    if (arp !== null && familyOf(address) === 4) return unmodelled(`chain ${arp} sees ARP, which is not evaluated`);
    const { stations, open } = this.#segment(from);
    const fixed = namespace?.neighbours.find((one) => one.link === from.link && one.address === address);
    if (fixed !== undefined) {
      const owner = stations.find(({ link }) => link.mac === fixed.mac);
      if (owner === undefined && open !== null) return unmodelled(open);
      return { kind: "known", neighbours: [{ mac: fixed.mac, to: owner === undefined ? null : refOf(owner) }] };
    }
    if (open !== null) return unmodelled(open);
    const answering = stations.filter((station) => this.#answers(station, address, source));
    return { kind: "known", neighbours: answering.map((station) => ({ mac: station.link.mac, to: refOf(station) })) };
  }

  /** IPv4 answers for any address of the namespace, IPv6 for those of the link. */
  #answers({ namespace, link }: Station, address: string, source: string | null): boolean {
    if (familyOf(address) === 6)
      return namespace.addresses.some((one) => one.link === link.name && one.address === address);
    const evaluator = this.#evaluators.get(namespace.name);
    if (evaluator === undefined || address.startsWith("127.")) return false;
    const flow = { family: 4, destination: address, source, input: link.name, output: null, mark: 0 } as const;
    const found = evaluator.routing.lookup(flow, { choices: { take: () => 0 } });
    return found.kind === "route" && found.type === "local" && link.name !== LOOPBACK;
  }

  /** Links with IP of their own that hear what is sent by the link; `open`: what the model does not know the rest of. */
  #segment(from: LinkRef): { readonly stations: readonly Station[]; readonly open: string | null } {
    const stations: Station[] = [];
    let open: string | null = null;
    const seen = new Set<string>();
    const find = (ref: LinkRef): Station | null => {
      const namespace = this.#namespaces.get(ref.namespace);
      const link = namespace?.links.find(({ name }) => name === ref.link);
      return namespace === undefined || link === undefined ? null : { namespace, link };
    };
    /** What comes out of a wire into the link. */
    const hear = (station: Station): void => {
      const { namespace, link } = station;
      if (!link.up) return;
      const bridge = namespace.links.find(({ name }) => name === link.master);
      if (link.master === null) stations.push(station);
      else if (bridge?.kind === "bridge") flood(namespace, bridge, link);
      else open ??= `link ${link.name} of ${namespace.name} has a master that is no bridge`;
    };
    /** What a bridge sends on, to its other ports and to itself. */
    const flood = (namespace: Namespace, bridge: Link, except: Link | null): void => {
      if (!bridge.up || seen.has(`${namespace.name} ${bridge.name}`)) return;
      seen.add(`${namespace.name} ${bridge.name}`);
      const frames = this.#evaluators.get(namespace.name)?.ruleset;
      const chain = frames?.unmodelled("bridge", ["prerouting", "forward", "postrouting"], null) ?? null;
      if (chain !== null) open ??= `chain ${chain} sees frames, which are not evaluated`;
      if (except !== null) stations.push({ namespace, link: bridge });
      for (const port of namespace.links)
        if (port.master === bridge.name && port !== except) say({ namespace, link: port });
    };
    /** What goes into the wire of a link. */
    const say = ({ namespace, link }: Station): void => {
      if (!link.up) return;
      if (link.kind === "bridge") return flood(namespace, link, null);
      const peer = link.kind === "veth" && link.peer !== null ? find(link.peer) : null;
      if (peer === null) open ??= `what is at the other end of link ${link.name} of ${namespace.name}`;
      else hear(peer);
    };
    const start = find(from);
    if (start !== null) say(start);
    return { stations, open };
  }
}

const refOf = ({ namespace, link }: Station): LinkRef => ({ namespace: namespace.name, link: link.name });

function unmodelled(reason: string): Neighbourhood {
  return { kind: "undetermined", reason, unmodelled: true };
}
