/** A packet on its way through one namespace: what rules can ask about it at the moment, and what they change. */

import type { Choices } from "./choices.ts";
import type { Refusal } from "./lookup.ts";
import type { Connection, Hook, Packet, Step, Tuple } from "./types.ts";

/** What connection tracking has found out about the packet. */
export interface Tracking {
  /** null: not known. */
  readonly state: "new" | "established" | "invalid" | "untracked" | null;
  /** null for a packet that belongs to no connection. */
  connection: Connection | null;
  readonly direction: "original" | "reply";
  /** The first packet of the connection has been through; what is looped back has been so when it comes in again. */
  confirmed: boolean;
  /** Whose turn in NAT is over: only the first packet of a connection comes to its chains. */
  readonly settled: { source: boolean; destination: boolean };
}

/** What rules ask of addresses and routes. null: not known. */
export interface Routing {
  /** `fib … type`; with `link`, of that link alone. */
  addressType(address: string, link: string | null, passage: Passage): string | null;
  /** The link if the way back to the source is by it, else the empty name. */
  reversePath(link: string, passage: Passage): string | null;
  /** Addresses that a connection leaving or coming by the link may be given; several: the order decides, which a model has not. */
  masquerade(link: string, destination: string | null, passage: Passage): readonly string[] | null;
  redirect(link: string, passage: Passage): readonly string[] | null;
}

export interface Passage {
  hook: Hook;
  packet: Packet;
  /** Names of links; empty: there is none, null: not known which. */
  input: string | null;
  output: string | null;
  /** null: tracking has not seen it yet. */
  tracking: Tracking | null;
  /** A rule has said so before tracking could see it. */
  untracked: boolean;
  /** Where the route leads next; null: to the destination itself. */
  nextHop: string | null;
  /** Looks up the route again for what this namespace sends, as it is now; why there is none. null where nothing is routed again. */
  reroute: (() => Refusal | null) | null;
  readonly routing: Routing;
  readonly choices: Choices;
  /** Why something of the packet is not known. */
  readonly reasons: Map<keyof Packet, string>;
  /** Where the connection was really translated to, for choices that rules leave to the kernel; null if unknown. */
  readonly actual: Tuple | null;
  /** null: no trace is wanted. */
  readonly trace: Step[] | null;
}

type Given = Pick<Passage, "packet" | "routing" | "choices" | "trace"> & Partial<Passage>;

export function newPassage(given: Given): Passage {
  return {
    hook: "prerouting",
    input: "",
    output: "",
    tracking: null,
    untracked: false,
    nextHop: null,
    reroute: null,
    reasons: new Map(),
    actual: null,
    ...given,
  };
}

/** Ends an evaluation that cannot go on. */
export class Undetermined extends Error {
  readonly unmodelled: boolean;

  constructor(reason: string, unmodelled = false) {
    super(reason);
    this.unmodelled = unmodelled;
  }
}

export function tupleOf({ source, destination, sourcePort, destinationPort }: Packet): Tuple {
  return { source, destination, sourcePort, destinationPort };
}

export function inverse({ source, destination, sourcePort, destinationPort }: Tuple): Tuple {
  return { source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort };
}

/** Asks whether something is so that cannot be known: true is the first answer. */
export function decide(truth: boolean | null, what: string, choices: Choices): boolean {
  if (truth !== null) return truth;
  return choices.take({ kind: "unknown", options: 2, key: what, reason: `whether ${what}` }) === 0;
}
