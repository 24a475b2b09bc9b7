/** What goes into an evaluation and what comes out of it. Plain data. */

import type { Family } from "../model/index.ts";

/** One packet. null: not known, or, of ports and ICMP, that its protocol has none. */
export interface Packet {
  readonly family: Family;
  readonly source: string | null;
  readonly destination: string | null;
  /** nft's word for it (`tcp`, `udp`, `icmp`, `ipv6-icmp`), or the number. */
  readonly protocol: string | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  /** nft's words (`syn`, `ack`); null for what is no TCP. */
  readonly tcpFlags: readonly string[] | null;
  readonly ttl: number;
  /** skb->mark, which is lost between namespaces; null when rules set it that cannot be judged. */
  readonly mark: number | null;
}

/** The addresses of one direction of a connection. */
export interface Tuple {
  readonly source: string | null;
  readonly destination: string | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/** What connection tracking of one namespace remembers of a connection. */
export interface Connection {
  readonly family: Family;
  readonly protocol: string | null;
  /** As the first packet came. */
  readonly original: Tuple;
  /** As answers come: NAT is the difference from the original, reversed. */
  readonly reply: Tuple;
  readonly mark: number | null;
}

/** Where a packet enters a namespace. */
export interface Arrival {
  readonly packet: Packet;
  /** The link that it is received on; null: this namespace sends it itself. */
  readonly link: string | null;
  /** Only of what the namespace sends itself: the link that the socket is bound to. */
  readonly boundTo?: string | null;
  /** The connection that this namespace already tracks it as part of; null: it is the first packet. */
  readonly connection?: Connection | null;
}

export type Hook = "prerouting" | "input" | "forward" | "output" | "postrouting";

/** A rule by its place; `rule` is null for the chain's policy. */
export interface RuleRef {
  /** `inet netloom` */
  readonly table: string;
  readonly chain: string;
  readonly rule: number | null;
  readonly comment: string | null;
}

export type Disposition =
  /** To the namespace itself; `link`: where it came in, `lo` for what it sent to itself. */
  | { readonly kind: "delivered"; readonly link: string }
  | { readonly kind: "forwarded"; readonly link: string; readonly nextHop: string }
  | { readonly kind: "dropped"; readonly by: RuleRef }
  | { readonly kind: "rejected"; readonly by: RuleRef; readonly with: string }
  /** No route, or a route or rule that refuses. The sender gets an ICMP error, except for a blackhole. */
  | { readonly kind: "no-route" | "unreachable" | "prohibited" | "blackhole" }
  /** It is not for this namespace, which does not forward. */
  | { readonly kind: "not-forwarding" }
  | { readonly kind: "ttl-exceeded" }
  /** rp_filter: the way back to the source is not by the link that it came in on. */
  | { readonly kind: "reverse-path" }
  /** An address that cannot be on the wire, such as an own one as the source. */
  | { readonly kind: "martian"; readonly reason: string }
  /** Masquerading or redirecting to the address of a link that has none. */
  | { readonly kind: "no-address"; readonly by: RuleRef; readonly link: string }
  | { readonly kind: "link-down"; readonly link: string }
  /** `unmodelled`: because of something the model cannot represent, which the reason names. */
  | { readonly kind: "undetermined"; readonly reason: string; readonly unmodelled: boolean };

export type Step =
  | { readonly kind: "rule"; readonly hook: Hook; readonly at: RuleRef; readonly action: string }
  /** A statement of NAT at the end of a rule: what it asks for. */
  | { readonly kind: "nat"; readonly hook: Hook; readonly at: RuleRef; readonly action: string }
  | { readonly kind: "route"; readonly destination: string; readonly table: number | null; readonly result: string }
  | { readonly kind: "connection"; readonly hook: Hook; readonly state: string }
  | { readonly kind: "translated"; readonly hook: Hook; readonly field: "source" | "destination"; readonly to: string };

export interface Outcome {
  readonly disposition: Disposition;
  /** As it leaves or arrives. */
  readonly packet: Packet;
  /** For later packets of the connection, and for answers; null when nothing is tracked. */
  readonly connection: Connection | null;
  /** Conditions that cannot be judged and make no difference: the trace is as if they held. */
  readonly assumed: readonly string[];
  readonly trace: readonly Step[];
}
