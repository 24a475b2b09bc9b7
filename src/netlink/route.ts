import { ROUTE_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import {
  RTA_CACHEINFO,
  RTA_DPORT,
  RTA_DST,
  RTA_ENCAP_TYPE,
  RTA_EXPIRES,
  RTA_FLOW,
  RTA_GATEWAY,
  RTA_IIF,
  RTA_IP_PROTO,
  RTA_MARK,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_NH_ID,
  RTA_OIF,
  RTA_PREF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_SPORT,
  RTA_SRC,
  RTA_TABLE,
  RTA_UID,
  RTA_VIA,
} from "./constants.ts";
import { decodeMetrics, decodeMultipath, decodeVia, encodeMetrics, encodeMultipath, encodeVia } from "./next-hop.ts";
import type { AttributeCursor, Reader } from "./reader.ts";
import type { Command, RawAttribute, RouteMessage } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct rtmsg: family, lengths, tos, table, protocol, scope, type, flags. */
export const ROUTE_HEADER = 12;

/** Writes struct rtmsg and its attributes. */
export function encodeRoute(writer: MessageWriter, message: RouteMessage): void {
  const at = writer.skip(ROUTE_HEADER);
  writer.putU8(at, message.family);
  writer.putU8(at + 1, message.destinationLength);
  writer.putU8(at + 2, message.sourceLength ?? 0);
  writer.putU8(at + 3, message.tos ?? 0);
  if (message.table < 256) writer.putU8(at + 4, message.table);
  writer.putU8(at + 5, message.protocol);
  writer.putU8(at + 6, message.scope);
  writer.putU8(at + 7, message.type);
  writer.putU32(at + 8, message.flags ?? 0);
  if (message.table > 255) writer.attributeU32(RTA_TABLE, message.table);
  if (message.destination !== undefined) writer.attributeBytes(RTA_DST, message.destination);
  if (message.source !== undefined) writer.attributeBytes(RTA_SRC, message.source);
  if (message.inputIndex !== undefined) writer.attributeU32(RTA_IIF, message.inputIndex);
  if (message.outputIndex !== undefined) writer.attributeU32(RTA_OIF, message.outputIndex);
  if (message.gateway !== undefined) writer.attributeBytes(RTA_GATEWAY, message.gateway);
  if (message.via !== undefined) encodeVia(writer, message.via);
  if (message.priority !== undefined) writer.attributeU32(RTA_PRIORITY, message.priority);
  if (message.preferredSource !== undefined) writer.attributeBytes(RTA_PREFSRC, message.preferredSource);
  if (message.multipath !== undefined) encodeMultipath(writer, message.multipath);
  if (message.mark !== undefined) writer.attributeU32(RTA_MARK, message.mark);
  if (message.uid !== undefined) writer.attributeU32(RTA_UID, message.uid);
  if (message.ipProtocol !== undefined) writer.attributeU8(RTA_IP_PROTO, message.ipProtocol);
  if (message.sourcePort !== undefined) writer.attributeU16BE(RTA_SPORT, message.sourcePort);
  if (message.destinationPort !== undefined) writer.attributeU16BE(RTA_DPORT, message.destinationPort);
  if (message.metrics !== undefined || message.metricsUnknown !== undefined) encodeMetrics(writer, message);
  if (message.expires !== undefined) writer.attributeU32(RTA_EXPIRES, message.expires);
  if (message.nextHopId !== undefined) writer.attributeU32(RTA_NH_ID, message.nextHopId);
  if (message.preference !== undefined) writer.attributeU8(RTA_PREF, message.preference);
  if (message.cacheInfo !== undefined) writer.attributeBytes(RTA_CACHEINFO, message.cacheInfo);
  if (message.flow !== undefined) writer.attributeU32(RTA_FLOW, message.flow);
  if (message.encapType !== undefined) writer.attributeU16(RTA_ENCAP_TYPE, message.encapType);
  writeUnknown(writer, message.unknown);
}

/** Reads struct rtmsg and its attributes. */
export function decodeRoute(reader: Reader, command: Command, start: number, end: number): RouteMessage {
  reader.require(start, ROUTE_HEADER, end, "rtmsg");
  const message: Mutable<RouteMessage> = {
    kind: "route",
    command,
    family: reader.u8(start),
    destinationLength: reader.u8(start + 1),
    sourceLength: reader.u8(start + 2),
    tos: reader.u8(start + 3),
    table: reader.u8(start + 4),
    protocol: reader.u8(start + 5),
    scope: reader.u8(start + 6),
    type: reader.u8(start + 7),
    flags: reader.u32(start + 8),
  };
  const cursor = reader.attributes(start + ROUTE_HEADER, end, ROUTE_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    if (!decodeWay(cursor, message) && !decodeSelector(cursor, message)) unknown = cursor.keep(unknown);
  }
  if (unknown !== undefined) message.unknown = unknown;
  return message;
}

/** Destination, next hops and their properties. */
function decodeWay(cursor: AttributeCursor, message: Mutable<RouteMessage>): boolean {
  switch (cursor.type) {
    case RTA_TABLE:
      message.table = cursor.u32();
      return true;
    case RTA_DST:
      message.destination = cursor.bytes();
      return true;
    case RTA_OIF:
      message.outputIndex = cursor.u32();
      return true;
    case RTA_GATEWAY:
      message.gateway = cursor.bytes();
      return true;
    case RTA_VIA:
      message.via = decodeVia(cursor);
      return true;
    case RTA_PRIORITY:
      message.priority = cursor.u32();
      return true;
    case RTA_PREFSRC:
      message.preferredSource = cursor.bytes();
      return true;
    case RTA_MULTIPATH:
      message.multipath = decodeMultipath(cursor);
      return true;
    case RTA_METRICS:
      decodeMetrics(cursor, message);
      return true;
    case RTA_NH_ID:
      message.nextHopId = cursor.u32();
      return true;
    case RTA_PREF:
      message.preference = cursor.u8();
      return true;
    case RTA_CACHEINFO:
      message.cacheInfo = cursor.bytes();
      return true;
    case RTA_FLOW:
      message.flow = cursor.u32();
      return true;
    case RTA_ENCAP_TYPE:
      message.encapType = cursor.u16();
      return true;
    default:
      return false;
  }
}

/** Which packets: what a lookup asks with, and the route's life time. */
function decodeSelector(cursor: AttributeCursor, message: Mutable<RouteMessage>): boolean {
  switch (cursor.type) {
    case RTA_SRC:
      message.source = cursor.bytes();
      return true;
    case RTA_IIF:
      message.inputIndex = cursor.u32();
      return true;
    case RTA_MARK:
      message.mark = cursor.u32();
      return true;
    case RTA_UID:
      message.uid = cursor.u32();
      return true;
    case RTA_IP_PROTO:
      message.ipProtocol = cursor.u8();
      return true;
    case RTA_SPORT:
      message.sourcePort = cursor.u16BE();
      return true;
    case RTA_DPORT:
      message.destinationPort = cursor.u16BE();
      return true;
    case RTA_EXPIRES:
      message.expires = cursor.u32();
      return true;
    default:
      return false;
  }
}
