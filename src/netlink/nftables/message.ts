import { decodeAck, decodeDone } from "../ack.ts";
import { NFNL_SUBSYS_NFTABLES, NLMSG_DONE, NLMSG_ERROR } from "../constants.ts";
import { NetlinkEncodeError } from "../errors.ts";
import type { Level, Open } from "../fields.ts";
import { MESSAGE_HEADER } from "../header.ts";
import { messagesIn } from "../message.ts";
import { type NetfilterHeader, readNetfilter, writeNetfilter } from "../netfilter.ts";
import { type DecodeOptions, Reader } from "../reader.ts";
import type { MessageHeader, OpaqueMessage } from "../types.ts";
import type { MessageWriter } from "../writer.ts";
import { BATCH, CHAIN, ELEMENTS, GENERATION, RULE, SET, TABLE } from "./levels.ts";
import type { DecodedNftables, NftablesMessage } from "./types.ts";

type Kind = Exclude<NftablesMessage["kind"], "opaque">;

// NFT_MSG_*; destroy is NFT_MSG_DESTROY* (Linux 6.3).
const COMMANDS: Record<Kind, Readonly<Record<string, number>>> = {
  table: { new: 0, get: 1, delete: 2, destroy: 26 },
  chain: { new: 3, get: 4, delete: 5, destroy: 27 },
  rule: { new: 6, get: 7, delete: 8, destroy: 28 },
  set: { new: 9, get: 10, delete: 11, destroy: 29 },
  elements: { new: 12, get: 13, delete: 14, destroy: 30 },
  generation: { new: 15, get: 16 },
  // NLMSG_MIN_TYPE and the next, of no subsystem.
  batch: { begin: 0x10, end: 0x11 },
};

type Any = NetfilterHeader & Open;

const LEVELS: Record<Kind, Level<Any>> = {
  table: TABLE,
  chain: CHAIN,
  rule: RULE,
  set: SET,
  elements: ELEMENTS,
  generation: GENERATION,
  batch: BATCH,
} as Record<Kind, unknown> as Record<Kind, Level<Any>>;

interface Meaning {
  readonly kind: Kind;
  readonly command: string;
}

const MEANINGS = new Map<number, Meaning>(
  Object.entries(COMMANDS).flatMap(([kind, commands]) =>
    Object.entries(commands).map(([command, number]): [number, Meaning] => [
      typeNumber(kind as Kind, number),
      { kind: kind as Kind, command },
    ]),
  ),
);

function typeNumber(kind: Kind, number: number): number {
  return kind === "batch" ? number : (NFNL_SUBSYS_NFTABLES << 8) | number;
}

/** The nlmsg_type of a message. */
export function nftablesMessageType(message: NftablesMessage): number {
  if (message.kind === "opaque") return message.type;
  const number = COMMANDS[message.kind]?.[message.command];
  if (number === undefined)
    throw new NetlinkEncodeError(`there is no message to ${message.command} a ${message.kind} of nf_tables`);
  return typeNumber(message.kind, number);
}

/** The attributes of a type of message, for naming one of them. */
export function nftablesLevel(type: number): Level<Any> | undefined {
  const meaning = MEANINGS.get(type);
  return meaning && LEVELS[meaning.kind];
}

/**
 * Appends one message to the writer. Changes are made by batches only: see batch.ts.
 * @throws NetlinkEncodeError when a value does not fit its field; then `reset` the writer.
 */
export function encodeNftables(writer: MessageWriter, header: MessageHeader, message: NftablesMessage): void {
  const start = writer.beginMessage(nftablesMessageType(message), header.flags, header.sequence, header.portId);
  if (message.kind === "opaque") {
    const at = writer.skip(message.payload.length);
    writer.putBytes(at, message.payload);
  } else {
    writeNetfilter(writer, LEVELS[message.kind], message);
  }
  writer.endMessage(start);
}

/**
 * Every message in what one recvmsg of a NETLINK_NETFILTER socket returned, or in a batch. Byte fields are views of
 * `bytes`. Messages of other subsystems, and of nf_tables' own flowtables, named objects and traces, come as `opaque`.
 * @throws NetlinkDecodeError
 */
export function decodeNftables(bytes: Uint8Array, options?: DecodeOptions): DecodedNftables[] {
  const list: DecodedNftables[] = [];
  let start = 0;
  const reader = new Reader(bytes, options);
  for (const { type, flags, sequence, portId, payload } of messagesIn(bytes)) {
    const end = start + MESSAGE_HEADER + payload.length;
    const message = decodePayload(reader, type, flags, start + MESSAGE_HEADER, end);
    list.push({ header: { flags, sequence, portId }, type, message });
    start = end + (-payload.length & 3);
  }
  return list;
}

function decodePayload(
  reader: Reader,
  type: number,
  flags: number,
  start: number,
  end: number,
): DecodedNftables["message"] {
  if (type === NLMSG_ERROR) return decodeAck(reader, flags, start, end);
  if (type === NLMSG_DONE) return decodeDone(reader, flags, start, end);
  const meaning = MEANINGS.get(type);
  if (meaning === undefined) {
    return { kind: "opaque", type, payload: reader.bytes.subarray(start, end) } satisfies OpaqueMessage;
  }
  const message = { kind: meaning.kind, command: meaning.command, family: 0 };
  return readNetfilter(reader, start, end, LEVELS[meaning.kind], message) as NftablesMessage;
}
