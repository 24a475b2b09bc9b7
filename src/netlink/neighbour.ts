import { NEIGHBOUR_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import { NDA_DST, NDA_LLADDR, NDA_MASTER, NDA_VLAN } from "./constants.ts";
import type { Reader } from "./reader.ts";
import type { Command, NeighbourMessage, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct ndmsg: family, 3 bytes pad, index, state, flags, type. */
export const NEIGHBOUR_HEADER = 12;

/** Writes struct ndmsg and its attributes. */
export function encodeNeighbour(writer: MessageWriter, message: NeighbourMessage): void {
  const at = writer.skip(NEIGHBOUR_HEADER);
  writer.putU8(at, message.family);
  writer.putI32(at + 4, message.index);
  writer.putU16(at + 8, message.state);
  writer.putU8(at + 10, message.flags ?? 0);
  writer.putU8(at + 11, message.type ?? 0);
  if (message.destination !== undefined) writer.attributeBytes(NDA_DST, message.destination);
  if (message.linkAddress !== undefined) writer.attributeBytes(NDA_LLADDR, message.linkAddress);
  if (message.vlan !== undefined) writer.attributeU16(NDA_VLAN, message.vlan);
  if (message.master !== undefined) writer.attributeU32(NDA_MASTER, message.master);
  writeUnknown(writer, message.unknown);
}

/** Reads struct ndmsg and its attributes. */
export function decodeNeighbour(reader: Reader, command: Command, start: number, end: number): NeighbourMessage {
  reader.require(start, NEIGHBOUR_HEADER, end, "ndmsg");
  const message: Mutable<NeighbourMessage> = {
    kind: "neighbour",
    command,
    family: reader.u8(start),
    index: reader.i32(start + 4),
    state: reader.u16(start + 8),
    flags: reader.u8(start + 10),
    type: reader.u8(start + 11),
  };
  const cursor = reader.attributes(start + NEIGHBOUR_HEADER, end, NEIGHBOUR_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case NDA_DST:
        message.destination = cursor.bytes();
        break;
      case NDA_LLADDR:
        message.linkAddress = cursor.bytes();
        break;
      case NDA_VLAN:
        message.vlan = cursor.u16();
        break;
      case NDA_MASTER:
        message.master = cursor.u32();
        break;
      default:
        unknown = cursor.keep(unknown);
    }
  }
  if (unknown !== undefined) message.unknown = unknown;
  return message;
}
