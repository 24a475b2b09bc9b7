import {
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_UNSPEC,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_REQUEST,
} from "../constants.ts";
import { NetlinkEncodeError } from "../errors.ts";
import { LITTLE_ENDIAN, MessageWriter } from "../writer.ts";
import { elementCodec } from "./levels.ts";
import { encodeNftables } from "./message.ts";
import type { NftablesMessage, SetElement, SetElementsMessage } from "./types.ts";

/** One change in a batch. */
export interface NftablesChange {
  readonly message: NftablesMessage;
  /** NLM_F_* beside NLM_F_REQUEST; default: NLM_F_CREATE for what is new, and NLM_F_APPEND for rules. */
  readonly flags?: number;
  /** What it is for, in errors: `add rule to forward`. */
  readonly operation?: string;
}

/** How a batch is numbered, and on what condition it takes effect. */
export interface NftablesBatchOptions {
  /** Sequence number of the batch's begin; the changes carry those that follow. Default 1. */
  readonly firstSequence?: number;
  /** Refuse (ERESTART) unless the ruleset still is of this generation. */
  readonly generation?: number;
}

/** Bytes for one send, in the form that a NetlinkSocket takes. */
export interface NftablesBatch {
  readonly bytes: Uint8Array;
  /** Offset of the batch's begin (index 0) and of every change (index of the change + 1). Its end has none: see below. */
  readonly starts: readonly number[];
  readonly firstSequence: number;
  operation(index: number): string;
}

/** Messages in bytes, for any place in any number of batches: `joinBlocks` gives them their sequence numbers. */
export interface NftablesBlock {
  readonly bytes: Uint8Array;
  /** Offset of every message. */
  readonly starts: readonly number[];
  readonly operations: readonly string[];
}

/**
 * Encodes changes that take effect together or, if the kernel refuses one of them, not at all. They must reach it in one
 * send. The last change asks for an acknowledgement: only Linux 6.10 and later acknowledge a batch's end, so that this is
 * the answer to wait for. It comes after the whole batch has been committed or dropped, and after every error.
 */
export function encodeNftablesBatch(
  changes: readonly NftablesChange[],
  options: NftablesBatchOptions = {},
): NftablesBatch {
  return joinBlocks([encodeBlock(changes)], options);
}

// One for all: a buffer that grows for every block would be a good part of the work.
const writer = new MessageWriter(1 << 14);

/**
 * The messages of changes, encoded once for any number of batches.
 * @throws NetlinkEncodeError when a value does not fit its field.
 */
export function encodeBlock(changes: readonly NftablesChange[]): NftablesBlock {
  writer.reset();
  const starts: number[] = [];
  for (const { message, flags = defaultFlags(message) } of changes) {
    starts.push(writer.length);
    encodeNftables(writer, { flags: NLM_F_REQUEST | flags, sequence: 0, portId: 0 }, message);
  }
  return { bytes: writer.bytes().slice(), starts, operations: changes.map(operationOf) };
}

/** One batch of all of them; see `encodeNftablesBatch`. */
export function joinBlocks(
  blocks: readonly NftablesBlock[],
  { firstSequence = 1, generation }: NftablesBatchOptions = {},
): NftablesBatch {
  const begin = generation === undefined ? BEGIN : batchEdge("begin", { generation });
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.bytes.length, begin.length + END.length));
  const view = new DataView(bytes.buffer);
  const starts: number[] = [];
  let length = 0;
  const put = (part: Uint8Array, offsets: readonly number[]): void => {
    bytes.set(part, length);
    for (const offset of offsets) {
      view.setUint32(length + offset + 8, (firstSequence + starts.length) >>> 0, LITTLE_ENDIAN);
      starts.push(length + offset);
    }
    length += part.length;
  };
  put(begin, [0]);
  for (const block of blocks) put(block.bytes, block.starts);
  const last = starts.at(-1)!;
  if (last === 0) throw new NetlinkEncodeError("a batch without changes would have no answer");
  view.setUint16(last + 6, view.getUint16(last + 6, LITTLE_ENDIAN) | NLM_F_ACK, LITTLE_ENDIAN);
  put(END, [0]);
  starts.pop();
  return { bytes, starts, firstSequence, operation: (index) => operationAt(blocks, index - 1) };
}

function batchEdge(command: "begin" | "end", guard: { readonly generation?: number }): Uint8Array {
  const edge = new MessageWriter(64);
  const header = { flags: NLM_F_REQUEST, sequence: 0, portId: 0 };
  encodeNftables(edge, header, {
    kind: "batch",
    command,
    family: NFPROTO_UNSPEC,
    resourceId: NFNL_SUBSYS_NFTABLES,
    ...guard,
  });
  return edge.bytes();
}

const BEGIN = batchEdge("begin", {});
const END = batchEdge("end", {});

function operationAt(blocks: readonly NftablesBlock[], index: number): string {
  let at = index;
  for (const { operations } of blocks) {
    if (at >= 0 && at < operations.length) return operations[at]!;
    at -= operations.length;
  }
  return WHOLE;
}

/** What an error of the batch itself is about. */
const WHOLE = "change the nf_tables ruleset";

function defaultFlags(message: NftablesMessage): number {
  if (message.kind === "opaque" || message.command !== "new") return 0;
  return message.kind === "rule" ? NLM_F_CREATE | NLM_F_APPEND : NLM_F_CREATE;
}

function operationOf({ message, operation }: NftablesChange): string {
  if (operation !== undefined) return operation;
  if (message.kind === "opaque" || message.kind === "batch") return WHOLE;
  const verb = message.command === "new" ? "create" : message.command;
  const where = "table" in message && message.table !== undefined ? ` in table ${message.table}` : "";
  const name = "name" in message && message.name !== undefined ? ` ${message.name}` : "";
  return `${verb} ${message.kind}${name}${where}`;
}

/** An attribute holds 65,535 bytes; some room for its header. */
const ROOM = 65_000;
/** Keys and a value of 64 bytes each, or the name of a chain, 256 bytes of user data and some expressions. */
const LARGEST = 2_000;

/** The same elements in as many messages as it takes for each to fit. */
export function splitElements(message: SetElementsMessage): SetElementsMessage[] {
  if ((message.elements?.length ?? 0) * LARGEST < ROOM) return [message];
  const messages: SetElementsMessage[] = [];
  let part: SetElement[] = [];
  let length = 0;
  for (const element of message.elements ?? []) {
    const size = elementLength(element);
    if (length + size > ROOM) {
      messages.push({ ...message, elements: part });
      part = [];
      length = 0;
    }
    part.push(element);
    length += size;
  }
  messages.push({ ...message, elements: part });
  return messages;
}

// Many sets have two elements: a buffer for each of them would be most of the work.
const ruler = new MessageWriter();

function elementLength(element: SetElement): number {
  ruler.reset();
  elementCodec.write(ruler, 1, element);
  return ruler.length;
}
