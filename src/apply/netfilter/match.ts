/** `match` → expressions, in the forms that nft itself uses for comparisons. Pure. */

import type { NetfilterStep } from "../../model/index.ts";
import {
  type Datatype,
  type Expression,
  inSet,
  isAddress,
  NFT_BITWISE_MASK_XOR,
  NFT_CMP_EQ,
  NFT_CMP_GTE,
  NFT_CMP_LTE,
  NFT_CMP_NEQ,
  NFT_RANGE_NEQ,
  prefixLengthOf,
  readSelector,
  type Selector,
} from "../../netlink/nftables/index.ts";
import { anonymousSet } from "./sets.ts";
import { loadSources, selectorOf, sourceType, toNetworkOrder } from "./sources.ts";
import type { StepContext } from "./context.ts";
import { CompileError, isHostNumber, isRange, namePrefix, numberBytes, valueBytes, valueRange } from "./values.ts";

type Match = Extract<NetfilterStep, { readonly kind: "match" }>;

/** All comparisons use the first registers. */
const AT = 0;

export function compileMatch({ fields, not, values }: Match, context: StepContext): Expression[] {
  const types = fields.map(sourceType);
  const [only] = fields;
  const [type] = types;
  if (only === undefined || type === undefined || values.length === 0)
    throw new CompileError("it compares nothing with anything");
  if (fields.length > 1) return inAnonymousSet({ fields, not, values }, types, context);
  if (typeof only !== "string") {
    if (values.length > 1) return inAnonymousSet({ fields, not, values }, types, context);
    return [...loadSources(fields, AT), ...compare(type, values[0]!, not)];
  }
  const selector = selectorOf(only);
  if (type.bits !== undefined) return matchBits(selector, values, not);
  return values.length === 1
    ? matchOne(selector, values[0]!, not)
    : inAnonymousSet({ fields, not, values }, types, context);
}

/** Any of the bits: the value is masked, and must not be zero. */
function matchBits(selector: Selector, values: readonly string[], not: boolean): Expression[] {
  const { type } = selector;
  const bits = values.map((value) => valueBytes(type, value));
  const mask = new Uint8Array(type.size);
  for (const each of bits) for (const [i, byte] of each.entries()) mask[i]! |= byte;
  return [readSelector(selector, AT), masked(mask), cmp(not ? NFT_CMP_EQ : NFT_CMP_NEQ, numberBytes(0, type))];
}

function matchOne(selector: Selector, value: string, not: boolean): Expression[] {
  const { type } = selector;
  const beginning = namePrefix(type, value);
  if (beginning !== null) return [readSelector(selector, AT), cmp(not ? NFT_CMP_NEQ : NFT_CMP_EQ, beginning)];
  const range = valueRange(type, value);
  const prefix = isAddress(type) && isRange(range) ? prefixLengthOf(range) : undefined;
  if (prefix !== undefined) return matchPrefix(selector, range.from, prefix, not);
  if (isRange(range) && isHostNumber(type))
    return [readSelector(selector, AT), toNetworkOrder(AT, type.size), ...compare(type, value, not)];
  return [readSelector(selector, AT), ...compare(type, value, not)];
}

/** If the prefix ends at a byte boundary, only its bytes are read and compared; otherwise the value is masked. */
function matchPrefix(selector: Selector, network: Uint8Array, length: number, not: boolean): Expression[] {
  const operation = not ? NFT_CMP_NEQ : NFT_CMP_EQ;
  if (length > 0 && length % 8 === 0) {
    const bytes = length / 8;
    return [readSelector(selector, AT, bytes), cmp(operation, network.slice(0, bytes))];
  }
  const mask = Uint8Array.from(
    { length: network.length },
    (_, i) => 0xff00 >> Math.max(0, Math.min(8, length - i * 8)),
  );
  return [readSelector(selector, AT), masked(mask), cmp(operation, network)];
}

/** Compares with the first register; for a range, host numbers have been converted to network byte order. */
function compare(type: Datatype, value: string, not: boolean): Expression[] {
  const range = valueRange(type, value);
  if (!isRange(range)) return [cmp(not ? NFT_CMP_NEQ : NFT_CMP_EQ, valueBytes(type, value))];
  if (not) return [{ kind: "range", source: AT, operation: NFT_RANGE_NEQ, from: range.from, to: range.to }];
  return [cmp(NFT_CMP_GTE, range.from), cmp(NFT_CMP_LTE, range.to)];
}

function inAnonymousSet(
  { fields, not, values }: Pick<Match, "fields" | "not" | "values">,
  types: readonly Datatype[],
  context: StepContext,
): Expression[] {
  const keys = values.map((value) => (types.length === 1 ? [value] : value.split(" . ")));
  const id = context.takeSetId();
  const { messages, interval } = anonymousSet(context.place, types, keys, id);
  context.before.push(...messages);
  return [...loadSources(fields, AT, interval), inSet("__set%d", id, not, AT)];
}

function cmp(operation: number, value: Uint8Array): Expression {
  return { kind: "cmp", source: AT, operation, value };
}

function masked(mask: Uint8Array): Expression {
  const xor = new Uint8Array(mask.length);
  return {
    kind: "bitwise",
    source: AT,
    destination: AT,
    length: mask.length,
    operation: NFT_BITWISE_MASK_XOR,
    mask,
    xor,
  };
}
