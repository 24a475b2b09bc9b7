/**
 * How much IPsec a namespace has. It is counted and not read: states have their keys in them. linux/xfrm.h.
 */

import {
  MessageWriter,
  NETLINK_XFRM,
  NLM_F_REQUEST,
  XFRM_MSG_GETSADINFO,
  XFRM_MSG_GETSPDINFO,
  XFRM_MSG_NEWSADINFO,
  XFRM_MSG_NEWSPDINFO,
  XFRMA_SAD_CNT,
  XFRMA_SPD_INFO,
} from "../netlink/index.ts";
import { receiveNow, NLMSG_HEADER } from "./receive.ts";
import { NetlinkSocket } from "./socket.ts";
import { KernelError } from "./error.ts";

export interface IpsecCounts {
  /** Of in, out and forward; not those of sockets. */
  readonly policies: number;
  readonly states: number;
}

const FLAGS_BYTES = 4;
const ATTRIBUTE_HEADER = 4;

const NONE: IpsecCounts = { policies: 0, states: 0 };

let question: Uint8Array | undefined;

/** Of the namespace that this thread is in. Zeros if this process may not ask. */
export function countIpsec(): IpsecCounts {
  try {
    using socket = NetlinkSocket.open({ protocol: NETLINK_XFRM, asks: true });
    // Both are answered before send() returns.
    if (socket.send((question ??= encode())) !== 0) return NONE;
    return answersOf(socket.fd);
  } catch (error) {
    if (error instanceof KernelError) return NONE;
    throw error;
  }
}

function encode(): Uint8Array {
  const writer = new MessageWriter(64);
  for (const [at, type] of [XFRM_MSG_GETSADINFO, XFRM_MSG_GETSPDINFO].entries()) {
    const start = writer.beginMessage(type, NLM_F_REQUEST, at + 1, 0);
    writer.skip(FLAGS_BYTES);
    writer.endMessage(start);
  }
  return writer.bytes();
}

function answersOf(fd: number): IpsecCounts {
  let counts = NONE;
  for (let got = receiveNow(fd); got.kind === "datagram"; got = receiveNow(fd)) {
    const { bytes } = got;
    if (bytes.length < NLMSG_HEADER) continue;
    const type = bytes.readUInt16LE(4);
    if (type === XFRM_MSG_NEWSADINFO) counts = { ...counts, states: numbersOf(bytes, XFRMA_SAD_CNT)[0] ?? 0 };
    if (type === XFRM_MSG_NEWSPDINFO) {
      // struct xfrmu_spdinfo: the first three count in, out and forward.
      const policies = numbersOf(bytes, XFRMA_SPD_INFO).slice(0, 3);
      counts = { ...counts, policies: policies.reduce((sum, one) => sum + one, 0) };
    }
  }
  return counts;
}

/** Those in the first attribute behind the flags, if it is this one. */
function numbersOf(bytes: Buffer, attribute: number): number[] {
  const start = NLMSG_HEADER + FLAGS_BYTES;
  if (bytes.length < start + ATTRIBUTE_HEADER || bytes.readUInt16LE(start + 2) !== attribute) return [];
  const end = Math.min(bytes.length, start + bytes.readUInt16LE(start));
  const numbers: number[] = [];
  for (let at = start + ATTRIBUTE_HEADER; at + 4 <= end; at += 4) numbers.push(bytes.readUInt32LE(at));
  return numbers;
}
