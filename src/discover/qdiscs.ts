/** Queueing disciplines of a namespace. */

import type { EncodedBatch } from "../kernel/index.ts";
import {
  decodeQdiscs,
  encodeQdiscQuestion,
  MessageWriter,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  type QdiscMessage,
} from "../netlink/index.ts";
import type { DumpSource } from "../observe/questions.ts";

let question: EncodedBatch | undefined;

/** Encoded once: it is the same for every namespace. */
export function qdiscsQuestion(): EncodedBatch {
  if (question === undefined) {
    const writer = new MessageWriter(64);
    encodeQdiscQuestion(writer, { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1, portId: 0 });
    question = { bytes: writer.bytes(), starts: [0], firstSequence: 1, operation: () => "read queueing disciplines" };
  }
  return question;
}

/** Queueing disciplines that were configured: the kernel's own have no handle. */
export function readQdiscs(source: DumpSource): QdiscMessage[] {
  return source.dumpDatagrams(qdiscsQuestion()).flatMap((datagram) => decodeQdiscs(datagram, isSet));
}

/** struct tcmsg: its handle. */
const isSet = (bytes: Uint8Array, offset: number): boolean =>
  (bytes[offset + 8]! | bytes[offset + 9]! | bytes[offset + 10]! | bytes[offset + 11]!) !== 0;
