/**
 * The codec of connection tracking: the connections that the Linux kernel has seen, with what NAT makes of them, as bytes
 * and as typed values.
 * In: questions and deletions to `encodeConnection`, or the bytes of one recvmsg of a NETLINK_NETFILTER socket to
 * `decodeConnections`. Out: bytes for one sendmsg, or values.
 * Pure: no socket, no file. Bytes that make no sense give a NetlinkDecodeError. See docs/netlink.md.
 */
export { NETLINK_NETFILTER, NFNL_SUBSYS_CTNETLINK } from "../constants.ts";
export * from "./constants.ts";
export { connectionMessageType, decodeConnections, encodeConnection } from "./message.ts";
export type * from "./types.ts";
export { NetlinkDecodeError, NetlinkEncodeError } from "../errors.ts";
export type { NetfilterHeader } from "../netfilter.ts";
export type { DecodeOptions } from "../reader.ts";
export type { AckMessage, DoneMessage, MessageHeader, OpaqueMessage, RawAttribute } from "../types.ts";
export { MessageWriter } from "../writer.ts";
