import { decodeAck, decodeDone } from "../ack.ts";
import { NFNL_SUBSYS_CTNETLINK, NLMSG_DONE, NLMSG_ERROR } from "../constants.ts";
import { MESSAGE_HEADER } from "../header.ts";
import { messagesIn } from "../message.ts";
import { readNetfilter, writeNetfilter } from "../netfilter.ts";
import { type DecodeOptions, Reader } from "../reader.ts";
import type { MessageHeader } from "../types.ts";
import type { MessageWriter } from "../writer.ts";
import { CONNECTION } from "./levels.ts";
import type { ConnectionMessage, DecodedConnection } from "./types.ts";

// IPCTNL_MSG_CT_*
const COMMANDS = { new: 0, get: 1, delete: 2, clear: 3 } as const;
const NAMES = ["new", "get", "delete", "clear"] as const;

/** The nlmsg_type of a message. */
export function connectionMessageType(message: Pick<ConnectionMessage, "command">): number {
  return (NFNL_SUBSYS_CTNETLINK << 8) | COMMANDS[message.command];
}

/**
 * Appends one message to the writer.
 * @throws NetlinkEncodeError when a value does not fit its field; then `reset` the writer.
 */
export function encodeConnection(writer: MessageWriter, header: MessageHeader, message: ConnectionMessage): void {
  const start = writer.beginMessage(connectionMessageType(message), header.flags, header.sequence, header.portId);
  writeNetfilter(writer, CONNECTION, message);
  writer.endMessage(start);
}

/**
 * Every message in what one recvmsg of a NETLINK_NETFILTER socket returned. Byte fields are views of `bytes`. Messages of
 * other subsystems come as `opaque`.
 * @throws NetlinkDecodeError
 */
export function decodeConnections(bytes: Uint8Array, options?: DecodeOptions): DecodedConnection[] {
  const reader = new Reader(bytes, options);
  const list: DecodedConnection[] = [];
  let start = 0;
  for (const { type, flags, sequence, portId, payload } of messagesIn(bytes)) {
    const body = start + MESSAGE_HEADER;
    const message = decodePayload(reader, type, flags, body, body + payload.length);
    list.push({ header: { flags, sequence, portId }, type, message });
    start = body + Math.ceil(payload.length / 4) * 4;
  }
  return list;
}

function decodePayload(
  reader: Reader,
  type: number,
  flags: number,
  start: number,
  end: number,
): DecodedConnection["message"] {
  if (type === NLMSG_ERROR) return decodeAck(reader, flags, start, end);
  if (type === NLMSG_DONE) return decodeDone(reader, flags, start, end);
  const command = type >> 8 === NFNL_SUBSYS_CTNETLINK ? NAMES[type & 0xff] : undefined;
  if (command === undefined) return { kind: "opaque", type, payload: reader.bytes.subarray(start, end) };
  return readNetfilter(reader, start, end, CONNECTION, { kind: "connection", command, family: 0 });
}
