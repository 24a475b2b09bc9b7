import { METRIC_ATTRIBUTES, ROUTE_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import {
  RTAX_CC_ALGO,
  RTA_ENCAP_TYPE,
  RTA_FLOW,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_VIA,
} from "./constants.ts";
import { NetlinkDecodeError, NetlinkEncodeError } from "./errors.ts";
import type { AttributeCursor } from "./reader.ts";
import type { RawAttribute, RouteMessage, RouteNextHop } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct rtnexthop: length, flags, hops, ifindex. */
const NEXT_HOP_HEADER = 8;

type Via = NonNullable<RouteMessage["via"]>;

/** Writes RTA_MULTIPATH: not attributes but structs rtnexthop, each followed by its own attributes. */
export function encodeMultipath(writer: MessageWriter, hops: readonly RouteNextHop[]): void {
  const nest = writer.beginAttribute(RTA_MULTIPATH);
  for (const hop of hops) {
    const at = writer.skip(NEXT_HOP_HEADER);
    writer.putU8(at + 2, hop.flags ?? 0);
    writer.putU8(at + 3, hop.hops ?? 0);
    writer.putI32(at + 4, hop.index);
    if (hop.gateway !== undefined) writer.attributeBytes(RTA_GATEWAY, hop.gateway);
    if (hop.via !== undefined) encodeVia(writer, hop.via);
    if (hop.flow !== undefined) writer.attributeU32(RTA_FLOW, hop.flow);
    if (hop.encapType !== undefined) writer.attributeU16(RTA_ENCAP_TYPE, hop.encapType);
    writeUnknown(writer, hop.unknown);
    writer.putU16(at, writer.length - at);
  }
  writer.endNested(nest);
}

/** Reads RTA_MULTIPATH. */
export function decodeMultipath(parent: AttributeCursor): RouteNextHop[] {
  const { reader, valueEnd } = parent;
  const hops: RouteNextHop[] = [];
  for (let at = parent.valueStart; at < valueEnd;) {
    reader.require(at, NEXT_HOP_HEADER, valueEnd, "rtnexthop");
    const length = reader.u16(at);
    if (length < NEXT_HOP_HEADER)
      throw new NetlinkDecodeError("rtnexthop", at, `its length ${length} is less than its header`);
    reader.require(at, length, valueEnd, "rtnexthop");
    const hop: Mutable<RouteNextHop> = { flags: reader.u8(at + 2), hops: reader.u8(at + 3), index: reader.i32(at + 4) };
    const cursor = reader.attributes(at + NEXT_HOP_HEADER, at + length, ROUTE_ATTRIBUTES);
    let unknown: RawAttribute[] | undefined;
    while (cursor.next()) {
      if (cursor.type === RTA_GATEWAY) hop.gateway = cursor.bytes();
      else if (cursor.type === RTA_VIA) hop.via = decodeVia(cursor);
      else if (cursor.type === RTA_FLOW) hop.flow = cursor.u32();
      else if (cursor.type === RTA_ENCAP_TYPE) hop.encapType = cursor.u16();
      else unknown = cursor.keep(unknown);
    }
    if (unknown !== undefined) hop.unknown = unknown;
    hops.push(hop);
    at += (length + 3) & ~3;
  }
  return hops;
}

/** Writes RTA_VIA, struct rtvia: a gateway of another family than the route's. */
export function encodeVia(writer: MessageWriter, via: Via): void {
  const value = new Uint8Array(2 + via.address.length);
  value.set(via.address, 2);
  const nest = writer.length;
  writer.attributeBytes(RTA_VIA, value);
  writer.putU16(nest + 4, via.family);
}

/** Reads RTA_VIA. */
export function decodeVia(cursor: AttributeCursor): Via {
  const { reader, valueStart, valueEnd } = cursor;
  reader.require(valueStart, 2, valueEnd, "RTA_VIA");
  return { family: reader.u16(valueStart), address: reader.bytes.subarray(valueStart + 2, valueEnd) };
}

/** Writes RTA_METRICS. */
export function encodeMetrics(writer: MessageWriter, message: RouteMessage): void {
  const nest = writer.beginNested(RTA_METRICS);
  for (const [metric, value] of message.metrics ?? []) {
    if (metric === RTAX_CC_ALGO) throw new NetlinkEncodeError("RTAX_CC_ALGO is text: put it into metricsUnknown");
    writer.attributeU32(metric, value);
  }
  writeUnknown(writer, message.metricsUnknown);
  writer.endNested(nest);
}

/** Reads RTA_METRICS. */
export function decodeMetrics(parent: AttributeCursor, message: Mutable<RouteMessage>): void {
  const cursor = parent.nested(METRIC_ATTRIBUTES);
  const metrics = new Map<number, number>();
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    const isNumber = cursor.valueEnd - cursor.valueStart === 4 && cursor.type !== RTAX_CC_ALGO;
    if (isNumber) metrics.set(cursor.type, cursor.u32());
    else if (cursor.type === RTAX_CC_ALGO) (unknown ??= []).push(cursor.raw());
    else unknown = cursor.keep(unknown);
  }
  message.metrics = metrics;
  if (unknown !== undefined) message.metricsUnknown = unknown;
}
