/** One packet through one namespace: hooks, routing decision, hooks. */

import { isLinkLocal } from "../model/index.ts";
import type { Link, Namespace, NextHop } from "../model/index.ts";
import type { Stopped } from "./chains.ts";
import { type Choices, explore } from "./choices.ts";
import { Ruleset } from "./hooks.ts";
import type { Found } from "./lookup.ts";
import { newPassage, type Passage, Undetermined } from "./passage.ts";
import { LOOPBACK, NamespaceRouting } from "./routing.ts";
import { addressFault, sourceFault } from "./sources.ts";
import type { Arrival, Disposition, Hook, Outcome, Step } from "./types.ts";

export interface Options {
  /** The model has no routes that the kernel made: connected ones follow from the addresses. Else that is found out by looking. */
  readonly derived?: boolean;
}

/** A namespace, compiled: made once, then asked about many packets. */
export class Evaluator {
  readonly namespace: Namespace;
  readonly ruleset: Ruleset;
  readonly routing: NamespaceRouting;
  readonly links: ReadonlyMap<string, Link>;

  constructor(namespace: Namespace, { derived }: Options = {}) {
    this.namespace = namespace;
    this.ruleset = new Ruleset(namespace.netfilter);
    this.routing = new NamespaceRouting(
      namespace,
      derived ?? !namespace.routes.some(({ origin }) => origin === "kernel"),
    );
    this.links = new Map(namespace.links.map((link) => [link.name, link]));
  }

  /** One outcome, or one for each way that multipath can take. */
  evaluate(arrival: Arrival, options: { readonly trace?: boolean } = {}): readonly Outcome[] {
    return explore((choices) => this.#once(arrival, choices, options.trace ?? true), MERGE, MOST_WORLDS);
  }

  #once(arrival: Arrival, choices: Choices, traced: boolean): Outcome {
    const way = new Way(this, arrival, choices, traced ? [] : null);
    let disposition: Disposition;
    try {
      disposition = arrival.link === null ? way.send() : way.receive(arrival.link);
    } catch (error) {
      if (!(error instanceof Undetermined)) throw error;
      disposition = { kind: "undetermined", reason: error.message, unmodelled: error.unmodelled };
    }
    const { packet, tracking, trace } = way.passage;
    return { disposition, packet, connection: tracking?.connection ?? null, assumed: [], trace: trace ?? [] };
  }
}

/** Conditions that cannot be judged are few where they matter; more are not worth the time. */
const MOST_WORLDS = 256;

const MERGE = {
  same: (a: Outcome, b: Outcome): boolean =>
    a.disposition.kind === "undetermined"
      ? b.disposition.kind === "undetermined"
      : JSON.stringify([a.disposition, a.packet, a.connection]) ===
        JSON.stringify([b.disposition, b.packet, b.connection]),
  assuming: (outcome: Outcome, assumed: readonly string[]): Outcome => ({ ...outcome, assumed }),
  undetermined: (reason: string, like: Outcome): Outcome => ({
    ...like,
    disposition: { kind: "undetermined", reason, unmodelled: false },
  }),
};

class Way {
  readonly passage: Passage;
  readonly #of: Evaluator;
  readonly #arrival: Arrival;

  constructor(of: Evaluator, arrival: Arrival, choices: Choices, trace: Step[] | null) {
    this.#of = of;
    this.#arrival = arrival;
    this.passage = newPassage({ packet: arrival.packet, routing: of.routing, choices, trace });
  }

  receive(name: string): Disposition {
    const { passage } = this;
    const input = this.#received(name);
    if (typeof input !== "string") return input;
    passage.input = input;
    const stopped = this.#hook("prerouting");
    if (stopped !== null) return stopped;
    const { family } = passage.packet;
    const [destination, source] = [this.#known("destination"), passage.packet.source];
    const fault = addressFault(passage, this.#of.routing, input);
    if (fault !== null) return fault;
    const found = this.#route({ destination, source, input, output: null });
    const forwards = this.#forwards(input);
    if (found.kind === "refused") return family === 4 && !forwards ? { kind: "not-forwarding" } : { kind: found.why };
    if (found.type === "multicast") throw new Undetermined("who listens to a multicast group");
    if (found.type !== "unicast")
      return sourceFault(passage, this.#of.routing, input, null, found.type) ?? this.#deliver(input);
    if (!forwards) return { kind: "not-forwarding" };
    const hop = this.#hop(found);
    const wrong = sourceFault(passage, this.#of.routing, input, hop.link, "unicast");
    if (wrong !== null) return wrong;
    if (passage.packet.ttl <= 1) return { kind: "ttl-exceeded" };
    if (family === 6 && source !== null && isLinkLocal(source) && hop.link !== input)
      return { kind: "martian", reason: `the link-local source ${source} does not leave its link` };
    passage.packet = { ...passage.packet, ttl: passage.packet.ttl - 1 };
    this.#leaveBy(hop);
    return this.#hook("forward") ?? this.#leave();
  }

  send(): Disposition {
    const { passage } = this;
    const found = this.#outputRoute();
    if (found.kind === "refused") return { kind: found.why };
    let hop = this.#outputHop(found);
    this.#leaveBy(hop);
    // Rules of this hook go on to see the link that it was to leave by at first.
    passage.reroute = () => {
      const again = this.#outputRoute();
      if (again.kind === "refused") return again.why;
      hop = this.#outputHop(again);
      return null;
    };
    const stopped = this.#hook("output");
    if (stopped !== null) return stopped;
    this.#leaveBy(hop);
    if (passage.output !== LOOPBACK) return this.#leave();
    const left = this.#hook("postrouting");
    if (left !== null) return left;
    if (passage.tracking !== null) passage.tracking.confirmed = true;
    passage.input = LOOPBACK;
    passage.output = "";
    return this.#hook("prerouting") ?? this.#deliver(LOOPBACK);
  }

  /** The link that IP sees it come in by, or why it does not get so far. */
  #received(name: string): string | Disposition {
    const link = this.#of.links.get(name);
    if (link === undefined) throw new Undetermined(`${this.#of.namespace.name} has no link ${name}`);
    if (!link.up) return { kind: "link-down", link: name };
    this.#frames("netdev", ["ingress"], name);
    if (link.master === null) {
      if (link.kind === "bridge") this.#frames("bridge", ["prerouting", "input"], null);
      return name;
    }
    const master = this.#of.links.get(link.master);
    if (master?.kind !== "bridge")
      throw new Undetermined(`link ${name} has the master ${link.master}, which is no bridge`, true);
    if (!master.up) return { kind: "link-down", link: master.name };
    this.#frames("bridge", ["prerouting", "input"], null);
    return master.name;
  }

  #frames(family: "netdev" | "bridge", hooks: readonly string[], device: string | null): void {
    const chain = this.#of.ruleset.unmodelled(family, hooks, device);
    if (chain !== null) throw new Undetermined(`chain ${chain} sees frames, which are not evaluated`, true);
  }

  #forwards(link: string): boolean {
    const { forwarding } = this.#of.namespace;
    if (this.passage.packet.family === 6) return forwarding.ipv6;
    const own = this.#of.namespace.sysctls[`net.ipv4.conf.${link}.forwarding`];
    return own === undefined ? forwarding.ipv4 : Number(own) !== 0;
  }

  #route(flow: { destination: string; source: string | null; input: string; output: string | null }): Found {
    const { passage } = this;
    const { family, mark } = passage.packet;
    const found = this.#of.routing.lookup({ family, mark, ...flow }, passage);
    const result = found.kind === "refused" ? found.why : found.type;
    passage.trace?.push({ kind: "route", destination: flow.destination, table: found.table, result });
    return found;
  }

  #outputRoute(): Found {
    const [destination, { source, family }] = [this.#known("destination"), this.passage.packet];
    const output = this.#arrival.boundTo ?? null;
    const found = this.#route({ destination, source, input: LOOPBACK, output });
    if (found.kind === "route" || output === null || family === 6) return found;
    // Whoever binds a socket to a link is taken to know that the destination is there.
    return { kind: "route", type: "unicast", table: 0, hops: [{ via: null, link: output, weight: 1 }] };
  }

  #outputHop(found: Extract<Found, { kind: "route" }>): NextHop & { readonly link: string } {
    if (found.type === "local" || found.type === "anycast") return { via: null, link: LOOPBACK, weight: 1 };
    return this.#hop(found);
  }

  #hop({ hops }: Extract<Found, { kind: "route" }>): NextHop & { readonly link: string } {
    const { choices, packet } = this.passage;
    const key = `hops ${packet.destination} ${JSON.stringify(hops)}`;
    const reason = "which next hop multipath takes";
    const taken = hops.length < 2 ? 0 : choices.take({ kind: "multipath", options: hops.length, key, reason });
    const hop = hops[taken];
    if (hop === undefined || hop.link === null) throw new Undetermined("the model does not have the link of the route");
    return { ...hop, link: hop.link };
  }

  #leaveBy(hop: NextHop & { readonly link: string }): void {
    this.passage.output = hop.link;
    this.passage.nextHop = hop.via;
  }

  #leave(): Disposition {
    const { passage } = this;
    const link = passage.output!;
    const stopped = this.#hook("postrouting");
    if (stopped !== null) return stopped;
    this.#frames("netdev", ["egress"], link);
    if (this.#of.links.get(link)?.kind === "bridge") this.#frames("bridge", ["output", "postrouting"], null);
    return { kind: "forwarded", link, nextHop: passage.nextHop ?? this.#known("destination") };
  }

  #deliver(link: string): Disposition {
    this.passage.output = "";
    return this.#hook("input") ?? { kind: "delivered", link };
  }

  #hook(hook: Hook): Disposition | null {
    const final = this.#of.ruleset.run(hook, this.passage, this.#arrival.connection ?? null);
    return final === null ? null : dispositionOf(final);
  }

  #known(part: "destination"): string {
    const { packet, reasons } = this.passage;
    const value = packet[part];
    if (value === null) throw new Undetermined(reasons.get(part) ?? `the ${part} is not known`);
    return value;
  }
}

function dispositionOf(final: Stopped): Disposition {
  switch (final.kind) {
    case "drop":
      return { kind: "dropped", by: final.by };
    case "reject":
      return { kind: "rejected", by: final.by, with: final.with };
    case "no-address":
      return final;
    case "refused":
      return { kind: final.why };
  }
}
