import {
  XFRM_MSG_GETSADINFO,
  XFRM_MSG_GETSPDINFO,
  XFRM_MSG_NEWSADINFO,
  XFRM_MSG_NEWSPDINFO,
  XFRMA_SAD_CNT,
  XFRMA_SPD_INFO,
} from "./constants.ts";
import { MESSAGE_HEADER, messageEnd, nextMessage } from "./header.ts";
import { Reader } from "./reader.ts";
import type { MessageHeader } from "./types.ts";
import type { MessageWriter } from "./writer.ts";

/** How much IPsec a namespace has, as NETLINK_XFRM counts it. States are not read: their keys are in them. linux/xfrm.h. */

/** In front of the attributes: flags of the question. */
const FLAGS = 4;
/** struct xfrmu_spdinfo: policies in, out and forwarded come first, those of sockets behind. */
const DIRECTIONS = 3;

/** How many IPsec policies and states (security associations) a namespace has; linux/xfrm.h. */
export interface IpsecCounts {
  /** Of in, out and forward; not those of sockets. */
  readonly policies: number;
  readonly states: number;
}

/** Appends two questions: for the states, and, with the next sequence number, for the policies. */
export function encodeIpsecQuestions(writer: MessageWriter, { flags, sequence, portId }: MessageHeader): void {
  for (const [index, type] of [XFRM_MSG_GETSADINFO, XFRM_MSG_GETSPDINFO].entries()) {
    const start = writer.beginMessage(type, flags, sequence + index, portId);
    writer.skip(FLAGS);
    writer.endMessage(start);
  }
}

/**
 * The counts in what one recvmsg returned: one, both, or none of them. Other messages are left out.
 * @throws NetlinkDecodeError
 */
export function decodeIpsecCounts(bytes: Uint8Array): Partial<IpsecCounts> {
  const reader = new Reader(bytes);
  let counts: Partial<IpsecCounts> = {};
  for (let start = 0; start < bytes.length;) {
    const end = messageEnd(reader, start);
    const type = reader.u16(start + 4);
    const body = start + MESSAGE_HEADER;
    if (type === XFRM_MSG_NEWSADINFO) counts = { ...counts, states: sum(reader, body, end, XFRMA_SAD_CNT, 1) };
    if (type === XFRM_MSG_NEWSPDINFO)
      counts = { ...counts, policies: sum(reader, body, end, XFRMA_SPD_INFO, DIRECTIONS) };
    start = nextMessage(start, end);
  }
  return counts;
}

/** Of the first numbers in an attribute; 0 without it. */
function sum(reader: Reader, start: number, end: number, attribute: number, count: number): number {
  reader.require(start, FLAGS, end, "flags of IPsec");
  const cursor = reader.attributes(start + FLAGS, end, []);
  while (cursor.next()) {
    if (cursor.type !== attribute) continue;
    const { valueStart, valueEnd } = cursor;
    reader.require(valueStart, 4 * count, valueEnd, "counts of IPsec");
    return Array.from({ length: count }, (_, index) => reader.u32(valueStart + 4 * index)).reduce((a, b) => a + b, 0);
  }
  return 0;
}
