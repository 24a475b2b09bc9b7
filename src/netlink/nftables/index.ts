/**
 * The nf_tables codec: tables, chains, rules, sets and their elements as the Linux kernel has them, as bytes and as typed
 * values. In: values to `encodeNftables`, or the bytes of one recvmsg of a NETLINK_NETFILTER socket to `decodeNftables`.
 * Out: bytes for one sendmsg, values, and `printRuleset`'s text in the manner of `nft list ruleset`.
 * Pure: no socket, no file. Bytes that make no sense give a NetlinkDecodeError; expressions that are not known here are
 * kept as they came. Numbers are in network order on the wire. See docs/netlink.md.
 */
export { nftablesAttributePath } from "./attribute-path.ts";
export {
  NETLINK_NETFILTER,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFPROTO_NETDEV,
  NFPROTO_UNSPEC,
} from "../constants.ts";
export type { NetfilterHeader } from "../netfilter.ts";
export {
  encodeBlock,
  encodeNftablesBatch,
  joinBlocks,
  type NftablesBatch,
  type NftablesBatchOptions,
  type NftablesBlock,
  type NftablesChange,
  splitElements,
} from "./batch.ts";
export * from "./build.ts";
export * from "./constants.ts";
export { registerNumber, registerOf } from "./data.ts";
export { decodeExpressions, encodeExpressions } from "./expression-bytes.ts";
export type * from "./expression-types.ts";
export { compareBytes, type KeyRange, prefixLengthOf, prefixRange, rangeElements, rangesOf } from "./intervals.ts";
export { decodeNftables, encodeNftables, nftablesMessageType } from "./message.ts";
export type * from "./types.ts";
export * from "./user-data.ts";
export { NetlinkDecodeError, NetlinkEncodeError } from "../errors.ts";
export type { DecodeOptions } from "../reader.ts";
export type { AckMessage, Command, DoneMessage, MessageHeader, OpaqueMessage, RawAttribute } from "../types.ts";
export { MessageWriter } from "../writer.ts";
export { printRuleset } from "./print/index.ts";
export { printPart } from "./print/rule.ts";
export { type Datatype, DATATYPES, typeNumber, typesOf, writeValue } from "./print/values.ts";
export * from "./selectors.ts";
export { collectRuleset, type Ruleset, type RulesetChain, type RulesetSet, type RulesetTable } from "./ruleset.ts";
