/** The result of a probe, for every protocol. */

/** As `Outcome` of a verification: see src/model/verification.ts. */
export type ProbeOutcome = "reply" | "silence" | "unreachable" | "refused";

export interface ProbeReport {
  readonly outcome: ProbeOutcome;
  /** Round trip, microseconds; null without a reply. */
  readonly rtt: number | null;
  /** The ICMP error and its sender, or errno and its sentence; null on a plain reply. */
  readonly detail: string | null;
  /** The answer came from a service started for the probe: nothing else listens there. */
  readonly temporary?: true;
}

/** Where a probe starts and where it goes. */
export interface ProbeTarget {
  /** Descriptor of the namespace that sends. */
  readonly namespace: number;
  /** Canonical text. */
  readonly address: string;
  /** Descriptor of the namespace that has the address, when known: it gets the listener, and orders the probes well. */
  readonly destination?: number;
  /** ifindex in the sending namespace, for link-local IPv6 addresses. */
  readonly scope?: number;
}

export interface ProbeOptions {
  /** Milliseconds until a probe counts as silent. */
  readonly timeout?: number;
  /** Probes under way at once, at most. */
  readonly window?: number;
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the run early; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** More namespaces on the way (routers), whose learned neighbours may be dropped to make room. */
  readonly transit?: readonly number[];
}

const V4: Readonly<Record<string, string>> = {
  "3/0": "network unreachable",
  "3/1": "host unreachable",
  "3/2": "protocol unreachable",
  "3/3": "port unreachable",
  "3/4": "fragmentation needed",
  "3/5": "source route failed",
  "3/6": "network unknown",
  "3/7": "host unknown",
  "3/9": "network administratively prohibited",
  "3/10": "host administratively prohibited",
  "3/11": "network unreachable for this type of service",
  "3/12": "host unreachable for this type of service",
  "3/13": "communication administratively prohibited",
  "11/0": "time to live exceeded",
  "11/1": "fragment reassembly time exceeded",
};
const V6: Readonly<Record<string, string>> = {
  "1/0": "no route to destination",
  "1/1": "communication administratively prohibited",
  "1/2": "beyond scope of source address",
  "1/3": "address unreachable",
  "1/4": "port unreachable",
  "1/5": "source address failed ingress/egress policy",
  "1/6": "reject route to destination",
  "2/0": "packet too big",
  "3/0": "hop limit exceeded",
  "3/1": "fragment reassembly time exceeded",
};

/** `host unreachable (ICMP 3/1) from 10.0.0.1`: RFC 792, RFC 1122, RFC 1812, RFC 4443. */
export function describeIcmp(family: 4 | 6, type: number, code: number, sender: string | null): string {
  const parameter = type === (family === 4 ? 12 : 4) ? "parameter problem" : "ICMP error";
  const words = (family === 4 ? V4 : V6)[`${type}/${code}`] ?? parameter;
  const from = sender === null ? "" : ` from ${sender}`;
  return `${words} (ICMP${family === 6 ? "v6" : ""} ${type}/${code})${from}`;
}

/** Port unreachable means that the destination was reached and nothing listens there. */
export function isPortUnreachable(family: 4 | 6, type: number, code: number): boolean {
  return family === 4 ? type === 3 && code === 3 : type === 1 && code === 4;
}
