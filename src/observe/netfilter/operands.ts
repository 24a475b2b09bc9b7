/** The operands that NAT takes from registers → operands of the model. Pure. */

import type { NatFlag, NetfilterOperand, NetfilterStep } from "../../model/index.ts";
import {
  type Datatype,
  DATATYPES as T,
  type MasqExpression,
  type NatExpression,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_NETMAP,
  NF_NAT_RANGE_PERSISTENT,
  NF_NAT_RANGE_PROTO_RANDOM,
  NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_NAT_SNAT,
  prefixLengthOf,
  type RedirExpression,
  type Register,
} from "../../netlink/nftables/index.ts";
import { type Headers, type Registers, sourceOf } from "./registers.ts";
import { valueText } from "./values.ts";

const FLAGS: readonly (readonly [number, NatFlag])[] = [
  [NF_NAT_RANGE_PROTO_RANDOM, "random"],
  [NF_NAT_RANGE_PROTO_RANDOM_FULLY, "fully-random"],
  [NF_NAT_RANGE_PERSISTENT, "persistent"],
];
/** These flags only repeat which operands are present. */
const IMPLIED = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;

/** null if the model cannot express it. */
export function translation(one: NatExpression, registers: Registers, headers: Headers): NetfilterStep | null {
  const netmap = ((one.flags ?? 0) & NF_NAT_RANGE_NETMAP) !== 0;
  const flags = flagsOf((one.flags ?? 0) & ~NF_NAT_RANGE_NETMAP);
  if (flags === null || (one.family !== NFPROTO_IPV4 && one.family !== NFPROTO_IPV6)) return null;
  const type = one.family === NFPROTO_IPV4 ? T.ipv4 : T.ipv6;
  const place = { registers, headers };
  const address = netmap ? prefixOperand(one, type, registers) : operand(one.addressMin, one.addressMax, type, place);
  const port = operand(one.portMin, one.portMax, T.port, place);
  if (address === undefined || port === undefined || (netmap && port !== null)) return null;
  const kind = one.type === NFT_NAT_SNAT ? "snat" : "dnat";
  return { kind, family: one.family === NFPROTO_IPV4 ? 4 : 6, address, port, flags };
}

export function shortcut(
  one: MasqExpression | RedirExpression,
  registers: Registers,
  headers: Headers,
): NetfilterStep | null {
  const flags = flagsOf(one.flags ?? 0);
  const port = operand(one.portMin, one.portMax, T.port, { registers, headers });
  if (flags === null || port === undefined) return null;
  return { kind: one.kind === "masq" ? "masquerade" : "redirect", port, flags };
}

export function flagsOf(bits: number): NatFlag[] | null {
  const known = FLAGS.reduce((sum, [bit]) => sum | bit, IMPLIED);
  return bits & ~known ? null : FLAGS.filter(([bit]) => bits & bit).map(([, flag]) => flag);
}

/** null: no such operand; undefined: there is one, but the model cannot express it. */
function operand(
  min: Register | undefined,
  max: Register | undefined,
  type: Datatype,
  { registers, headers }: { readonly registers: Registers; readonly headers: Headers },
): NetfilterOperand | null | undefined {
  if (min === undefined) return null;
  const first = registers.at(min);
  if (max !== undefined && max !== min) {
    const last = registers.at(max);
    if (first?.kind !== "constant" || last?.kind !== "constant") return undefined;
    return { kind: "constant", from: valueText(type, first.bytes), to: valueText(type, last.bytes) };
  }
  if (first?.kind === "constant") {
    const text = valueText(type, first.bytes);
    return { kind: "constant", from: text, to: text };
  }
  if (first?.kind === "answer") {
    const { fields, set, part } = first;
    return first.type.id === type.id ? { kind: "map", fields, set, part } : undefined;
  }
  const source = sourceOf(first, headers, type);
  return source === null ? undefined : { kind: "source", source };
}

function prefixOperand(one: NatExpression, type: Datatype, registers: Registers): NetfilterOperand | undefined {
  const [min, max] = [registers.at(one.addressMin), registers.at(one.addressMax)];
  if (min?.kind !== "constant" || max?.kind !== "constant") return undefined;
  const length = prefixLengthOf({ from: min.bytes, to: max.bytes });
  return length === undefined ? undefined : { kind: "prefix", prefix: `${valueText(type, min.bytes)}/${length}` };
}
