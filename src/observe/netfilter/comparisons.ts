/** Comparisons of registers with constants → `match`. Pure. */

import type { NetfilterSource, NetfilterStep } from "../../model/index.ts";
import {
  type CmpExpression,
  type Datatype,
  DATATYPES as T,
  isAddress,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_CMP_EQ,
  NFT_CMP_GT,
  NFT_CMP_GTE,
  NFT_CMP_LT,
  NFT_CMP_LTE,
  NFT_CMP_NEQ,
  prefixLengthOf,
  SELECTORS,
} from "../../netlink/nftables/index.ts";
import { type Cell, type FieldCell, type Headers, nameOf } from "./registers.ts";
import { rangeText, valueText } from "./values.ts";

function matchStep(field: NetfilterSource, not: boolean, ...values: string[]): NetfilterStep {
  return { kind: "match", fields: [field], not, values };
}

/** null if the model cannot express it. */
export function comparison(one: CmpExpression, cell: Cell | undefined, headers: Headers): NetfilterStep | null {
  if (cell?.kind === "masked") return maskedComparison(one, cell, headers);
  if (cell?.kind === "hash" && cell.port && isEquality(one))
    return matchStep(cell.hash, one.operation === NFT_CMP_NEQ, valueText(T.port, one.value));
  if (cell?.kind !== "field") return null;
  const name = nameOf(cell, headers);
  if (name === null) return null;
  const { type } = SELECTORS[name];
  const text = isEquality(one) ? equalText(cell, type, one.value) : halfRange(one, type);
  return text === null ? null : matchStep(name, one.operation === NFT_CMP_NEQ, text);
}

const isEquality = ({ operation }: CmpExpression): boolean => operation === NFT_CMP_EQ || operation === NFT_CMP_NEQ;

function equalText(cell: FieldCell, type: Datatype, value: Uint8Array): string | null {
  // An exact comparison of the bits: the model means "any of", which is the same for states, of which there is one at a time.
  if (type.bits !== undefined && (type.id !== T.ctState.id || !isOneBit(value))) return null;
  if (isAddress(type) && value.length < type.size)
    return `${valueText(type, padded(value, type.size))}/${value.length * 8}`;
  if (type.id === T.interfaceName.id) return cell.length === type.size ? valueText(type, value) : null;
  return value.length === type.size && cell.length === type.size ? valueText(type, value, cell.ordered) : null;
}

const isOneBit = (value: Uint8Array): boolean =>
  value.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0) === 1;

function padded(value: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(value);
  return bytes;
}

/** `> 1023` is `1024-65535`. */
function halfRange({ operation, value }: CmpExpression, type: Datatype): string | null {
  if (type.id !== T.port.id || value.length !== 2) return null;
  const port = (value[0]! << 8) | value[1]!;
  const [from, to] =
    operation === NFT_CMP_LT
      ? [0, port - 1]
      : operation === NFT_CMP_LTE
        ? [0, port]
        : operation === NFT_CMP_GT
          ? [port + 1, 65_535]
          : [port, 65_535];
  return from > to ? null : from === to ? String(from) : `${from}-${to}`;
}

/** `low` and `high` compare the same register. */
export function rangePair(
  low: CmpExpression,
  high: CmpExpression,
  cell: Cell | undefined,
  headers: Headers,
): NetfilterStep | null {
  if (low.operation !== NFT_CMP_GTE || high.operation !== NFT_CMP_LTE) return null;
  return rangeStep(cell, false, low.value, high.value, headers);
}

export function rangeStep(
  cell: Cell | undefined,
  not: boolean,
  from: Uint8Array,
  to: Uint8Array,
  headers: Headers,
): NetfilterStep | null {
  if (cell?.kind === "hash" && cell.port) return matchStep(cell.hash, not, rangeText(T.port, from, to));
  const name = cell?.kind === "field" ? nameOf(cell, headers) : null;
  if (name === null) return null;
  const { type } = SELECTORS[name];
  const { ordered, length } = cell as FieldCell;
  if (from.length !== type.size || to.length !== type.size || length !== type.size) return null;
  // Numbers in host byte order do not sort by their bytes.
  if (type.host === true && type.size > 1 && !ordered && type.id !== T.interfaceName.id) return null;
  return type.bits === undefined ? matchStep(name, not, rangeText(type, from, to)) : null;
}

function maskedComparison(
  { operation, value }: CmpExpression,
  { field, mask, xor }: Extract<Cell, { readonly kind: "masked" }>,
  headers: Headers,
): NetfilterStep | null {
  const name = nameOf(field, headers);
  if (name === null || xor.some((byte) => byte !== 0) || field.ordered) return null;
  const { type } = SELECTORS[name];
  if (field.length !== type.size || (operation !== NFT_CMP_EQ && operation !== NFT_CMP_NEQ)) return null;
  if (type.bits !== undefined) {
    if (value.some((byte) => byte !== 0) || mask.every((byte) => byte === 0)) return null;
    return matchStep(name, operation === NFT_CMP_EQ, ...valueText(type, mask).split(","));
  }
  if (!isAddress(type) || value.length !== type.size) return null;
  const length = prefixLengthOf({ from: mask.map(() => 0), to: mask.map((byte) => ~byte & 0xff) });
  if (length === undefined || value.some((byte, i) => byte & ~mask[i]!)) return null;
  return matchStep(name, operation === NFT_CMP_NEQ, `${valueText(type, value)}/${length}`);
}

const NETWORKS: Readonly<Record<string, number>> = {
  ipv4: NFPROTO_IPV4,
  ipv6: NFPROTO_IPV6,
  ip: NFPROTO_IPV4,
  ip6: NFPROTO_IPV6,
};

/** Records what a match implies about the packet's headers. */
export function learn(step: NetfilterStep, headers: Headers): void {
  if (step.kind !== "match" || step.not || step.values.length !== 1) return;
  const [field] = step.fields;
  const value = step.values[0]!;
  if (field === "nfproto" || field === "ether type") headers.network = NETWORKS[value] ?? headers.network;
  if (field === "l4proto" || field === "ip protocol" || field === "ip6 nexthdr") {
    const named = [...(T.protocol.names ?? [])].find(([, name]) => name === value);
    headers.transport = named?.[0] ?? (/^\d+$/.test(value) ? Number(value) : null);
  }
}
