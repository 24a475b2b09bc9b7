import { RULE_ATTRIBUTES } from "./attribute-names.ts";
import { writeUnknown, type Mutable } from "./attributes.ts";
import {
  FRA_DST,
  FRA_FWMARK,
  FRA_FWMASK,
  FRA_GOTO,
  FRA_IIFNAME,
  FRA_OIFNAME,
  FRA_PRIORITY,
  FRA_PROTOCOL,
  FRA_SRC,
  FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE,
} from "./constants.ts";
import type { Reader } from "./reader.ts";
import type { Command, RawAttribute, RuleMessage } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** struct fib_rule_hdr: family, lengths, tos, table, 2 bytes reserved, action, flags. */
export const RULE_HEADER = 12;

/** Writes struct fib_rule_hdr and its attributes. */
export function encodeRule(writer: MessageWriter, message: RuleMessage): void {
  const at = writer.skip(RULE_HEADER);
  writer.putU8(at, message.family);
  writer.putU8(at + 1, message.destinationLength ?? 0);
  writer.putU8(at + 2, message.sourceLength ?? 0);
  writer.putU8(at + 3, message.tos ?? 0);
  if (message.table < 256) writer.putU8(at + 4, message.table);
  writer.putU8(at + 7, message.action);
  writer.putU32(at + 8, message.flags ?? 0);
  if (message.table > 255) writer.attributeU32(FRA_TABLE, message.table);
  if (message.destination !== undefined) writer.attributeBytes(FRA_DST, message.destination);
  if (message.source !== undefined) writer.attributeBytes(FRA_SRC, message.source);
  if (message.inputName !== undefined) writer.attributeString(FRA_IIFNAME, message.inputName);
  if (message.outputName !== undefined) writer.attributeString(FRA_OIFNAME, message.outputName);
  if (message.goto !== undefined) writer.attributeU32(FRA_GOTO, message.goto);
  if (message.priority !== undefined) writer.attributeU32(FRA_PRIORITY, message.priority);
  if (message.mark !== undefined) writer.attributeU32(FRA_FWMARK, message.mark);
  if (message.markMask !== undefined) writer.attributeU32(FRA_FWMASK, message.markMask);
  if (message.protocol !== undefined) writer.attributeU8(FRA_PROTOCOL, message.protocol);
  if (message.suppressPrefixLength !== undefined)
    writer.attributeI32(FRA_SUPPRESS_PREFIXLEN, message.suppressPrefixLength);
  writeUnknown(writer, message.unknown);
}

/** Reads struct fib_rule_hdr and its attributes. */
export function decodeRule(reader: Reader, command: Command, start: number, end: number): RuleMessage {
  reader.require(start, RULE_HEADER, end, "fib_rule_hdr");
  const message: Mutable<RuleMessage> = {
    kind: "rule",
    command,
    family: reader.u8(start),
    destinationLength: reader.u8(start + 1),
    sourceLength: reader.u8(start + 2),
    tos: reader.u8(start + 3),
    table: reader.u8(start + 4),
    action: reader.u8(start + 7),
    flags: reader.u32(start + 8),
  };
  const cursor = reader.attributes(start + RULE_HEADER, end, RULE_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case FRA_TABLE:
        message.table = cursor.u32();
        break;
      case FRA_DST:
        message.destination = cursor.bytes();
        break;
      case FRA_SRC:
        message.source = cursor.bytes();
        break;
      case FRA_IIFNAME:
        message.inputName = cursor.string();
        break;
      case FRA_OIFNAME:
        message.outputName = cursor.string();
        break;
      case FRA_GOTO:
        message.goto = cursor.u32();
        break;
      case FRA_PRIORITY:
        message.priority = cursor.u32();
        break;
      case FRA_FWMARK:
        message.mark = cursor.u32();
        break;
      case FRA_FWMASK:
        message.markMask = cursor.u32();
        break;
      case FRA_PROTOCOL:
        message.protocol = cursor.u8();
        break;
      case FRA_SUPPRESS_PREFIXLEN:
        message.suppressPrefixLength = cursor.i32();
        break;
      default:
        unknown = cursor.keep(unknown);
    }
  }
  if (unknown !== undefined) message.unknown = unknown;
  return message;
}
