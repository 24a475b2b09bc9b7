/**
 * The rtnetlink codec, exported as `netloom/netlink`: the Linux kernel's messages about links, addresses, routes, rules,
 * neighbours and namespace ids, as bytes and as typed values.
 * In: values to `encodeMessage`, or the bytes of one recvmsg to `decodeMessages`. Out: bytes for one sendmsg, or values.
 * Pure: no socket, no file, no clock. Bytes that make no sense give a NetlinkDecodeError; nothing outside of them is read.
 * Byte order is the host's (x64, arm64: little-endian), as netlink has it. See docs/netlink.md.
 */
export * from "./attribute-path.ts";
export * from "./constants.ts";
export * from "./diag.ts";
export { NetlinkDecodeError, NetlinkEncodeError } from "./errors.ts";
export { MESSAGE_HEADER } from "./header.ts";
export { linkData, type LinkData } from "./link-data.ts";
export {
  decodeMessage,
  decodeMessages,
  decodeObjects,
  encodeMessage,
  messagesIn,
  messageType,
  type RawMessage,
} from "./message.ts";
export * from "./qdisc.ts";
export * from "./bridge-vlan.ts";
export { type AttributeCursor, type DecodeOptions, Reader } from "./reader.ts";
export type * from "./types.ts";
export { LITTLE_ENDIAN, MessageWriter } from "./writer.ts";
export * from "./xfrm.ts";
