import { writeUnknown, type Mutable } from "./attributes.ts";
import { DEVCONF_ATTRIBUTES, INET6_ATTRIBUTES, INET_ATTRIBUTES } from "./attribute-names.ts";
import {
  AF_INET,
  AF_INET6,
  IFLA_AF_SPEC,
  IFLA_INET6_ADDR_GEN_MODE,
  IFLA_INET_CONF,
  NLA_F_NESTED,
} from "./constants.ts";
import type { AttributeCursor } from "./reader.ts";
import type { LinkBody, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

const FAMILY_NAMES: readonly string[] = Array.from({ length: AF_INET6 + 1 }, (_, family) =>
  family === AF_INET ? "AF_INET" : family === AF_INET6 ? "AF_INET6" : "",
);

/** Writes IFLA_AF_SPEC, where a link's settings per address family are, if there is anything to put into it. */
export function encodeAfSpec(writer: MessageWriter, body: LinkBody): void {
  const inet = body.inetConf !== undefined || body.inetUnknown !== undefined;
  const inet6 = body.addrGenMode !== undefined || body.inet6Unknown !== undefined;
  if (!inet && !inet6 && body.afUnknown === undefined) return;
  const spec = writer.beginNested(IFLA_AF_SPEC);
  if (inet) {
    const nest = writer.beginNested(AF_INET);
    if (body.inetConf !== undefined) {
      const conf = writer.beginNested(IFLA_INET_CONF);
      for (const [index, value] of body.inetConf) writer.attributeI32(index, value);
      writer.endNested(conf);
    }
    writeUnknown(writer, body.inetUnknown);
    writer.endNested(nest);
  }
  if (inet6) {
    const nest = writer.beginNested(AF_INET6);
    if (body.addrGenMode !== undefined) writer.attributeU8(IFLA_INET6_ADDR_GEN_MODE, body.addrGenMode);
    writeUnknown(writer, body.inet6Unknown);
    writer.endNested(nest);
  }
  writeUnknown(writer, body.afUnknown);
  writer.endNested(spec);
}

/** Reads IFLA_AF_SPEC into a link. */
export function decodeAfSpec(parent: AttributeCursor, body: Mutable<LinkBody>): void {
  const spec = parent.nested(FAMILY_NAMES);
  let others: RawAttribute[] | undefined;
  while (spec.next()) {
    if (spec.type === AF_INET) decodeInet(spec.nested(INET_ATTRIBUTES), body);
    else if (spec.type === AF_INET6) decodeInet6(spec.nested(INET6_ATTRIBUTES), body);
    else others = spec.keep(others);
  }
  if (others !== undefined) body.afUnknown = others;
}

function decodeInet(cursor: AttributeCursor, body: Mutable<LinkBody>): void {
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    if (cursor.type === IFLA_INET_CONF) body.inetConf = decodeConf(cursor);
    else unknown = cursor.keep(unknown);
  }
  if (unknown !== undefined) body.inetUnknown = unknown;
}

function decodeInet6(cursor: AttributeCursor, body: Mutable<LinkBody>): void {
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    if (cursor.type === IFLA_INET6_ADDR_GEN_MODE) body.addrGenMode = cursor.u8();
    else unknown = cursor.keep(unknown);
  }
  if (unknown !== undefined) body.inet6Unknown = unknown;
}

/**
 * One attribute, two forms: to set, attributes by index; reported, a bare array from index 1 on. Not every sender sets
 * NLA_F_NESTED; but an array starts with forwarding, 0 or 1, and an attribute with its length, 8.
 */
function decodeConf(cursor: AttributeCursor): Map<number, number> {
  const conf = new Map<number, number>();
  const { reader, valueStart, valueEnd } = cursor;
  const nested =
    (cursor.rawType() & NLA_F_NESTED) !== 0 || (valueEnd - valueStart >= 8 && reader.u16(valueStart) === 8);
  if (nested) {
    const values = cursor.nested(DEVCONF_ATTRIBUTES);
    while (values.next()) conf.set(values.type, values.i32());
    return conf;
  }
  let index = 1;
  for (let at = valueStart; at < valueEnd; at += 4) {
    reader.require(at, 4, valueEnd, "IFLA_INET_CONF");
    conf.set(index++, reader.i32(at));
  }
  return conf;
}
