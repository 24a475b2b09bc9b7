import { ADDRESS_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
  IFA_PROTO,
  IFA_RT_PRIORITY,
  IFA_TARGET_NETNSID,
} from "./constants.ts";
import type { Reader } from "./reader.ts";
import type { AddressMessage, Command, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct ifaddrmsg: family, prefix length, flags, scope, index. */
export const ADDRESS_HEADER = 8;

/** Writes struct ifaddrmsg and its attributes. */
export function encodeAddress(writer: MessageWriter, message: AddressMessage): void {
  const at = writer.skip(ADDRESS_HEADER);
  const flags = message.flags ?? 0;
  writer.putU8(at, message.family);
  writer.putU8(at + 1, message.prefixLength);
  writer.putU8(at + 2, flags & 0xff);
  writer.putU8(at + 3, message.scope ?? 0);
  writer.putU32(at + 4, message.index);
  // The header has room for the eight oldest flags; the attribute holds them all.
  if (flags > 0xff) writer.attributeU32(IFA_FLAGS, flags);
  if (message.local !== undefined) writer.attributeBytes(IFA_LOCAL, message.local);
  if (message.address !== undefined) writer.attributeBytes(IFA_ADDRESS, message.address);
  if (message.broadcast !== undefined) writer.attributeBytes(IFA_BROADCAST, message.broadcast);
  if (message.label !== undefined) writer.attributeString(IFA_LABEL, message.label);
  const cache = message.cacheInfo;
  if (cache !== undefined) {
    const nest = writer.beginAttribute(IFA_CACHEINFO);
    const value = writer.skip(16);
    writer.putU32(value, cache.preferred);
    writer.putU32(value + 4, cache.valid);
    writer.putU32(value + 8, cache.created);
    writer.putU32(value + 12, cache.updated);
    writer.endNested(nest);
  }
  if (message.routePriority !== undefined) writer.attributeU32(IFA_RT_PRIORITY, message.routePriority);
  if (message.protocol !== undefined) writer.attributeU8(IFA_PROTO, message.protocol);
  if (message.targetNetnsId !== undefined) writer.attributeI32(IFA_TARGET_NETNSID, message.targetNetnsId);
  writeUnknown(writer, message.unknown);
}

/** Reads struct ifaddrmsg and its attributes. */
export function decodeAddress(reader: Reader, command: Command, start: number, end: number): AddressMessage {
  reader.require(start, ADDRESS_HEADER, end, "ifaddrmsg");
  const message: Mutable<AddressMessage> = {
    kind: "address",
    command,
    family: reader.u8(start),
    prefixLength: reader.u8(start + 1),
    flags: reader.u8(start + 2),
    scope: reader.u8(start + 3),
    index: reader.u32(start + 4),
  };
  const cursor = reader.attributes(start + ADDRESS_HEADER, end, ADDRESS_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case IFA_FLAGS:
        message.flags = cursor.u32();
        break;
      case IFA_LOCAL:
        message.local = cursor.bytes();
        break;
      case IFA_ADDRESS:
        message.address = cursor.bytes();
        break;
      case IFA_BROADCAST:
        message.broadcast = cursor.bytes();
        break;
      case IFA_LABEL:
        message.label = cursor.string();
        break;
      case IFA_CACHEINFO: {
        const value = cursor.valueStart;
        reader.require(value, 16, cursor.valueEnd, "IFA_CACHEINFO");
        message.cacheInfo = {
          preferred: reader.u32(value),
          valid: reader.u32(value + 4),
          created: reader.u32(value + 8),
          updated: reader.u32(value + 12),
        };
        break;
      }
      case IFA_RT_PRIORITY:
        message.routePriority = cursor.u32();
        break;
      case IFA_PROTO:
        message.protocol = cursor.u8();
        break;
      case IFA_TARGET_NETNSID:
        message.targetNetnsId = cursor.i32();
        break;
      default:
        unknown = cursor.keep(unknown);
    }
  }
  if (unknown !== undefined) message.unknown = unknown;
  return message;
}
