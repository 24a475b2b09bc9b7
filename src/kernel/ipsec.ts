/** How much IPsec a namespace has. */

import {
  decodeIpsecCounts,
  encodeIpsecQuestions,
  type IpsecCounts,
  MessageWriter,
  NETLINK_XFRM,
  NLM_F_REQUEST,
} from "../netlink/index.ts";
import { KernelError } from "./error.ts";
import { receiveNow } from "./receive.ts";
import { NetlinkSocket } from "./socket.ts";

const NONE: IpsecCounts = { policies: 0, states: 0 };

let questions: Uint8Array | undefined;

/** Of the namespace that this thread is in. Zeros if this process may not ask. */
export function countIpsec(): IpsecCounts {
  try {
    using socket = NetlinkSocket.open({ protocol: NETLINK_XFRM, asks: true });
    // Both are answered before send() returns.
    if (socket.send((questions ??= encode())) !== 0) return NONE;
    let counts = NONE;
    for (let got = receiveNow(socket.fd); got.kind === "datagram"; got = receiveNow(socket.fd))
      counts = { ...counts, ...decodeIpsecCounts(got.bytes) };
    return counts;
  } catch (error) {
    if (error instanceof KernelError) return NONE;
    throw error;
  }
}

function encode(): Uint8Array {
  const writer = new MessageWriter(64);
  encodeIpsecQuestions(writer, { flags: NLM_F_REQUEST, sequence: 1, portId: 0 });
  return writer.bytes();
}
