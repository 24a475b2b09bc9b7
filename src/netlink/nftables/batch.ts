import { NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_REQUEST } from "../constants.ts";
import { NetlinkEncodeError } from "../errors.ts";
import { NFNL_SUBSYS_NFTABLES, NFPROTO_UNSPEC } from "../netfilter.ts";
import { MessageWriter } from "../writer.ts";
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

/**
 * Encodes changes that take effect together or, if the kernel refuses one of them, not at all. They must reach it in one
 * send. The last change asks for an acknowledgement: only Linux 6.10 and later acknowledge a batch's end, so that this is
 * the answer to wait for. It comes after the whole batch has been committed or dropped, and after every error.
 */
export function encodeNftablesBatch(
  changes: readonly NftablesChange[],
  { firstSequence = 1, generation }: NftablesBatchOptions = {},
): NftablesBatch {
  if (changes.length === 0) throw new NetlinkEncodeError("a batch without changes would have no answer");
  const writer = new MessageWriter(1 << 14);
  const starts: number[] = [];
  const family = NFPROTO_UNSPEC;
  const resourceId = NFNL_SUBSYS_NFTABLES;
  const put = (index: number, flags: number, message: NftablesMessage): void =>
    encodeNftables(
      writer,
      { flags: NLM_F_REQUEST | flags, sequence: (firstSequence + index) >>> 0, portId: 0 },
      message,
    );

  starts.push(0);
  const guard = generation === undefined ? {} : { generation };
  put(0, 0, { kind: "batch", command: "begin", family, resourceId, ...guard });
  for (const [index, { message, flags = defaultFlags(message) }] of changes.entries()) {
    starts.push(writer.length);
    put(index + 1, index === changes.length - 1 ? flags | NLM_F_ACK : flags, message);
  }
  put(changes.length + 1, 0, { kind: "batch", command: "end", family, resourceId });
  return {
    bytes: writer.bytes(),
    starts,
    firstSequence,
    operation: (index) => operation(changes[index - 1]),
  };
}

function defaultFlags(message: NftablesMessage): number {
  if (message.kind === "opaque" || message.command !== "new") return 0;
  return message.kind === "rule" ? NLM_F_CREATE | NLM_F_APPEND : NLM_F_CREATE;
}

function operation(change: NftablesChange | undefined): string {
  if (change === undefined) return "change the nf_tables ruleset";
  const { message } = change;
  if (change.operation !== undefined) return change.operation;
  if (message.kind === "opaque" || message.kind === "batch") return "change the nf_tables ruleset";
  const verb = message.command === "new" ? "create" : message.command;
  const where = "table" in message && message.table !== undefined ? ` in table ${message.table}` : "";
  const name = "name" in message && message.name !== undefined ? ` ${message.name}` : "";
  return `${verb} ${message.kind}${name}${where}`;
}

/** An attribute holds 65,535 bytes; some room for its header. */
const ROOM = 65_000;

/** The same elements in as many messages as it takes for each to fit. */
export function splitElements(message: SetElementsMessage): SetElementsMessage[] {
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
