import type { Mutable } from "./attributes.ts";
import { NetlinkDecodeError } from "./errors.ts";
import { type Level, type Open, readLevel, writeLevel } from "./fields.ts";
import type { Reader } from "./reader.ts";
import type { MessageWriter } from "./writer.ts";

/** What nf_tables and conntrack have in common: struct nfgenmsg (linux/netfilter/nfnetlink.h). */

export const NETFILTER_HEADER = 4;

/** struct nfgenmsg without its version, which is 0. */
export interface NetfilterHeader {
  /** NFPROTO_* */
  readonly family: number;
  /** In answers, the lower 16 bits of the ruleset's generation; in a batch's begin and end, the subsystem. Default 0. */
  readonly resourceId?: number;
}

/** Writes struct nfgenmsg and the attributes behind it. */
export function writeNetfilter<T extends Open & NetfilterHeader>(
  writer: MessageWriter,
  level: Level<T>,
  message: T,
): void {
  const at = writer.skip(NETFILTER_HEADER);
  const id = message.resourceId ?? 0;
  writer.putU8(at, message.family);
  writer.putU8(at + 2, id >> 8); // network order
  writer.putU8(at + 3, id & 0xff);
  writeLevel(writer, level, message);
}

/** Reads struct nfgenmsg and the attributes behind it. */
export function readNetfilter<T extends Open & NetfilterHeader>(
  reader: Reader,
  start: number,
  end: number,
  level: Level<T>,
  message: Mutable<T>,
): T {
  reader.require(start, NETFILTER_HEADER, end, "nfgenmsg");
  const version = reader.u8(start + 1);
  if (version !== 0) throw new NetlinkDecodeError("nfgenmsg", start + 1, `version ${version} is not known`);
  message.family = reader.u8(start);
  message.resourceId = reader.view.getUint16(start + 2, false);
  readLevel(reader.attributes(start + NETFILTER_HEADER, end, level.names), level, message);
  return message;
}
