import { writeUnknown, type Mutable } from "./attributes.ts";
import { Reader, type DecodeOptions } from "./reader.ts";
import { decodeDump } from "./dump.ts";
import type { MessageHeader, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";
import { AF_INET, INET_DIAG_SKV6ONLY, SOCK_DIAG_BY_FAMILY, TCP_CLOSE, TCP_LISTEN } from "./constants.ts";

/** Sockets of a namespace, from NETLINK_SOCK_DIAG; linux/sock_diag.h, inet_diag.h. */

/** States of a socket as bits of a question: TCP_LISTEN, and TCP_CLOSE, which a UDP socket without a peer is in. */
export const SOCKET_LISTENS = 1 << TCP_LISTEN;
export const SOCKET_CLOSED = 1 << TCP_CLOSE;

const NAMES: readonly string[] = (
  "NONE MEMINFO INFO VEGASINFO CONG TOS TCLASS SKMEMINFO SHUTDOWN DCTCPINFO PROTOCOL SKV6ONLY LOCALS PEERS PAD MARK " +
  "BBRINFO CLASS_ID MD5SIG ULP_INFO SK_BPF_STORAGES CGROUP_ID SOCKOPT"
)
  .split(" ")
  .map((name) => `INET_DIAG_${name}`);

/** struct inet_diag_req_v2 */
const REQUEST = 56;
/** struct inet_diag_msg */
const MESSAGE = 72;

/** struct inet_diag_req_v2: which sockets are asked for. */
export interface SocketQuestion {
  /** AF_INET or AF_INET6 */
  readonly family: number;
  /** IPPROTO_* */
  readonly protocol: number;
  /** Bits of the requested states. */
  readonly states: number;
}

/** struct inet_diag_msg and what of its attributes has a name here. */
export interface SocketMessage {
  readonly family: number;
  readonly state: number;
  readonly localPort: number;
  readonly remotePort: number;
  /** 4 or 16 bytes. */
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  /** Bound to this ifindex, or 0. */
  readonly boundTo: number;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly uid: number;
  /** As in the names of descriptors: `socket:[inode]`. */
  readonly inode: number;
  /** INET_DIAG_SKV6ONLY: 1 if it does not hear IPv4. */
  readonly v6Only?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** Appends the question for all sockets of a kind. */
export function encodeSocketQuestion(writer: MessageWriter, header: MessageHeader, question: SocketQuestion): void {
  const start = writer.beginMessage(SOCK_DIAG_BY_FAMILY, header.flags, header.sequence, header.portId);
  const at = writer.skip(REQUEST);
  writer.putU8(at, question.family);
  writer.putU8(at + 1, question.protocol);
  writer.putU32(at + 4, question.states);
  writer.endMessage(start);
}

/** Appends an answer, for tests that play the kernel. */
export function encodeSocket(writer: MessageWriter, header: MessageHeader, message: SocketMessage): void {
  const start = writer.beginMessage(SOCK_DIAG_BY_FAMILY, header.flags, header.sequence, header.portId);
  const at = writer.skip(MESSAGE);
  writer.putU8(at, message.family);
  writer.putU8(at + 1, message.state);
  writer.putBytes(at + 4, Uint8Array.of(message.localPort >> 8, message.localPort & 0xff));
  writer.putBytes(at + 6, Uint8Array.of(message.remotePort >> 8, message.remotePort & 0xff));
  writer.putBytes(at + 8, message.local);
  writer.putBytes(at + 24, message.remote);
  writer.putU32(at + 40, message.boundTo);
  writer.putU32(at + 56, message.receiveQueue);
  writer.putU32(at + 60, message.sendQueue);
  writer.putU32(at + 64, message.uid);
  writer.putU32(at + 68, message.inode);
  if (message.v6Only !== undefined) writer.attributeU8(INET_DIAG_SKV6ONLY, message.v6Only);
  writeUnknown(writer, message.unknown);
  writer.endMessage(start);
}

/**
 * The sockets in what one recvmsg returned; ends of dumps and acknowledgements are left out. Byte fields are views.
 * @throws NetlinkDecodeError
 */
export function decodeSockets(bytes: Uint8Array, options?: DecodeOptions): SocketMessage[] {
  const reader = new Reader(bytes, options);
  return decodeDump(reader, SOCK_DIAG_BY_FAMILY, "socket", (start, end) => decodeSocket(reader, start, end));
}

function decodeSocket(reader: Reader, start: number, end: number): SocketMessage {
  reader.require(start, MESSAGE, end, "inet_diag_msg");
  const family = reader.u8(start);
  const size = family === AF_INET ? 4 : 16;
  const message: Mutable<SocketMessage> = {
    family,
    state: reader.u8(start + 1),
    localPort: reader.view.getUint16(start + 4, false),
    remotePort: reader.view.getUint16(start + 6, false),
    local: reader.bytes.subarray(start + 8, start + 8 + size),
    remote: reader.bytes.subarray(start + 24, start + 24 + size),
    boundTo: reader.u32(start + 40),
    receiveQueue: reader.u32(start + 56),
    sendQueue: reader.u32(start + 60),
    uid: reader.u32(start + 64),
    inode: reader.u32(start + 68),
  };
  const cursor = reader.attributes(start + MESSAGE, end, NAMES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    if (cursor.type === INET_DIAG_SKV6ONLY) message.v6Only = cursor.u8();
    else unknown = cursor.keep(unknown);
  }
  if (unknown !== undefined) message.unknown = unknown;
  return message;
}
