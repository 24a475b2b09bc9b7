import { decodeAfSpec, encodeAfSpec } from "./af-spec.ts";
import { LINK_ATTRIBUTES, BRIDGE_PORT_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import {
  AF_BRIDGE,
  IFLA_ADDRESS,
  IFLA_AF_SPEC,
  IFLA_ALT_IFNAME,
  IFLA_BROADCAST,
  IFLA_CARRIER,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_LINK_NETNSID,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_NET_NS_PID,
  IFLA_NUM_RX_QUEUES,
  IFLA_NUM_TX_QUEUES,
  IFLA_OPERSTATE,
  IFLA_PROMISCUITY,
  IFLA_PROP_LIST,
  IFLA_PROTINFO,
  IFLA_STATS64,
  IFLA_TARGET_NETNSID,
  IFLA_TXQLEN,
} from "./constants.ts";
import { decodeBridgePort, decodeLinkInfo, encodeBridgePort, encodeLinkInfo, type PeerCodec } from "./link-info.ts";
import type { AttributeCursor, Reader } from "./reader.ts";
import { encodeText } from "./text.ts";
import type { LinkBody, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct ifinfomsg: family, pad, type, index, flags, change. */
export const LINK_HEADER = 16;

const PEER: PeerCodec = { encode: encodeLinkBody, decode: decodeLinkBody };

/** Writes struct ifinfomsg and the attributes of a link, for a message or for the peer of a veth. */
export function encodeLinkBody(writer: MessageWriter, body: LinkBody): void {
  const at = writer.skip(LINK_HEADER);
  const family = body.family ?? 0;
  if (family !== 0) writer.putU8(at, family);
  if (body.deviceType !== undefined) writer.putU16(at + 2, body.deviceType);
  if (body.index !== undefined) writer.putI32(at + 4, body.index);
  if (body.flags !== undefined) writer.putU32(at + 8, body.flags);
  if (body.change !== undefined) writer.putU32(at + 12, body.change);
  if (body.name !== undefined) writer.attributeString(IFLA_IFNAME, body.name);
  if (body.address !== undefined) writer.attributeBytes(IFLA_ADDRESS, body.address);
  if (body.broadcast !== undefined) writer.attributeBytes(IFLA_BROADCAST, body.broadcast);
  if (body.mtu !== undefined) writer.attributeU32(IFLA_MTU, body.mtu);
  if (body.link !== undefined) writer.attributeU32(IFLA_LINK, body.link);
  if (body.linkNetnsId !== undefined) writer.attributeI32(IFLA_LINK_NETNSID, body.linkNetnsId);
  if (body.master !== undefined) writer.attributeU32(IFLA_MASTER, body.master);
  if (body.operState !== undefined) writer.attributeU8(IFLA_OPERSTATE, body.operState);
  if (body.group !== undefined) writer.attributeU32(IFLA_GROUP, body.group);
  if (body.txQueueLength !== undefined) writer.attributeU32(IFLA_TXQLEN, body.txQueueLength);
  if (body.txQueues !== undefined) writer.attributeU32(IFLA_NUM_TX_QUEUES, body.txQueues);
  if (body.rxQueues !== undefined) writer.attributeU32(IFLA_NUM_RX_QUEUES, body.rxQueues);
  if (body.promiscuity !== undefined) writer.attributeU32(IFLA_PROMISCUITY, body.promiscuity);
  if (body.carrier !== undefined) writer.attributeU8(IFLA_CARRIER, body.carrier);
  // The one text that the kernel takes with its length: an alias is removed by an empty one, without a NUL.
  if (body.alias !== undefined) writer.attributeBytes(IFLA_IFALIAS, encodeText(body.alias));
  if (body.netNsFd !== undefined) writer.attributeU32(IFLA_NET_NS_FD, body.netNsFd);
  if (body.netNsPid !== undefined) writer.attributeU32(IFLA_NET_NS_PID, body.netNsPid);
  if (body.targetNetnsId !== undefined) writer.attributeI32(IFLA_TARGET_NETNSID, body.targetNetnsId);
  if (body.extMask !== undefined) writer.attributeU32(IFLA_EXT_MASK, body.extMask);
  if (body.altName !== undefined) writer.attributeString(IFLA_ALT_IFNAME, body.altName);
  if (body.altNames !== undefined || body.propertyUnknown !== undefined) encodeProperties(writer, body);
  if (body.stats64 !== undefined) writer.attributeU64Array(IFLA_STATS64, body.stats64);
  const slavePort = family === AF_BRIDGE ? undefined : body.bridgePort;
  if (body.info !== undefined || slavePort !== undefined) encodeLinkInfo(writer, body.info, slavePort, PEER);
  if (family === AF_BRIDGE && body.bridgePort !== undefined) encodeBridgePort(writer, IFLA_PROTINFO, body.bridgePort);
  encodeAfSpec(writer, body);
  writeUnknown(writer, body.unknown);
}

function encodeProperties(writer: MessageWriter, body: LinkBody): void {
  const nest = writer.beginNested(IFLA_PROP_LIST);
  if (body.altNames !== undefined) for (const name of body.altNames) writer.attributeString(IFLA_ALT_IFNAME, name);
  writeUnknown(writer, body.propertyUnknown);
  writer.endNested(nest);
}

/** Reads struct ifinfomsg and the attributes of a link. */
export function decodeLinkBody(reader: Reader, start: number, end: number): LinkBody {
  return fillLinkBody({}, reader, start, end);
}

/** The same, into an object that already says what kind of message it is. */
export function fillLinkBody<T extends Mutable<LinkBody>>(body: T, reader: Reader, start: number, end: number): T {
  reader.require(start, LINK_HEADER, end, "ifinfomsg");
  body.family = reader.u8(start);
  body.deviceType = reader.u16(start + 2);
  body.index = reader.i32(start + 4);
  body.flags = reader.u32(start + 8);
  body.change = reader.u32(start + 12);
  const cursor = reader.attributes(start + LINK_HEADER, end, LINK_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    if (!decodeNumber(cursor, body) && !decodeOther(cursor, body)) unknown = cursor.keep(unknown);
  }
  if (unknown !== undefined) body.unknown = unknown;
  return body;
}

function decodeNumber(cursor: AttributeCursor, body: Mutable<LinkBody>): boolean {
  switch (cursor.type) {
    case IFLA_MTU:
      body.mtu = cursor.u32();
      return true;
    case IFLA_LINK:
      body.link = cursor.u32();
      return true;
    case IFLA_LINK_NETNSID:
      body.linkNetnsId = cursor.i32();
      return true;
    case IFLA_MASTER:
      body.master = cursor.u32();
      return true;
    case IFLA_OPERSTATE:
      body.operState = cursor.u8();
      return true;
    case IFLA_GROUP:
      body.group = cursor.u32();
      return true;
    case IFLA_TXQLEN:
      body.txQueueLength = cursor.u32();
      return true;
    case IFLA_NUM_TX_QUEUES:
      body.txQueues = cursor.u32();
      return true;
    case IFLA_NUM_RX_QUEUES:
      body.rxQueues = cursor.u32();
      return true;
    case IFLA_PROMISCUITY:
      body.promiscuity = cursor.u32();
      return true;
    case IFLA_CARRIER:
      body.carrier = cursor.u8();
      return true;
    case IFLA_NET_NS_FD:
      body.netNsFd = cursor.u32();
      return true;
    case IFLA_NET_NS_PID:
      body.netNsPid = cursor.u32();
      return true;
    case IFLA_TARGET_NETNSID:
      body.targetNetnsId = cursor.i32();
      return true;
    case IFLA_EXT_MASK:
      body.extMask = cursor.u32();
      return true;
    default:
      return false;
  }
}

function decodeOther(cursor: AttributeCursor, body: Mutable<LinkBody>): boolean {
  switch (cursor.type) {
    case IFLA_IFNAME:
      body.name = cursor.string();
      return true;
    case IFLA_ADDRESS:
      body.address = cursor.bytes();
      return true;
    case IFLA_BROADCAST:
      body.broadcast = cursor.bytes();
      return true;
    case IFLA_IFALIAS:
      body.alias = cursor.string();
      return true;
    case IFLA_ALT_IFNAME:
      body.altName = cursor.string();
      return true;
    case IFLA_PROP_LIST:
      decodeProperties(cursor, body);
      return true;
    case IFLA_STATS64:
      if (cursor.reader.keepStats) body.stats64 = cursor.u64Array();
      return true;
    case IFLA_LINKINFO: {
      const { info, port } = decodeLinkInfo(cursor, body.family === AF_BRIDGE, PEER);
      body.info = info;
      if (port !== undefined) body.bridgePort = port;
      return true;
    }
    case IFLA_PROTINFO:
      if (body.family !== AF_BRIDGE) return false;
      body.bridgePort = decodeBridgePort(cursor.nested(BRIDGE_PORT_ATTRIBUTES));
      return true;
    case IFLA_AF_SPEC:
      // In the bridge family its children are IFLA_BRIDGE_*, whose numbers collide with AF_INET.
      if (body.family === AF_BRIDGE) return false;
      decodeAfSpec(cursor, body);
      return true;
    default:
      return false;
  }
}

function decodeProperties(parent: AttributeCursor, body: Mutable<LinkBody>): void {
  const cursor = parent.nested(LINK_ATTRIBUTES);
  const names: string[] = [];
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    if (cursor.type === IFLA_ALT_IFNAME) names.push(cursor.string());
    else unknown = cursor.keep(unknown);
  }
  body.altNames = names;
  if (unknown !== undefined) body.propertyUnknown = unknown;
}
