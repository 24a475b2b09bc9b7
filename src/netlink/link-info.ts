import { BRIDGE_SETTINGS, noteSetting, PORT_SETTINGS } from "./bridge-settings.ts";
import { writeUnknown, readRaw, type Mutable } from "./attributes.ts";
import { BRIDGE_PORT_ATTRIBUTES, LINK_INFO_ATTRIBUTES, VETH_ATTRIBUTES } from "./attribute-names.ts";
import {
  IFLA_BRPORT_STATE,
  IFLA_BR_AGEING_TIME,
  IFLA_BR_FORWARD_DELAY,
  IFLA_BR_MCAST_SNOOPING,
  IFLA_BR_STP_STATE,
  IFLA_BR_VLAN_FILTERING,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINKINFO,
  VETH_INFO_PEER,
} from "./constants.ts";
import { NetlinkEncodeError } from "./errors.ts";
import type { AttributeCursor, Reader } from "./reader.ts";
import type { BridgeData, BridgePortData, LinkBody, LinkInfo, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/**
 * The peer of a veth is a whole link inside its link. How to write and read one is handed in by link.ts, so that the two
 * files need not import each other.
 */
export interface PeerCodec {
  encode(writer: MessageWriter, peer: LinkBody): void;
  decode(reader: Reader, start: number, end: number): LinkBody;
}

/** Writes IFLA_LINKINFO; `port` is IFLA_INFO_SLAVE_DATA of a bridge port. */
export function encodeLinkInfo(
  writer: MessageWriter,
  info: LinkInfo | undefined,
  port: BridgePortData | undefined,
  peerCodec: PeerCodec,
): void {
  const nest = writer.beginNested(IFLA_LINKINFO);
  if (info !== undefined) {
    if (info.kind !== "") writer.attributeString(IFLA_INFO_KIND, info.kind);
    encodeData(writer, info, peerCodec);
  }
  const slaveKind = info?.slaveKind ?? (port === undefined ? undefined : "bridge");
  if (slaveKind !== undefined) writer.attributeString(IFLA_INFO_SLAVE_KIND, slaveKind);
  if (port !== undefined) {
    if (slaveKind !== "bridge") throw new NetlinkEncodeError(`bridgePort cannot go with slave kind ${slaveKind}`);
    encodeBridgePort(writer, IFLA_INFO_SLAVE_DATA, port);
  }
  if (info !== undefined) writeUnknown(writer, info.unknown);
  writer.endNested(nest);
}

function encodeData(writer: MessageWriter, info: LinkInfo, peerCodec: PeerCodec): void {
  if (info.bridge === undefined && info.peer === undefined && info.data === undefined) return;
  // Under another kind the numbers would mean something else.
  if (info.bridge !== undefined && info.kind !== "bridge")
    throw new NetlinkEncodeError(`bridge data cannot go with kind ${info.kind}`);
  if (info.peer !== undefined && info.kind !== "veth")
    throw new NetlinkEncodeError(`a peer cannot go with kind ${info.kind}`);
  const nest = writer.beginNested(IFLA_INFO_DATA);
  if (info.peer !== undefined) {
    const peer = writer.beginAttribute(VETH_INFO_PEER);
    peerCodec.encode(writer, info.peer);
    writer.endNested(peer);
  }
  const bridge = info.bridge;
  if (bridge !== undefined) {
    if (bridge.forwardDelay !== undefined) writer.attributeU32(IFLA_BR_FORWARD_DELAY, bridge.forwardDelay);
    if (bridge.ageingTime !== undefined) writer.attributeU32(IFLA_BR_AGEING_TIME, bridge.ageingTime);
    if (bridge.stpState !== undefined) writer.attributeU32(IFLA_BR_STP_STATE, bridge.stpState);
    if (bridge.vlanFiltering !== undefined) writer.attributeU8(IFLA_BR_VLAN_FILTERING, bridge.vlanFiltering);
    if (bridge.multicastSnooping !== undefined) writer.attributeU8(IFLA_BR_MCAST_SNOOPING, bridge.multicastSnooping);
    writeUnknown(writer, bridge.unknown);
  }
  writeUnknown(writer, info.data);
  writer.endNested(nest);
}

/** Writes a bridge port's settings as IFLA_INFO_SLAVE_DATA or IFLA_PROTINFO. */
export function encodeBridgePort(writer: MessageWriter, type: number, port: BridgePortData): void {
  const nest = writer.beginNested(type);
  if (port.state !== undefined) writer.attributeU8(IFLA_BRPORT_STATE, port.state);
  writeUnknown(writer, port.unknown);
  writer.endNested(nest);
}

/** Reads IFLA_LINKINFO. With `bridgeFamily`, slave data is left raw: there, the port is in IFLA_PROTINFO. */
export function decodeLinkInfo(
  parent: AttributeCursor,
  bridgeFamily: boolean,
  peerCodec: PeerCodec,
): { info: LinkInfo; port?: BridgePortData } {
  const cursor = parent.nested(LINK_INFO_ATTRIBUTES);
  const info: Mutable<LinkInfo> = { kind: "" };
  let data: AttributeCursor | undefined;
  let slaveData: { raw: RawAttribute; cursor: AttributeCursor } | undefined;
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case IFLA_INFO_KIND:
        info.kind = cursor.string();
        break;
      case IFLA_INFO_SLAVE_KIND:
        info.slaveKind = cursor.string();
        break;
      // The kind determines what the data mean, and may come after them.
      case IFLA_INFO_DATA:
        data = cursor.nested(VETH_ATTRIBUTES);
        break;
      case IFLA_INFO_SLAVE_DATA:
        slaveData = { raw: cursor.raw(), cursor: cursor.nested(BRIDGE_PORT_ATTRIBUTES) };
        break;
      default:
        unknown = cursor.keep(unknown);
    }
  }
  if (data !== undefined) decodeData(data, info, peerCodec);
  let port: BridgePortData | undefined;
  if (slaveData !== undefined) {
    if (info.slaveKind === "bridge" && !bridgeFamily) port = decodeBridgePort(slaveData.cursor);
    else if (parent.reader.keepUnknown) (unknown ??= []).push(slaveData.raw);
  }
  if (unknown !== undefined) info.unknown = unknown;
  return port === undefined ? { info } : { info, port };
}

function decodeData(cursor: AttributeCursor, info: Mutable<LinkInfo>, peerCodec: PeerCodec): void {
  if (info.kind === "bridge") {
    info.bridge = decodeBridge(cursor);
  } else if (info.kind === "veth") {
    const rest: RawAttribute[] = [];
    while (cursor.next()) {
      if (cursor.type === VETH_INFO_PEER)
        info.peer = peerCodec.decode(cursor.reader, cursor.valueStart, cursor.valueEnd);
      else rest.push(cursor.raw());
    }
    if (rest.length > 0 || info.peer === undefined) info.data = rest;
  } else {
    info.data = readRaw(cursor);
  }
}

function decodeBridge(cursor: AttributeCursor): BridgeData {
  const bridge: Mutable<BridgeData> = {};
  const { keepUnknown } = cursor.reader;
  let unknown: RawAttribute[] | undefined;
  let settings: Map<string, number> | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case IFLA_BR_FORWARD_DELAY:
        bridge.forwardDelay = cursor.u32();
        break;
      case IFLA_BR_AGEING_TIME:
        bridge.ageingTime = cursor.u32();
        break;
      case IFLA_BR_STP_STATE:
        bridge.stpState = cursor.u32();
        break;
      case IFLA_BR_VLAN_FILTERING:
        bridge.vlanFiltering = cursor.u8();
        break;
      case IFLA_BR_MCAST_SNOOPING:
        bridge.multicastSnooping = cursor.u8();
        break;
      default:
        if (keepUnknown) unknown = cursor.keep(unknown);
        else settings = noteSetting(cursor, BRIDGE_SETTINGS, settings);
    }
  }
  if (unknown !== undefined) bridge.unknown = unknown;
  if (settings !== undefined) bridge.settings = settings;
  return bridge;
}

/** Reads the settings of a bridge port. */
export function decodeBridgePort(cursor: AttributeCursor): BridgePortData {
  const port: Mutable<BridgePortData> = {};
  const { keepUnknown } = cursor.reader;
  let unknown: RawAttribute[] | undefined;
  let settings: Map<string, number> | undefined;
  while (cursor.next(PORT_SETTINGS)) {
    if (cursor.type === IFLA_BRPORT_STATE) port.state = cursor.u8();
    else if (keepUnknown) unknown = cursor.keep(unknown);
    else settings = noteSetting(cursor, PORT_SETTINGS, settings);
  }
  if (unknown !== undefined) port.unknown = unknown;
  if (settings !== undefined) port.settings = settings;
  return port;
}
