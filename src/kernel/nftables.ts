/** Changes of the nf_tables ruleset: batches that the kernel takes as a whole or not at all. */

import type { NftablesBatch } from "../netlink/nftables/index.ts";
import { decodeNftables, nftablesAttributePath } from "../netlink/nftables/index.ts";
import { ERRNO, errnoName } from "./errno.ts";
import type { NetlinkFailure } from "./error.ts";
import { KernelError } from "./error.ts";
import { admit } from "./gate.ts";
import { receiveNow } from "./receive.ts";
import type { NetlinkSocket } from "./socket.ts";
import { NLMSG_ERROR } from "../netlink/constants.ts";

/**
 * Sends a batch in one send and returns what was refused, in the order of the batch; [] when all of it is in effect, else
 * nothing of it is. Index 0 is the batch itself (another generation: ERESTART; too large for the socket: EMSGSIZE), change
 * i has index i + 1. `transact` will not do: it splits what is long, and waits for an answer that is not to come when
 * the batch itself is refused.
 * @param socket Of protocol NETLINK_NETFILTER.
 * @throws KernelError when it cannot be known what was done.
 */
export function commitRuleset(socket: NetlinkSocket, batch: NftablesBatch): readonly NetlinkFailure[] {
  const refused = admit(1) < 1 ? ERRNO.EIO : socket.send(batch.bytes);
  if (refused !== 0) return [failure(batch, 0, refused, null, null)];
  // The kernel has answered everything before send() returned, so that there is nothing to wait for.
  const failures: NetlinkFailure[] = [];
  let answered = false;
  for (;;) {
    const received = receiveNow(socket.fd);
    if (received.kind === "empty") break;
    // Errors by the thousand overrun the queue; those that came before are as good.
    if (received.kind !== "datagram") continue;
    if (isSuccess(received.bytes, batch)) {
      answered = true;
      continue;
    }
    for (const { header, message } of decodeNftables(Uint8Array.prototype.slice.call(received.bytes))) {
      const index = (header.sequence - batch.firstSequence) >>> 0;
      if (message.kind !== "ack" || index >= batch.starts.length) continue;
      answered = true;
      if (message.errno === 0) continue;
      const path = message.offset === undefined ? null : nftablesAttributePath(request(batch, index), message.offset);
      failures.push(failure(batch, index, message.errno, message.message ?? null, path));
    }
  }
  if (answered) return failures;
  throw new KernelError(batch.operation(0), ERRNO.ENOBUFS, {
    namespace: socket.name,
    code: "kernel.netlink",
    cause: "the kernel's answer was lost, so it is unknown what was done",
  });
}

/** The one answer to a batch that was taken: to its last change, whose number is the last. */
function isSuccess(bytes: Buffer, { starts, firstSequence }: NftablesBatch): boolean {
  return (
    bytes.length >= 20 &&
    bytes.readUInt32LE(0) === bytes.length &&
    bytes.readUInt16LE(4) === NLMSG_ERROR &&
    bytes.readUInt32LE(8) === (firstSequence + starts.length - 1) >>> 0 &&
    bytes.readInt32LE(16) === 0
  );
}

function request({ bytes, starts }: NftablesBatch, index: number): Uint8Array {
  return bytes.subarray(starts[index], starts[index + 1] ?? bytes.length);
}

function failure(
  batch: NftablesBatch,
  index: number,
  errno: number,
  message: string | null,
  attribute: string | null,
): NetlinkFailure {
  const start = batch.starts[index]!;
  const requestType = batch.bytes[start + 4]! | (batch.bytes[start + 5]! << 8);
  return {
    index,
    operation: batch.operation(index),
    errno,
    errnoName: errnoName(errno),
    message,
    attribute,
    requestType,
  };
}
