import type { RawAttribute } from "../types.ts";

/**
 * The expressions that a rule is made of: small instructions for a machine with sixteen 32-bit registers, run in order
 * until one of them fails to match or gives a verdict. `kind` is the kernel's name. Values in registers are bytes: numbers
 * out of packets (`payload`) in network order, those of the kernel (`meta`, `ct`) in the host's. Constants: constants.ts.
 * Source: linux/netfilter/nf_tables.h.
 */

/**
 * A place for values: the number of a 32-bit word, 0–15, or that of the verdict. On the wire the kernel calls the words 0,
 * 4, 8 and 12 NFT_REG_1 … NFT_REG_4 and the others NFT_REG32_xx; a value may fill several words.
 */
export type Register = number | "verdict";

/** What becomes of the packet. `code`: NF_DROP, NF_ACCEPT, NFT_JUMP, … */
export interface Verdict {
  readonly code: number;
  /** Where NFT_JUMP and NFT_GOTO go. */
  readonly chain?: string;
  /** The same for a chain that has no name, made in the same batch. */
  readonly chainId?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** Exactly one of the two. */
export interface Data {
  readonly value?: Uint8Array;
  readonly verdict?: Verdict;
  readonly unknown?: readonly RawAttribute[];
}

/** What all expressions have. */
export interface ExpressionBase<K extends string> {
  readonly kind: K;
  readonly unknown?: readonly RawAttribute[];
}

/** Puts a value, or a verdict, into `destination`. */
export interface ImmediateExpression extends ExpressionBase<"immediate"> {
  readonly destination: Register;
  readonly data: Data;
}

/** Reads bytes of the packet into `destination`, or writes those of `source` into it. */
export interface PayloadExpression extends ExpressionBase<"payload"> {
  readonly destination?: Register;
  readonly source?: Register;
  /** NFT_PAYLOAD_* */
  readonly base: number;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
  /** Which checksum to update on writing: NFT_PAYLOAD_CSUM_*. */
  readonly checksumType?: number;
  readonly checksumOffset?: number;
  /** NFT_PAYLOAD_L4CSUM_PSEUDOHDR */
  readonly checksumFlags?: number;
}

/** Reads what the kernel knows of the packet into `destination`, or sets it from `source`. */
export interface MetaExpression extends ExpressionBase<"meta"> {
  /** NFT_META_* */
  readonly key: number;
  readonly destination?: Register;
  readonly source?: Register;
}

/** Reads a property of the packet's connection into `destination`, or sets it from `source`. */
export interface CtExpression extends ExpressionBase<"ct"> {
  /** NFT_CT_* */
  readonly key: number;
  /** 0 original, 1 reply. */
  readonly direction?: number;
  readonly destination?: Register;
  readonly source?: Register;
}

/** Goes on only if the comparison holds. */
export interface CmpExpression extends ExpressionBase<"cmp"> {
  readonly source: Register;
  /** NFT_CMP_* */
  readonly operation: number;
  readonly value: Uint8Array;
}

/** Goes on only if the value lies between two others, inclusive (or, NFT_RANGE_NEQ, does not). */
export interface RangeExpression extends ExpressionBase<"range"> {
  readonly source: Register;
  /** NFT_RANGE_* */
  readonly operation: number;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** destination = (source & mask) ^ xor, or a shift by `data`. */
export interface BitwiseExpression extends ExpressionBase<"bitwise"> {
  readonly source: Register;
  readonly destination: Register;
  readonly length: number;
  readonly mask?: Uint8Array;
  readonly xor?: Uint8Array;
  /** NFT_BITWISE_*; absent is NFT_BITWISE_MASK_XOR. */
  readonly operation?: number;
  /** Number of bits to shift by: 32 bits in host order. */
  readonly data?: Data;
}

/** NFTA_BYTEORDER_*: to and from network order. */
export interface ByteorderExpression extends ExpressionBase<"byteorder"> {
  readonly source: Register;
  readonly destination: Register;
  /** NFT_BYTEORDER_* */
  readonly operation: number;
  /** Bytes in all, and of one number among them. */
  readonly length: number;
  readonly size: number;
}

/** Makes a number of a value: `offset` and the rest beyond multiples of `modulus`, 32 bits in the host's order. */
export interface HashExpression extends ExpressionBase<"hash"> {
  /** NFT_HASH_*; absent is NFT_HASH_JENKINS, NFT_HASH_SYM takes the packet's own addresses and ports. */
  readonly type?: number;
  readonly source?: Register;
  readonly destination: Register;
  /** Bytes that are hashed. */
  readonly length?: number;
  readonly modulus: number;
  /** The kernel makes one up if there is none, and does not report it. */
  readonly seed?: number;
  readonly offset?: number;
}

/** Goes on only if the value is in the set (`flags` NFT_LOOKUP_F_INV: is not); with `destination`, puts the map's value there. */
export interface LookupExpression extends ExpressionBase<"lookup"> {
  readonly set: string;
  /** Of a set made in the same batch, instead of its name: NFTA_LOOKUP_SET_ID. */
  readonly setId?: number;
  readonly source: Register;
  readonly destination?: Register;
  readonly flags?: number;
}

/** Adds to or takes from a set while packets pass. */
export interface DynsetExpression extends ExpressionBase<"dynset"> {
  readonly set: string;
  readonly setId?: number;
  /** NFT_DYNSET_OP_* */
  readonly operation: number;
  readonly key: Register;
  readonly data?: Register;
  /** Milliseconds. */
  readonly timeout?: bigint;
  readonly expression?: Expression;
  readonly expressions?: readonly Expression[];
  /** NFT_DYNSET_F_* */
  readonly flags?: number;
}

/** NFTA_COUNTER_*: packets and bytes. */
export interface CounterExpression extends ExpressionBase<"counter"> {
  readonly bytes?: bigint;
  readonly packets?: bigint;
}

/** Goes on as long as no more than `rate` packets (or bytes) pass in `unit`. */
export interface LimitExpression extends ExpressionBase<"limit"> {
  readonly rate: bigint;
  /** Seconds. */
  readonly unit: bigint;
  readonly burst?: number;
  /** NFT_LIMIT_PKTS, NFT_LIMIT_PKT_BYTES */
  readonly type?: number;
  /** NFT_LIMIT_F_INV */
  readonly flags?: number;
}

/** NFTA_LOG_*: writes the packet to the kernel log or to a group. */
export interface LogExpression extends ExpressionBase<"log"> {
  readonly prefix?: string;
  readonly group?: number;
  /** Bytes of each packet. */
  readonly snapLength?: number;
  readonly queueThreshold?: number;
  /** NFT_LOGLEVEL_*, as syslog's */
  readonly level?: number;
  /** NF_LOG_* */
  readonly flags?: number;
}

/** NFTA_REJECT_*: drops the packet with an ICMP error or a TCP reset. */
export interface RejectExpression extends ExpressionBase<"reject"> {
  /** NFT_REJECT_* */
  readonly type: number;
  /** ICMP's, or NFT_REJECT_ICMPX_*. */
  readonly code?: number;
}

/** Source NAT to the address of the interface that the packet leaves by. */
export interface MasqExpression extends ExpressionBase<"masq"> {
  /** NF_NAT_RANGE_* */
  readonly flags?: number;
  readonly portMin?: Register;
  readonly portMax?: Register;
}

/** Source or destination NAT to addresses and ports that are in registers. */
export interface NatExpression extends ExpressionBase<"nat"> {
  /** NFT_NAT_SNAT, NFT_NAT_DNAT */
  readonly type: number;
  /** NFPROTO_IPV4, NFPROTO_IPV6 */
  readonly family: number;
  readonly addressMin?: Register;
  readonly addressMax?: Register;
  readonly portMin?: Register;
  readonly portMax?: Register;
  /** NF_NAT_RANGE_* */
  readonly flags?: number;
}

/** Destination NAT to this machine. */
export interface RedirExpression extends ExpressionBase<"redir"> {
  readonly portMin?: Register;
  readonly portMax?: Register;
  /** NF_NAT_RANGE_* */
  readonly flags?: number;
}

/** Asks the routing tables about the packet's addresses. */
export interface FibExpression extends ExpressionBase<"fib"> {
  readonly destination: Register;
  /** NFT_FIB_RESULT_* */
  readonly result: number;
  /** NFTA_FIB_F_* */
  readonly flags: number;
}

/** Bytes of an IPv6 extension header or of an option of TCP, IPv4 or SCTP. */
export interface ExthdrExpression extends ExpressionBase<"exthdr"> {
  readonly destination?: Register;
  readonly source?: Register;
  readonly type: number;
  readonly offset: number;
  readonly length: number;
  /** NFT_EXTHDR_F_PRESENT */
  readonly flags?: number;
  /** NFT_EXTHDR_OP_* */
  readonly operation?: number;
}

/** A property of the packet's route: NFT_RT_*. */
export interface RtExpression extends ExpressionBase<"rt"> {
  readonly key: number;
  readonly destination: Register;
}

/** Hands the packet to a program. */
export interface QueueExpression extends ExpressionBase<"queue"> {
  readonly number?: number;
  readonly total?: number;
  /** NFT_QUEUE_FLAG_* */
  readonly flags?: number;
  readonly source?: Register;
}

/** Leaves the packet out of connection tracking. */
export type NotrackExpression = ExpressionBase<"notrack">;

/** An expression that this library does not look into; all its attributes but NFTA_EXPR_NAME, as they came. */
export interface OpaqueExpression {
  readonly kind: "opaque";
  readonly name: string;
  readonly attributes: readonly RawAttribute[];
}

/** An expression that has a type here. `kind` tells which. */
export type KnownExpression =
  | BitwiseExpression
  | ByteorderExpression
  | CmpExpression
  | CounterExpression
  | CtExpression
  | DynsetExpression
  | ExthdrExpression
  | FibExpression
  | HashExpression
  | ImmediateExpression
  | LimitExpression
  | LogExpression
  | LookupExpression
  | MasqExpression
  | MetaExpression
  | NatExpression
  | NotrackExpression
  | PayloadExpression
  | QueueExpression
  | RangeExpression
  | RedirExpression
  | RejectExpression
  | RtExpression;

/** Any expression of a rule; what has no type here keeps its bytes. */
export type Expression = KnownExpression | OpaqueExpression;
