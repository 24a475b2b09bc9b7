import type { NetfilterHeader } from "../netfilter.ts";
import type { AckMessage, DoneMessage, MessageHeader, OpaqueMessage, RawAttribute } from "../types.ts";

/** Typed messages of connection tracking. Addresses are bytes. Source: linux/netfilter/nfnetlink_conntrack.h. */

export interface TupleAddresses {
  readonly source4?: Uint8Array;
  readonly destination4?: Uint8Array;
  readonly source6?: Uint8Array;
  readonly destination6?: Uint8Array;
  readonly unknown?: readonly RawAttribute[];
}

/** CTA_TUPLE_PROTO: the protocol, and its ports or ICMP fields. Ports are in the order of the host. */
export interface TupleProtocol {
  /** IPPROTO_* */
  readonly number?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpId?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly icmpv6Id?: number;
  readonly icmpv6Type?: number;
  readonly icmpv6Code?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** What packets of a connection look like in one direction; with NAT the reply's is not the mirror of the original's. */
export interface Tuple {
  readonly addresses?: TupleAddresses;
  readonly protocol?: TupleProtocol;
  readonly zone?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** CTA_COUNTERS_*: packets and bytes of one direction. */
export interface ConnectionCounters {
  readonly packets?: bigint;
  readonly bytes?: bigint;
  readonly unknown?: readonly RawAttribute[];
}

/** CTA_PROTOINFO_TCP */
export interface TcpInfo {
  /** enum tcp_conntrack: 1 SYN_SENT, 2 SYN_RECV, 3 ESTABLISHED … */
  readonly state?: number;
  readonly windowScaleOriginal?: number;
  readonly windowScaleReply?: number;
  /** struct nf_ct_tcp_flags: flags, mask. */
  readonly flagsOriginal?: Uint8Array;
  readonly flagsReply?: Uint8Array;
  readonly unknown?: readonly RawAttribute[];
}

/** CTA_PROTOINFO: the state of the protocol itself. */
export interface ProtocolInfo {
  readonly tcp?: TcpInfo;
  readonly unknown?: readonly RawAttribute[];
}

/** Nanoseconds since 1970. */
export interface ConnectionTimes {
  readonly start?: bigint;
  readonly stop?: bigint;
  readonly unknown?: readonly RawAttribute[];
}

/**
 * A tracked connection. `get` with NLM_F_DUMP asks for all, or those with a `mark` (under `markMask`) or `status`; `delete`
 * with an `original` or `reply` tuple deletes that one, with neither all those of the family (0: of every one), also only
 * those with a mark.
 */
export interface ConnectionMessage extends NetfilterHeader {
  readonly kind: "connection";
  /** `clear` is `get` that sets the counters to zero. */
  readonly command: "new" | "get" | "delete" | "clear";
  readonly original?: Tuple;
  readonly reply?: Tuple;
  /** The connection that expected this one. */
  readonly master?: Tuple;
  /** IPS_* */
  readonly status?: number;
  readonly statusMask?: number;
  readonly protocolInfo?: ProtocolInfo;
  /** Seconds left. */
  readonly timeout?: number;
  readonly mark?: number;
  readonly markMask?: number;
  /** Absent unless net.netfilter.nf_conntrack_acct was 1 when it began. */
  readonly countersOriginal?: ConnectionCounters;
  readonly countersReply?: ConnectionCounters;
  readonly times?: ConnectionTimes;
  readonly use?: number;
  readonly id?: number;
  readonly zone?: number;
  readonly labels?: Uint8Array;
  readonly unknown?: readonly RawAttribute[];
}

/** A message as it was received. */
export interface DecodedConnection {
  readonly header: MessageHeader;
  /** nlmsg_type */
  readonly type: number;
  readonly message: ConnectionMessage | AckMessage | DoneMessage | OpaqueMessage;
}
