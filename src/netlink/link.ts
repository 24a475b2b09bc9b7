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
  IFLA_GRO_MAX_SIZE,
  IFLA_GSO_MAX_SEGS,
  IFLA_GSO_MAX_SIZE,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_LINKMODE,
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
  if (body.gsoMaxSize !== undefined) writer.attributeU32(IFLA_GSO_MAX_SIZE, body.gsoMaxSize);
  if (body.gsoMaxSegments !== undefined) writer.attributeU32(IFLA_GSO_MAX_SEGS, body.gsoMaxSegments);
  if (body.groMaxSize !== undefined) writer.attributeU32(IFLA_GRO_MAX_SIZE, body.groMaxSize);
  if (body.linkMode !== undefined) writer.attributeU8(IFLA_LINKMODE, body.linkMode);
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
  const decoders = body.family === AF_BRIDGE ? BRIDGE_FAMILY : reader.keepSettings ? ALL : PLAIN;
  let unknown: RawAttribute[] | undefined;
  while (cursor.next(decoders)) {
    const decode = decoders[cursor.type];
    if (decode === undefined) unknown = cursor.keep(unknown);
    else decode(cursor, body);
  }
  if (unknown !== undefined) body.unknown = unknown;
  return body;
}

type Decoder = (cursor: AttributeCursor, body: Mutable<LinkBody>) => void;

function byType(...rows: readonly (readonly [type: number, decode: Decoder])[]): readonly (Decoder | undefined)[] {
  const decoders = new Map(rows);
  return Array.from({ length: Math.max(...decoders.keys()) + 1 }, (_, type) => decoders.get(type));
}

// Tables, because of a link's sixty attributes most have no field, and there may be thousands of links.
const PLAIN_ROWS: readonly (readonly [type: number, decode: Decoder])[] = [
  [IFLA_IFNAME, (cursor, body) => void (body.name = cursor.string())],
  [IFLA_ADDRESS, (cursor, body) => void (body.address = cursor.bytes())],
  [IFLA_MTU, (cursor, body) => void (body.mtu = cursor.u32())],
  [IFLA_LINK, (cursor, body) => void (body.link = cursor.u32())],
  [IFLA_LINK_NETNSID, (cursor, body) => void (body.linkNetnsId = cursor.i32())],
  [IFLA_MASTER, (cursor, body) => void (body.master = cursor.u32())],
  [IFLA_OPERSTATE, (cursor, body) => void (body.operState = cursor.u8())],
  [IFLA_GROUP, (cursor, body) => void (body.group = cursor.u32())],
  [IFLA_TXQLEN, (cursor, body) => void (body.txQueueLength = cursor.u32())],
  [IFLA_GSO_MAX_SIZE, (cursor, body) => void (body.gsoMaxSize = cursor.u32())],
  [IFLA_GSO_MAX_SEGS, (cursor, body) => void (body.gsoMaxSegments = cursor.u32())],
  [IFLA_GRO_MAX_SIZE, (cursor, body) => void (body.groMaxSize = cursor.u32())],
  [IFLA_LINKMODE, (cursor, body) => void (body.linkMode = cursor.u8())],
  [IFLA_PROMISCUITY, (cursor, body) => void (body.promiscuity = cursor.u32())],
  [IFLA_CARRIER, (cursor, body) => void (body.carrier = cursor.u8())],
  [IFLA_IFALIAS, (cursor, body) => void (body.alias = cursor.string())],
  [IFLA_ALT_IFNAME, (cursor, body) => void (body.altName = cursor.string())],
  [IFLA_PROP_LIST, decodeProperties],
  [IFLA_LINKINFO, decodeInfo],
  [
    IFLA_STATS64,
    (cursor, body) => {
      if (cursor.reader.keepStats) body.stats64 = cursor.u64Array();
    },
  ],
  [IFLA_TARGET_NETNSID, (cursor, body) => void (body.targetNetnsId = cursor.i32())],
];
const COPY_ROWS: readonly (readonly [type: number, decode: Decoder])[] = [
  ...PLAIN_ROWS,
  [IFLA_BROADCAST, (cursor, body) => void (body.broadcast = cursor.bytes())],
  [IFLA_NUM_TX_QUEUES, (cursor, body) => void (body.txQueues = cursor.u32())],
  [IFLA_NUM_RX_QUEUES, (cursor, body) => void (body.rxQueues = cursor.u32())],
  [IFLA_NET_NS_FD, (cursor, body) => void (body.netNsFd = cursor.u32())],
  [IFLA_NET_NS_PID, (cursor, body) => void (body.netNsPid = cursor.u32())],
  [IFLA_EXT_MASK, (cursor, body) => void (body.extMask = cursor.u32())],
];
const PLAIN = byType(...PLAIN_ROWS);
const ALL = byType(...COPY_ROWS, [IFLA_AF_SPEC, decodeAfSpec]);
// There the children of IFLA_AF_SPEC are IFLA_BRIDGE_*, whose numbers collide with AF_INET: it is left as it is.
const BRIDGE_FAMILY = byType(...COPY_ROWS, [
  IFLA_PROTINFO,
  (cursor, body) => void (body.bridgePort = decodeBridgePort(cursor.nested(BRIDGE_PORT_ATTRIBUTES))),
]);

function decodeInfo(cursor: AttributeCursor, body: Mutable<LinkBody>): void {
  const { info, port } = decodeLinkInfo(cursor, body.family === AF_BRIDGE, PEER);
  body.info = info;
  if (port !== undefined) body.bridgePort = port;
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
