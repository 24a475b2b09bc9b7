/** Where a published port leads: destination NAT, followed from router to router. */

import { addressesOf } from "../model/index.ts";
import type { Family, Model, Namespace } from "../model/index.ts";
import { worlds } from "./choices.ts";
import { trackNew } from "./connection.ts";
import { Evaluator } from "./evaluate.ts";
import { newPassage, Undetermined } from "./passage.ts";
import type { Packet } from "./types.ts";

export interface Publication {
  /** The node that has the address. */
  readonly node: string;
  readonly family: Family;
  readonly address: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

export interface Service {
  readonly node: string;
  readonly address: string;
  readonly port: number;
}

/** Routers behind routers; a loop of translations ends here, too. */
const MOST_TRANSLATIONS = 8;
const MOST_WORLDS = 64;

/**
 * The last address and port of a new connection from outside, with the node that has it; null when nothing translates it.
 * Only the address, protocol and port asked for are known: it is enough that there is a sender for whom a rule translates them.
 * What rules learn from packets is taken to be empty.
 */
export function publishedService(model: Model, publication: Publication): Service | null {
  let at = publication;
  for (let hop = 0; hop < MOST_TRANSLATIONS; hop++) {
    const node = model.namespaces.find(({ name }) => name === at.node);
    const target = node === undefined ? null : translate(node, at);
    if (target === null) break;
    const owner = model.namespaces.find((each) => addressesOf(each).some(({ address }) => address === target.address));
    if (owner === undefined) return null;
    at = { ...at, ...target, node: owner.name };
    if (owner.name === node?.name) break; // redirected to the node itself
  }
  return at === publication ? null : { node: at.node, address: at.address, port: at.port };
}

const evaluators = new WeakMap<Namespace, Evaluator>();

function translate(node: Namespace, { family, address, protocol, port }: Publication): Omit<Service, "node"> | null {
  if (node.netfilter.length === 0) return null;
  let evaluator = evaluators.get(node);
  if (evaluator === undefined) evaluators.set(node, (evaluator = new Evaluator(node)));
  const { ruleset, routing } = evaluator;
  const packet: Packet = {
    family,
    source: null,
    destination: address,
    protocol,
    sourcePort: null,
    destinationPort: port,
    icmpType: null,
    icmpCode: null,
    tcpFlags: protocol === "tcp" ? ["syn"] : null,
    ttl: 64,
    mark: null,
  };
  const tried = worlds((choices) => {
    const passage = newPassage({ packet, routing, choices, trace: [], input: null });
    passage.tracking = trackNew(packet, null);
    try {
      if (ruleset.runNat("prerouting", passage)?.kind !== "translated") return null;
    } catch (error) {
      if (error instanceof Undetermined) return null;
      throw error;
    }
    const { destination, destinationPort } = passage.packet;
    // Redirected to the link that it came in on, whichever that is: the address asked for is as good.
    const redirected = passage.trace!.some((step) => step.kind === "nat" && step.action.startsWith("redirect"));
    const to = destination ?? (redirected ? address : null);
    return to === null || destinationPort === null ? null : { address: to, port: destinationPort };
  });
  let count = 0;
  for (const { result } of tried) if (result !== null || ++count === MOST_WORLDS) return result;
  return null;
}
