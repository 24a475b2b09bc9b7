/** What the kernel answers to what a netlink socket has sent: acknowledgements, single objects, dumps. */

import type { AckMessage, Decoded } from "../netlink/index.ts";
import {
  attributePath,
  decodeMessages,
  missingAttributePath,
  NLM_F_ACK,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../netlink/index.ts";
import type { EncodedBatch } from "./batch.ts";
import { ERRNO, errnoName } from "./errno.ts";
import type { NetlinkFailure } from "./error.ts";
import { KernelError, NetlinkError } from "./error.ts";
import { NLMSG_HEADER, receive } from "./receive.ts";

/** An NLMSG_DONE with nothing but its status. */
const END_BYTES = 20;
/** Milliseconds. */
const ANSWER_TIMEOUT = 10_000;

/** Of a NetlinkSocket, what is needed here. */
interface Source {
  readonly fd: number;
  readonly name: string | undefined;
}

/**
 * Reads answers to messages [from, end) until that of the last has come: an acknowledgement, or the object it asked for.
 * Refusals are added to `failures`, objects to `answers` if they are wanted.
 */
export function collectAnswers(
  source: Source,
  batch: EncodedBatch,
  from: number,
  end: number,
  failures: NetlinkFailure[],
  answers?: Decoded[],
): void {
  const operation = (): string => batch.operation(end - 1);
  // A request that asked for both is answered by the object first.
  const last = batch.starts[end - 1]!;
  const acknowledged = (batch.bytes[last + 6]! & NLM_F_ACK) !== 0;
  for (let ended = false; !ended;) {
    for (const received of receive(source.fd, operation, ANSWER_TIMEOUT)) {
      if (received.kind !== "datagram") {
        throw new KernelError(operation(), received.kind === "overrun" ? ERRNO.ENOBUFS : ERRNO.EMSGSIZE, {
          namespace: source.name,
          code: "kernel.netlink",
          cause: "an answer of the kernel was lost, so it is unknown what was done",
        });
      }
      const { bytes } = received;
      for (let at = 0; at + NLMSG_HEADER <= bytes.length;) {
        const length = bytes.readUInt32LE(at);
        if (length < NLMSG_HEADER || at + length > bytes.length) break;
        const index = (bytes.readUInt32LE(at + 8) - batch.firstSequence) >>> 0;
        const isError = bytes.readUInt16LE(at + 4) === NLMSG_ERROR;
        if (index >= from && index < end && (isError || answers !== undefined)) {
          if (!isError) answers!.push(...decodeMessages(copy(bytes, at, length)));
          else if (bytes.readInt32LE(at + NLMSG_HEADER) !== 0) {
            failures.push(failureOf(batch, index, ackOf(copy(bytes, at, length))));
          }
          if (index === end - 1 && (isError || !acknowledged)) ended = true;
        }
        at += (length + 3) & ~3;
      }
    }
  }
}

/**
 * The messages up to NLMSG_DONE, in few pieces, or null when they are not a consistent whole and must be asked for again.
 * The dump is the batch's first message; answers to those behind it, of one message each, are among them.
 * @throws NetlinkError when the kernel refuses the dump.
 */
export function readDump(source: Source, batch: EncodedBatch): Uint8Array[] | null {
  const pieces: Uint8Array[] = [];
  let consistent = true;
  let isWhole = false;
  let awaited = batch.starts.length - 1;
  while (!isWhole || awaited > 0) {
    const ours: Buffer[] = [];
    for (const received of receive(source.fd, () => batch.operation(0), ANSWER_TIMEOUT)) {
      if (received.kind !== "datagram") {
        consistent = false; // read on to the end: the socket refuses a new dump before (EBUSY)
        continue;
      }
      const { bytes } = received;
      let isOurs = false;
      for (let at = 0; at + NLMSG_HEADER <= bytes.length;) {
        const length = bytes.readUInt32LE(at);
        if (length < NLMSG_HEADER || at + length > bytes.length) break;
        const index = (bytes.readUInt32LE(at + 8) - batch.firstSequence) >>> 0;
        if (index < batch.starts.length) isOurs = true;
        if (index > 0 && index < batch.starts.length) awaited--;
        if (index === 0) {
          const type = bytes.readUInt16LE(at + 4);
          const flags = bytes.readUInt16LE(at + 6);
          if (flags & NLM_F_DUMP_INTR) consistent = false;
          if (type === NLMSG_ERROR || type === NLMSG_DONE) {
            const status = length >= NLMSG_HEADER + 4 ? bytes.readInt32LE(at + NLMSG_HEADER) : 0;
            if (status === -ERRNO.EINTR) consistent = false;
            else if (status !== 0) throw refusal(source, batch, copy(bytes, at, length));
            isWhole = true;
            // The end carries no further information.
            if (bytes.length <= END_BYTES) isOurs = false;
          }
          // An answer that is not multipart is the whole answer.
          else if (!(flags & NLM_F_MULTI)) isWhole = true;
        }
        at += (length + 3) & ~3;
      }
      if (isOurs && consistent) ours.push(bytes);
    }
    if (ours.length > 0) pieces.push(joined(ours));
  }
  return consistent ? pieces : null;
}

function refusal({ name }: Source, batch: EncodedBatch, answer: Uint8Array): NetlinkError {
  return new NetlinkError(failureOf(batch, 0, ackOf(answer)), { namespace: name });
}

/** Many small copies in one buffer: a separate typed array for each costs more than its content. */
const ARENA = 1 << 16;
let arena = new Uint8Array(0);
let used = 0;

/** Where so many bytes can be written, and stay. */
function room(length: number): number {
  if (used + length > arena.length) {
    arena = new Uint8Array(Math.max(ARENA, length));
    used = 0;
  }
  const at = used;
  used += length;
  return at;
}

function copy(bytes: Buffer, at: number, length: number): Uint8Array {
  const start = room(length);
  arena.set(bytes.subarray(at, at + length), start);
  return arena.subarray(start, start + length);
}

/** Datagrams one behind the other, each where a message may begin: together they read like one. */
function joined(datagrams: readonly Buffer[]): Uint8Array {
  let length = 0;
  for (const each of datagrams) length += (each.length + 3) & ~3;
  const start = room(length);
  let at = start;
  for (const each of datagrams) {
    arena.set(each, at);
    at += (each.length + 3) & ~3;
  }
  return arena.subarray(start, start + length);
}

/** The error in an NLMSG_ERROR or NLMSG_DONE message. */
function ackOf(bytes: Uint8Array): AckMessage {
  const message = decodeMessages(bytes)[0]?.message;
  if (message?.kind === "ack") return message;
  if (message?.kind === "done") return { ...message, kind: "ack", requestType: 0 };
  throw new KernelError("read an answer of the kernel", ERRNO.EINVAL, { code: "kernel.netlink" });
}

/** What is reported about a refused request. */
export function failureOf(batch: EncodedBatch, index: number, ack: AckMessage): NetlinkFailure {
  const start = batch.starts[index]!;
  const request = batch.bytes.subarray(start, batch.starts[index + 1] ?? batch.bytes.length);
  return {
    index,
    operation: batch.operation(index),
    errno: ack.errno,
    errnoName: errnoName(ack.errno),
    message: ack.message ?? null,
    attribute: pathOf(request, ack),
    requestType: request[4]! | (request[5]! << 8),
  };
}

/** The attribute that is wrong, or the one that is missing. */
function pathOf(request: Uint8Array, { offset, missingType, missingNest }: AckMessage): string | null {
  if (offset !== undefined) return attributePath(request, offset);
  return missingType === undefined ? null : missingAttributePath(request, missingType, missingNest);
}
