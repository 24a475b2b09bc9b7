import { ACK_ATTRIBUTES } from "./attribute-names.ts";
import type { Mutable } from "./attributes.ts";
import {
  NLMSGERR_ATTR_COOKIE,
  NLMSGERR_ATTR_MISS_NEST,
  NLMSGERR_ATTR_MISS_TYPE,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
} from "./constants.ts";
import { NetlinkDecodeError } from "./errors.ts";
import type { Reader } from "./reader.ts";
import type { AckMessage, DoneMessage, RawAttribute } from "./types.ts";

const HEADER = 16;

/**
 * Reads NLMSG_ERROR: the error, the request's header, the whole request unless NLM_F_CAPPED, then (NLM_F_ACK_TLVS) the
 * extended acknowledgement, whose place depends on the length of that copy.
 */
export function decodeAck(reader: Reader, flags: number, start: number, end: number): AckMessage {
  reader.require(start, 4 + HEADER, end, "nlmsgerr");
  const requestStart = start + 4;
  const message: Mutable<AckMessage> = {
    kind: "ack",
    errno: positive(reader.i32(start), start),
    requestType: reader.u16(requestStart + 4),
  };
  let at = requestStart + HEADER;
  if ((flags & NLM_F_CAPPED) === 0) {
    const length = reader.u32(requestStart);
    if (length < HEADER)
      throw new NetlinkDecodeError("nlmsgerr", requestStart, `the request's length ${length} is less than its header`);
    reader.require(requestStart, length, end, "the request in nlmsgerr");
    message.request = reader.bytes.subarray(requestStart, requestStart + length);
    at = requestStart + Math.ceil(length / 4) * 4;
  }
  if ((flags & NLM_F_ACK_TLVS) !== 0) decodeExtendedAck(reader, at, end, message);
  return message;
}

/** Reads NLMSG_DONE: the status of a dump, then (NLM_F_ACK_TLVS) an extended acknowledgement. */
export function decodeDone(reader: Reader, flags: number, start: number, end: number): DoneMessage {
  // Some families end a dump without a status.
  if (start === end) return { kind: "done", errno: 0 };
  reader.require(start, 4, end, "the status in NLMSG_DONE");
  const message: Mutable<DoneMessage> = { kind: "done", errno: positive(reader.i32(start), start) };
  if ((flags & NLM_F_ACK_TLVS) !== 0) {
    const ack: Mutable<AckMessage> = { kind: "ack", errno: 0, requestType: 0 };
    decodeExtendedAck(reader, start + 4, end, ack);
    if (ack.message !== undefined) message.message = ack.message;
    if (ack.unknown !== undefined) message.unknown = ack.unknown;
  }
  return message;
}

function decodeExtendedAck(reader: Reader, start: number, end: number, message: Mutable<AckMessage>): void {
  const cursor = reader.attributes(start, end, ACK_ATTRIBUTES);
  let unknown: RawAttribute[] | undefined;
  while (cursor.next()) {
    switch (cursor.type) {
      case NLMSGERR_ATTR_MSG:
        message.message = cursor.string();
        break;
      case NLMSGERR_ATTR_OFFS:
        message.offset = cursor.u32();
        break;
      case NLMSGERR_ATTR_COOKIE:
        message.cookie = cursor.bytes();
        break;
      case NLMSGERR_ATTR_MISS_TYPE:
        message.missingType = cursor.u32();
        break;
      case NLMSGERR_ATTR_MISS_NEST:
        message.missingNest = cursor.u32();
        break;
      default:
        unknown = cursor.keep(unknown);
    }
  }
  if (unknown !== undefined) message.unknown = unknown;
}

/** The kernel sends errors as negative numbers. */
function positive(error: number, at: number): number {
  if (error > 0) throw new NetlinkDecodeError("the error in nlmsgerr", at, `${error} is positive`);
  return error === 0 ? 0 : -error;
}
