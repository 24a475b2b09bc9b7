/**
 * The codec of connection tracking: the connections that the Linux kernel has seen, with what NAT makes of them, as bytes
 * and as typed values.
 * In: questions and deletions to `encodeConnection`, or the bytes of one recvmsg of a NETLINK_NETFILTER socket to
 * `decodeConnections`. Out: bytes for one sendmsg, or values.
 * Pure: no socket, no file. Bytes that make no sense give a NetlinkDecodeError. See docs/netlink.md.
 */
export { NETLINK_NETFILTER, NFNL_SUBSYS_CTNETLINK } from "../netfilter.ts";
export { connectionMessageType, decodeConnections, encodeConnection } from "./message.ts";
export type * from "./types.ts";

// Bits of a connection's status: linux/netfilter/nf_conntrack_common.h
export const IPS_EXPECTED = 0x1;
export const IPS_SEEN_REPLY = 0x2;
export const IPS_ASSURED = 0x4;
export const IPS_CONFIRMED = 0x8;
export const IPS_SRC_NAT = 0x10;
export const IPS_DST_NAT = 0x20;
export const IPS_DYING = 0x200;
export const IPS_OFFLOAD = 0x4000;
