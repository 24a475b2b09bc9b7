import type { NetfilterHeader } from "../netfilter.ts";
import type { AckMessage, Command, DoneMessage, MessageHeader, OpaqueMessage, RawAttribute } from "../types.ts";
import type { Data, Expression } from "./expression-types.ts";

/**
 * Typed nf_tables messages, as values, in the manner of ../types.ts: numbers are the kernel's own (constants.ts), 64-bit
 * ones bigint, `unknown` keeps what has no field, so that decoding and encoding again gives the same bytes. `userData` is
 * where nft keeps comments: user-data.ts. Source: linux/netfilter/nf_tables.h.
 */

/** `destroy` deletes and does not mind when there is nothing (Linux 6.3 and later). */
export type NftablesCommand = Command | "destroy";

/** What all nf_tables messages have: struct nfgenmsg, and what is done. */
export interface NftablesMessageBase<K extends string> extends NetfilterHeader {
  readonly kind: K;
  readonly command: NftablesCommand;
  readonly unknown?: readonly RawAttribute[];
}

/** NFT_MSG_*TABLE; NFTA_TABLE_*. */
export interface TableMessage extends NftablesMessageBase<"table"> {
  readonly name?: string;
  /** NFT_TABLE_F_* */
  readonly flags?: number;
  /** Number of objects in it. */
  readonly use?: number;
  readonly handle?: bigint;
  readonly userData?: Uint8Array;
  /** Port id of the socket that it belongs to (NFT_TABLE_F_OWNER). */
  readonly owner?: number;
}

/** Where packets meet a chain. */
export interface Hook {
  /** NF_INET_*, NF_NETDEV_* */
  readonly number?: number;
  /** Signed; chains run in ascending order. */
  readonly priority?: number;
  /** Of the families netdev and inet ingress. */
  readonly device?: string;
  readonly devices?: readonly string[];
  readonly unknown?: readonly RawAttribute[];
}

/** Packets and bytes. */
export interface Counters {
  readonly packets?: bigint;
  readonly bytes?: bigint;
  readonly unknown?: readonly RawAttribute[];
}

/** A chain; with a `hook` and a `type` (`filter`, `nat`, `route`) packets come to it by themselves. */
export interface ChainMessage extends NftablesMessageBase<"chain"> {
  readonly table?: string;
  readonly name?: string;
  readonly handle?: bigint;
  readonly hook?: Hook;
  /** NF_ACCEPT, NF_DROP */
  readonly policy?: number;
  /** Number of rules and jumps to it. */
  readonly use?: number;
  readonly type?: string;
  readonly counters?: Counters;
  /** NFT_CHAIN_* */
  readonly flags?: number;
  /** Names it within a batch: NFTA_CHAIN_ID. */
  readonly id?: number;
  readonly userData?: Uint8Array;
}

/** NFT_MSG_*RULE; NFTA_RULE_*. */
export interface RuleMessage extends NftablesMessageBase<"rule"> {
  readonly table?: string;
  readonly chain?: string;
  readonly handle?: bigint;
  readonly expressions?: readonly Expression[];
  /** Handle of the rule that it goes behind (with NLM_F_APPEND) or before; dumps give the one before it. */
  readonly position?: bigint;
  readonly userData?: Uint8Array;
  readonly id?: number;
  readonly positionId?: number;
  readonly chainId?: number;
}

/** NFTA_SET_DESC */
export interface SetDescription {
  readonly size?: number;
  /** Lengths in bytes of the parts of a concatenated key. */
  readonly concatenation?: readonly { readonly length?: number; readonly unknown?: readonly RawAttribute[] }[];
  readonly unknown?: readonly RawAttribute[];
}

/** A set, or with NFT_SET_MAP a map. */
export interface SetMessage extends NftablesMessageBase<"set"> {
  readonly table?: string;
  readonly name?: string;
  /** NFT_SET_* */
  readonly flags?: number;
  /** nft's number for the type, which only user space makes sense of; six bits each for the parts of a concatenation. See print/values.ts. */
  readonly keyType?: number;
  /** Bytes; each part of a concatenation fills whole words. */
  readonly keyLength?: number;
  readonly dataType?: number;
  readonly dataLength?: number;
  /** NFT_OBJECT_* of a map to named objects. */
  readonly objectType?: number;
  /** NFT_SET_POL_* */
  readonly policy?: number;
  readonly description?: SetDescription;
  /** Names it within a batch: NFTA_SET_ID. The kernel requires one for every new set. */
  readonly id?: number;
  /** Milliseconds. */
  readonly timeout?: bigint;
  readonly gcInterval?: number;
  readonly userData?: Uint8Array;
  readonly handle?: bigint;
  readonly expression?: Expression;
  readonly expressions?: readonly Expression[];
  /** Elements in it, from newer kernels: NFTA_SET_COUNT. */
  readonly count?: number;
  /** The kernel's name of its backend: NFTA_SET_TYPE. */
  readonly backend?: string;
}

/** NFTA_SET_ELEM_*: an element of a set or map. */
export interface SetElement {
  readonly key?: Data;
  /** Last value of a range, inclusive; only where the key is a concatenation. Other ranges are two elements: intervals.ts. */
  readonly keyEnd?: Data;
  readonly data?: Data;
  /** NFT_SET_ELEM_* */
  readonly flags?: number;
  /** Milliseconds. */
  readonly timeout?: bigint;
  readonly expiration?: bigint;
  readonly userData?: Uint8Array;
  readonly expression?: Expression;
  readonly expressions?: readonly Expression[];
  /** Name of the object that a map to objects has here. */
  readonly object?: string;
  readonly unknown?: readonly RawAttribute[];
}

/** NFT_MSG_*SETELEM: elements of one set. */
export interface SetElementsMessage extends NftablesMessageBase<"elements"> {
  readonly table?: string;
  readonly set?: string;
  readonly setId?: number;
  readonly elements?: readonly SetElement[];
}

/** How often the ruleset has changed; `command` get asks for it. */
export interface GenerationMessage extends NftablesMessageBase<"generation"> {
  readonly id?: number;
  readonly processId?: number;
  readonly processName?: string;
}

/**
 * NFNL_MSG_BATCH_BEGIN and _END. What is between them takes effect as a whole or not at all. `resourceId` is
 * NFNL_SUBSYS_NFTABLES in both.
 */
export interface BatchMessage extends NetfilterHeader {
  readonly kind: "batch";
  readonly command: "begin" | "end";
  /** Refuse (ERESTART) unless the ruleset still is of this generation: NFNL_BATCH_GENID. */
  readonly generation?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** A message that this codec encodes and decodes. `kind` tells which. */
export type NftablesMessage =
  | TableMessage
  | ChainMessage
  | RuleMessage
  | SetMessage
  | SetElementsMessage
  | GenerationMessage
  | BatchMessage
  | OpaqueMessage;

/** A message as it was received. */
export interface DecodedNftables {
  readonly header: MessageHeader;
  /** nlmsg_type */
  readonly type: number;
  readonly message: NftablesMessage | AckMessage | DoneMessage;
}
