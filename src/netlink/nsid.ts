import { NSID_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import { NETNSA_CURRENT_NSID, NETNSA_FD, NETNSA_NSID, NETNSA_PID, NETNSA_TARGET_NSID } from "./constants.ts";
import type { Reader } from "./reader.ts";
import type { Command, NamespaceIdMessage, RawAttribute } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct rtgenmsg is one byte, the family; attributes start at the next multiple of 4. */
export const NSID_HEADER = 4;

/** Writes struct rtgenmsg (family AF_UNSPEC) and its attributes. */
export function encodeNamespaceId(writer: MessageWriter, message: NamespaceIdMessage): void {
  writer.skip(NSID_HEADER);
  if (message.id !== undefined) writer.attributeI32(NETNSA_NSID, message.id);
  if (message.pid !== undefined) writer.attributeU32(NETNSA_PID, message.pid);
  if (message.fd !== undefined) writer.attributeU32(NETNSA_FD, message.fd);
  if (message.targetId !== undefined) writer.attributeI32(NETNSA_TARGET_NSID, message.targetId);
  if (message.currentId !== undefined) writer.attributeI32(NETNSA_CURRENT_NSID, message.currentId);
  writeUnknown(writer, message.unknown);
}

/** Reads struct rtgenmsg and its attributes. */
export function decodeNamespaceId(reader: Reader, command: Command, start: number, end: number): NamespaceIdMessage {
  reader.require(start, 1, end, "rtgenmsg");
  const message: Mutable<NamespaceIdMessage> = { kind: "nsid", command };
  const cursor = reader.attributes(start + NSID_HEADER, end, NSID_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case NETNSA_NSID:
        message.id = cursor.i32();
        break;
      case NETNSA_PID:
        message.pid = cursor.u32();
        break;
      case NETNSA_FD:
        message.fd = cursor.u32();
        break;
      case NETNSA_TARGET_NSID:
        message.targetId = cursor.i32();
        break;
      case NETNSA_CURRENT_NSID:
        message.currentId = cursor.i32();
        break;
      default:
        unknown = cursor.keep(unknown);
    }
  }
  if (unknown !== undefined) message.unknown = unknown;
  return message;
}
