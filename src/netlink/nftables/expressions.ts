import type { Mutable } from "../attributes.ts";
import { NetlinkDecodeError } from "../errors.ts";
import {
  type Codec,
  type Level,
  complete,
  level,
  list,
  readLevel,
  text,
  u8,
  u16,
  u32,
  u64,
  writeLevel,
} from "../fields.ts";
import type { AttributeCursor } from "../reader.ts";
import type { RawAttribute } from "../types.ts";
import type { MessageWriter } from "../writer.ts";
import { data, register, value } from "./data.ts";
import type {
  BitwiseExpression,
  ByteorderExpression,
  CmpExpression,
  CounterExpression,
  CtExpression,
  DynsetExpression,
  Expression,
  ExthdrExpression,
  FibExpression,
  HashExpression,
  ImmediateExpression,
  KnownExpression,
  LimitExpression,
  LogExpression,
  LookupExpression,
  MasqExpression,
  MetaExpression,
  NatExpression,
  NotrackExpression,
  PayloadExpression,
  QueueExpression,
  RangeExpression,
  RedirExpression,
  RejectExpression,
  RtExpression,
} from "./expression-types.ts";

const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
export const EXPRESSION_NAMES = ["", "NFTA_EXPR_NAME", "NFTA_EXPR_DATA"];

/** A list element, or an attribute of a set or of a dynset, that holds one expression. */
export const expression: Codec<Expression> = {
  write: writeExpression,
  read: readExpression,
  inside: () => ({ names: EXPRESSION_NAMES, codecs: [] }),
};

export const expressions = list(expression);

type Levels = { readonly [E in KnownExpression as E["kind"]]: Level<E> };

/** What NFTA_EXPR_DATA holds, by expression; rows are in the order of the kernel's own dumps. */
export const EXPRESSION_LEVELS: Levels = {
  bitwise: level<BitwiseExpression>(
    [
      [1, "NFTA_BITWISE_SREG", "source", register],
      [2, "NFTA_BITWISE_DREG", "destination", register],
      [3, "NFTA_BITWISE_LEN", "length", u32],
      [6, "NFTA_BITWISE_OP", "operation", u32],
      [4, "NFTA_BITWISE_MASK", "mask", value],
      [5, "NFTA_BITWISE_XOR", "xor", value],
      [7, "NFTA_BITWISE_DATA", "data", data],
    ],
    ["source", "destination", "length"],
  ),
  byteorder: level<ByteorderExpression>(
    [
      [1, "NFTA_BYTEORDER_SREG", "source", register],
      [2, "NFTA_BYTEORDER_DREG", "destination", register],
      [3, "NFTA_BYTEORDER_OP", "operation", u32],
      [4, "NFTA_BYTEORDER_LEN", "length", u32],
      [5, "NFTA_BYTEORDER_SIZE", "size", u32],
    ],
    ["source", "destination", "operation", "length", "size"],
  ),
  cmp: level<CmpExpression>(
    [
      [1, "NFTA_CMP_SREG", "source", register],
      [2, "NFTA_CMP_OP", "operation", u32],
      [3, "NFTA_CMP_DATA", "value", value],
    ],
    ["source", "operation", "value"],
  ),
  counter: level<CounterExpression>([
    [1, "NFTA_COUNTER_BYTES", "bytes", u64],
    [2, "NFTA_COUNTER_PACKETS", "packets", u64],
  ]),
  ct: level<CtExpression>(
    [
      [1, "NFTA_CT_DREG", "destination", register],
      [4, "NFTA_CT_SREG", "source", register],
      [2, "NFTA_CT_KEY", "key", u32],
      [3, "NFTA_CT_DIRECTION", "direction", u8],
    ],
    ["key"],
  ),
  dynset: level<DynsetExpression>(
    [
      [4, "NFTA_DYNSET_SREG_KEY", "key", register],
      [5, "NFTA_DYNSET_SREG_DATA", "data", register],
      [3, "NFTA_DYNSET_OP", "operation", u32],
      [1, "NFTA_DYNSET_SET_NAME", "set", text],
      [2, "NFTA_DYNSET_SET_ID", "setId", u32],
      [6, "NFTA_DYNSET_TIMEOUT", "timeout", u64],
      [7, "NFTA_DYNSET_EXPR", "expression", expression],
      [10, "NFTA_DYNSET_EXPRESSIONS", "expressions", expressions],
      [9, "NFTA_DYNSET_FLAGS", "flags", u32],
    ],
    ["set", "operation", "key"],
  ),
  exthdr: level<ExthdrExpression>(
    [
      [1, "NFTA_EXTHDR_DREG", "destination", register],
      [7, "NFTA_EXTHDR_SREG", "source", register],
      [2, "NFTA_EXTHDR_TYPE", "type", u8],
      [3, "NFTA_EXTHDR_OFFSET", "offset", u32],
      [4, "NFTA_EXTHDR_LEN", "length", u32],
      [5, "NFTA_EXTHDR_FLAGS", "flags", u32],
      [6, "NFTA_EXTHDR_OP", "operation", u32],
    ],
    ["type", "offset", "length"],
  ),
  fib: level<FibExpression>(
    [
      [1, "NFTA_FIB_DREG", "destination", register],
      [2, "NFTA_FIB_RESULT", "result", u32],
      [3, "NFTA_FIB_FLAGS", "flags", u32],
    ],
    ["destination", "result", "flags"],
  ),
  hash: level<HashExpression>(
    [
      [1, "NFTA_HASH_SREG", "source", register],
      [2, "NFTA_HASH_DREG", "destination", register],
      [3, "NFTA_HASH_LEN", "length", u32],
      [4, "NFTA_HASH_MODULUS", "modulus", u32],
      [5, "NFTA_HASH_SEED", "seed", u32],
      [6, "NFTA_HASH_OFFSET", "offset", u32],
      [7, "NFTA_HASH_TYPE", "type", u32],
    ],
    ["destination", "modulus"],
  ),
  immediate: level<ImmediateExpression>(
    [
      [1, "NFTA_IMMEDIATE_DREG", "destination", register],
      [2, "NFTA_IMMEDIATE_DATA", "data", data],
    ],
    ["destination", "data"],
  ),
  limit: level<LimitExpression>(
    [
      [1, "NFTA_LIMIT_RATE", "rate", u64],
      [2, "NFTA_LIMIT_UNIT", "unit", u64],
      [3, "NFTA_LIMIT_BURST", "burst", u32],
      [4, "NFTA_LIMIT_TYPE", "type", u32],
      [5, "NFTA_LIMIT_FLAGS", "flags", u32],
    ],
    ["rate", "unit"],
  ),
  log: level<LogExpression>([
    [2, "NFTA_LOG_PREFIX", "prefix", text],
    [5, "NFTA_LOG_LEVEL", "level", u32],
    [6, "NFTA_LOG_FLAGS", "flags", u32],
    [1, "NFTA_LOG_GROUP", "group", u16],
    [3, "NFTA_LOG_SNAPLEN", "snapLength", u32],
    [4, "NFTA_LOG_QTHRESHOLD", "queueThreshold", u16],
  ]),
  lookup: level<LookupExpression>(
    [
      [1, "NFTA_LOOKUP_SET", "set", text],
      [4, "NFTA_LOOKUP_SET_ID", "setId", u32],
      [2, "NFTA_LOOKUP_SREG", "source", register],
      [3, "NFTA_LOOKUP_DREG", "destination", register],
      [5, "NFTA_LOOKUP_FLAGS", "flags", u32],
    ],
    ["set", "source"],
  ),
  masq: level<MasqExpression>([
    [1, "NFTA_MASQ_FLAGS", "flags", u32],
    [2, "NFTA_MASQ_REG_PROTO_MIN", "portMin", register],
    [3, "NFTA_MASQ_REG_PROTO_MAX", "portMax", register],
  ]),
  meta: level<MetaExpression>(
    [
      [2, "NFTA_META_KEY", "key", u32],
      [1, "NFTA_META_DREG", "destination", register],
      [3, "NFTA_META_SREG", "source", register],
    ],
    ["key"],
  ),
  nat: level<NatExpression>(
    [
      [1, "NFTA_NAT_TYPE", "type", u32],
      [2, "NFTA_NAT_FAMILY", "family", u32],
      [3, "NFTA_NAT_REG_ADDR_MIN", "addressMin", register],
      [4, "NFTA_NAT_REG_ADDR_MAX", "addressMax", register],
      [5, "NFTA_NAT_REG_PROTO_MIN", "portMin", register],
      [6, "NFTA_NAT_REG_PROTO_MAX", "portMax", register],
      [7, "NFTA_NAT_FLAGS", "flags", u32],
    ],
    ["type", "family"],
  ),
  notrack: level<NotrackExpression>([]),
  payload: level<PayloadExpression>(
    [
      [5, "NFTA_PAYLOAD_SREG", "source", register],
      [1, "NFTA_PAYLOAD_DREG", "destination", register],
      [2, "NFTA_PAYLOAD_BASE", "base", u32],
      [3, "NFTA_PAYLOAD_OFFSET", "offset", u32],
      [4, "NFTA_PAYLOAD_LEN", "length", u32],
      [6, "NFTA_PAYLOAD_CSUM_TYPE", "checksumType", u32],
      [7, "NFTA_PAYLOAD_CSUM_OFFSET", "checksumOffset", u32],
      [8, "NFTA_PAYLOAD_CSUM_FLAGS", "checksumFlags", u32],
    ],
    ["base", "offset", "length"],
  ),
  queue: level<QueueExpression>([
    [1, "NFTA_QUEUE_NUM", "number", u16],
    [2, "NFTA_QUEUE_TOTAL", "total", u16],
    [3, "NFTA_QUEUE_FLAGS", "flags", u16],
    [4, "NFTA_QUEUE_SREG_QNUM", "source", register],
  ]),
  range: level<RangeExpression>(
    [
      [1, "NFTA_RANGE_SREG", "source", register],
      [2, "NFTA_RANGE_OP", "operation", u32],
      [3, "NFTA_RANGE_FROM_DATA", "from", value],
      [4, "NFTA_RANGE_TO_DATA", "to", value],
    ],
    ["source", "operation", "from", "to"],
  ),
  redir: level<RedirExpression>([
    [1, "NFTA_REDIR_REG_PROTO_MIN", "portMin", register],
    [2, "NFTA_REDIR_REG_PROTO_MAX", "portMax", register],
    [3, "NFTA_REDIR_FLAGS", "flags", u32],
  ]),
  reject: level<RejectExpression>(
    [
      [1, "NFTA_REJECT_TYPE", "type", u32],
      [2, "NFTA_REJECT_ICMP_CODE", "code", u8],
    ],
    ["type"],
  ),
  rt: level<RtExpression>(
    [
      [2, "NFTA_RT_KEY", "key", u32],
      [1, "NFTA_RT_DREG", "destination", register],
    ],
    ["key", "destination"],
  ),
};

const LEVELS: ReadonlyMap<string, Level<KnownExpression>> = new Map(Object.entries(EXPRESSION_LEVELS)) as never;

/** The attributes in NFTA_EXPR_DATA of the expression so called; undefined when it is opaque. */
export function expressionLevel(name: string): Level<KnownExpression> | undefined {
  return LEVELS.get(name);
}

function writeExpression(writer: MessageWriter, type: number, value: Expression): void {
  const start = writer.beginAttribute(type);
  writer.attributeString(NFTA_EXPR_NAME, value.kind === "opaque" ? value.name : value.kind);
  if (value.kind === "opaque") {
    for (const attribute of value.attributes) writer.attributeBytes(attribute.type, attribute.value);
  } else if (value.kind !== "notrack" || value.unknown !== undefined) {
    const inside = writer.beginAttribute(NFTA_EXPR_DATA);
    writeLevel(writer, LEVELS.get(value.kind)!, value);
    writer.endNested(inside);
  }
  writer.endNested(start);
}

function readExpression(cursor: AttributeCursor): Expression {
  const parts = cursor.nested(EXPRESSION_NAMES);
  let name: string | undefined;
  const attributes: RawAttribute[] = [];
  let inside: ((names: readonly string[]) => AttributeCursor) | undefined;
  while (parts.next()) {
    if (parts.type === NFTA_EXPR_NAME) {
      name = parts.string();
      continue;
    }
    attributes.push(parts.raw());
    const { reader, valueStart, valueEnd } = parts;
    inside = (names) => reader.attributes(valueStart, valueEnd, names);
  }
  if (name === undefined)
    throw new NetlinkDecodeError(cursor.name(), cursor.start, "an expression without NFTA_EXPR_NAME");
  const level = LEVELS.get(name);
  // More than one other attribute, or one that is not NFTA_EXPR_DATA, is from a kernel newer than this library.
  const plain =
    attributes.length === 0 || (attributes.length === 1 && (attributes[0]!.type & 0x3fff) === NFTA_EXPR_DATA);
  if (level !== undefined && plain) {
    const value = { kind: name } as Mutable<KnownExpression>;
    if (inside !== undefined) readLevel(inside(level.names), level, value);
    if (complete(level, value)) return value;
  }
  return { kind: "opaque", name, attributes };
}
