import { decodeAck, decodeDone } from "./ack.ts";
import { decodeAddress, encodeAddress } from "./address.ts";
import {
  NLMSG_DONE,
  NLMSG_ERROR,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELLINKPROP,
  RTM_DELNEIGH,
  RTM_DELNETCONF,
  RTM_DELNSID,
  RTM_DELROUTE,
  RTM_DELRULE,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETLINKPROP,
  RTM_GETNEIGH,
  RTM_GETNETCONF,
  RTM_GETNSID,
  RTM_GETROUTE,
  RTM_GETRULE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWLINKPROP,
  RTM_NEWNEIGH,
  RTM_NEWNETCONF,
  RTM_NEWNSID,
  RTM_NEWROUTE,
  RTM_NEWRULE,
  RTM_SETLINK,
} from "./constants.ts";
import { MESSAGE_HEADER, messageEnd, nextMessage } from "./header.ts";
import { NetlinkEncodeError } from "./errors.ts";
import { encodeLinkBody, fillLinkBody } from "./link.ts";
import { decodeNamespaceId, encodeNamespaceId } from "./nsid.ts";
import { decodeNeighbour, encodeNeighbour } from "./neighbour.ts";
import { decodeNetconf, encodeNetconf } from "./netconf.ts";
import { Reader, type DecodeOptions } from "./reader.ts";
import { decodeRoute, encodeRoute } from "./route.ts";
import { decodeRule, encodeRule } from "./rule.ts";
import type {
  Command,
  Decoded,
  LinkMessage,
  LinkPropertyMessage,
  MessageHeader,
  RouteNetlinkMessage,
} from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** A message whose payload was not looked into. */
export interface RawMessage extends MessageHeader {
  /** nlmsg_type */
  readonly type: number;
  /** What follows the header, as a view. */
  readonly payload: Uint8Array;
}

const TYPES: Record<RouteNetlinkMessage["kind"], Partial<Record<Command | "set", number>>> = {
  link: { new: RTM_NEWLINK, delete: RTM_DELLINK, get: RTM_GETLINK, set: RTM_SETLINK },
  linkproperty: { new: RTM_NEWLINKPROP, delete: RTM_DELLINKPROP, get: RTM_GETLINKPROP },
  address: { new: RTM_NEWADDR, delete: RTM_DELADDR, get: RTM_GETADDR },
  route: { new: RTM_NEWROUTE, delete: RTM_DELROUTE, get: RTM_GETROUTE },
  rule: { new: RTM_NEWRULE, delete: RTM_DELRULE, get: RTM_GETRULE },
  neighbour: { new: RTM_NEWNEIGH, delete: RTM_DELNEIGH, get: RTM_GETNEIGH },
  nsid: { new: RTM_NEWNSID, delete: RTM_DELNSID, get: RTM_GETNSID },
  netconf: { new: RTM_NEWNETCONF, delete: RTM_DELNETCONF, get: RTM_GETNETCONF },
};

interface Meaning {
  readonly kind: RouteNetlinkMessage["kind"];
  readonly command: Command | "set";
}

const MEANINGS = new Map<number, Meaning>(
  Object.entries(TYPES).flatMap(([kind, commands]) =>
    Object.entries(commands).map(([command, type]) => [type, { kind, command } as Meaning]),
  ),
);

/**
 * The nlmsg_type of a message: RTM_* of linux/rtnetlink.h.
 * @throws NetlinkEncodeError when there is no such command for such an object.
 */
export function messageType(message: Pick<RouteNetlinkMessage, "kind" | "command">): number {
  const type = TYPES[message.kind]?.[message.command];
  if (type === undefined) throw new NetlinkEncodeError(`there is no message to ${message.command} a ${message.kind}`);
  return type;
}

/**
 * Appends one message to the writer; any number may go into one sendmsg.
 * @throws NetlinkEncodeError when a value does not fit its field; then `reset` the writer.
 */
export function encodeMessage(writer: MessageWriter, header: MessageHeader, message: RouteNetlinkMessage): void {
  const start = writer.beginMessage(messageType(message), header.flags, header.sequence, header.portId);
  switch (message.kind) {
    case "link":
    case "linkproperty":
      encodeLinkBody(writer, message);
      break;
    case "address":
      encodeAddress(writer, message);
      break;
    case "route":
      encodeRoute(writer, message);
      break;
    case "rule":
      encodeRule(writer, message);
      break;
    case "neighbour":
      encodeNeighbour(writer, message);
      break;
    case "nsid":
      encodeNamespaceId(writer, message);
      break;
    case "netconf":
      encodeNetconf(writer, message);
      break;
  }
  writer.endMessage(start);
}

/**
 * The messages in what one recvmsg returned, without looking into them: enough to match sequences and to see NLMSG_DONE,
 * NLM_F_MULTI and NLM_F_DUMP_INTR.
 * @throws NetlinkDecodeError when a length points outside of the buffer.
 */
export function* messagesIn(bytes: Uint8Array): Generator<RawMessage, void, undefined> {
  const reader = new Reader(bytes);
  for (let start = 0; start < reader.bytes.length;) {
    const end = messageEnd(reader, start);
    yield {
      type: reader.u16(start + 4),
      flags: reader.u16(start + 6),
      sequence: reader.u32(start + 8),
      portId: reader.u32(start + 12),
      payload: reader.bytes.subarray(start + MESSAGE_HEADER, end),
    };
    start = nextMessage(start, end);
  }
}

/** NLMSG_MIN_TYPE: below it are netlink's own messages. */
const FIRST_MESSAGE = 0x10;

/**
 * Every message in what one recvmsg returned. Byte fields are views of `bytes`: hand in a copy if the buffer is reused.
 * @throws NetlinkDecodeError
 */
export function decodeMessages(bytes: Uint8Array, options?: DecodeOptions): Decoded[] {
  const reader = new Reader(bytes, options);
  const wanted = options?.wanted;
  const list: Decoded[] = [];
  for (let start = 0; start < reader.bytes.length;) {
    const end = messageEnd(reader, start);
    const type = reader.u16(start + 4);
    const payload = start + MESSAGE_HEADER;
    if (type < FIRST_MESSAGE || wanted === undefined || wanted(reader.bytes, payload)) {
      const header = { flags: reader.u16(start + 6), sequence: reader.u32(start + 8), portId: reader.u32(start + 12) };
      list.push({ header, type, message: decodePayload(reader, type, header.flags, payload, end) });
    }
    start = nextMessage(start, end);
  }
  return list;
}

/**
 * The objects alone of a dump's datagram, without headers: neither acknowledgements nor its end, nor types that have no
 * decoder. Of thousands of messages this is done sooner than `decodeMessages`.
 * @throws NetlinkDecodeError
 */
export function decodeObjects(bytes: Uint8Array, options?: DecodeOptions): RouteNetlinkMessage[] {
  const reader = new Reader(bytes, options);
  const wanted = options?.wanted;
  const list: RouteNetlinkMessage[] = [];
  for (let start = 0; start < reader.bytes.length;) {
    const end = messageEnd(reader, start);
    const meaning = MEANINGS.get(reader.u16(start + 4));
    const payload = start + MESSAGE_HEADER;
    if (meaning !== undefined && (wanted === undefined || wanted(reader.bytes, payload)))
      list.push(decodeObject(reader, meaning, payload, end));
    start = nextMessage(start, end);
  }
  return list;
}

/**
 * One message of `messagesIn`. Byte fields are views of its payload; offsets in errors count from the payload's start.
 * @throws NetlinkDecodeError
 */
export function decodeMessage(raw: RawMessage, options?: DecodeOptions): Decoded {
  const reader = new Reader(raw.payload, options);
  return {
    header: { flags: raw.flags, sequence: raw.sequence, portId: raw.portId },
    type: raw.type,
    message: decodePayload(reader, raw.type, raw.flags, 0, reader.bytes.length),
  };
}

function decodePayload(reader: Reader, type: number, flags: number, start: number, end: number): Decoded["message"] {
  if (type === NLMSG_ERROR) return decodeAck(reader, flags, start, end);
  if (type === NLMSG_DONE) return decodeDone(reader, flags, start, end);
  const meaning = MEANINGS.get(type);
  if (meaning === undefined) return { kind: "opaque", type, payload: reader.bytes.subarray(start, end) };
  return decodeObject(reader, meaning, start, end);
}

function decodeObject(reader: Reader, { kind, command }: Meaning, start: number, end: number): RouteNetlinkMessage {
  if (kind === "link") return fillLinkBody<LinkMessage>({ kind, command }, reader, start, end);
  // Only links have a set message.
  const plain = command as Command;
  switch (kind) {
    case "linkproperty":
      return fillLinkBody<LinkPropertyMessage>({ kind, command: plain }, reader, start, end);
    case "address":
      return decodeAddress(reader, plain, start, end);
    case "route":
      return decodeRoute(reader, plain, start, end);
    case "rule":
      return decodeRule(reader, plain, start, end);
    case "neighbour":
      return decodeNeighbour(reader, plain, start, end);
    case "nsid":
      return decodeNamespaceId(reader, plain, start, end);
    case "netconf":
      return decodeNetconf(reader, plain, start, end);
  }
}
