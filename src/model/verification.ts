/** The result of probing pairs of nodes with real packets. Plain data, so that show/ can draw it. */

import type { Expectation, Family } from "./types.ts";

/** How a probe ended. */
export type Outcome =
  /** An answer came back (echo reply, connection established, datagram echoed). */
  | "reply"
  /** Nothing came back in time. */
  | "silence"
  /** An ICMP error came back, or the source had no way to send. */
  | "unreachable"
  /** The destination answered that nothing listens there (TCP RST, ICMP port unreachable). */
  | "refused";

/** One probe: a packet, or a connection, from one node to an address. */
export interface ProbeResult {
  /** Node names. The destination is an address if the expectation names one that no node has. */
  readonly source: string;
  readonly destination: string;
  readonly family: Family;
  readonly address: string;
  readonly protocol: Expectation["protocol"];
  readonly port: number | null;
  readonly outcome: Outcome;
  /** Round trip in microseconds; null without a reply. */
  readonly rtt: number | null;
  /** The kernel's own words, or who sent the ICMP error; null on a plain reply. */
  readonly detail: string | null;
  /** What had to happen. */
  readonly expected: "reachable" | "unreachable";
  readonly holds: boolean;
  /** The answer came from a service started for the probe, since nothing listens on the port. */
  readonly temporary?: true;
}

/** The result of checking a whole lab. */
export interface Verification {
  readonly lab: string;
  /** Every node that took part, canonical order. */
  readonly nodes: readonly string[];
  /** `pairs`: every node to every other. `expect`: the lines of the file. */
  readonly kind: "pairs" | "expect";
  readonly results: readonly ProbeResult[];
  /** Expectations in the file's order with the results that decided each; empty for kind pairs. */
  readonly expectations: readonly {
    readonly text: string;
    readonly holds: boolean;
    readonly results: readonly number[];
  }[];
  /** Nodes without any address, which no pair includes. */
  readonly unaddressed: readonly string[];
  /** Whole check, milliseconds. */
  readonly duration: number;
  readonly holds: boolean;
}
