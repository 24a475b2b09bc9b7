import { NFT_SET_ELEM_CATCHALL, NFT_SET_INTERVAL, NFT_SET_MAP } from "../constants.ts";
import type { Data, Verdict } from "../expression-types.ts";
import * as C from "../constants.ts";
import { prefixLengthOf, rangesOf } from "../intervals.ts";
import type { RulesetSet } from "../ruleset.ts";
import type { SetElement, SetMessage } from "../types.ts";
import { commentOf, datumOf, UDATA_SET_KEYBYTEORDER } from "../user-data.ts";
import { type Datatype, numberOf, TYPES, typesOf, writeValue } from "./values.ts";

/** Elements of sets and maps, as text. */

const VERDICTS: ReadonlyMap<number, string> = new Map([
  [C.NF_DROP, "drop"],
  [C.NF_ACCEPT, "accept"],
  [C.NF_STOLEN, "stolen"],
  [C.NF_QUEUE, "queue"],
  [C.NFT_CONTINUE, "continue"],
  [C.NFT_BREAK, "break"],
  [C.NFT_JUMP, "jump"],
  [C.NFT_GOTO, "goto"],
  [C.NFT_RETURN, "return"],
]);

export function writeVerdict({ code, chain, chainId }: Verdict): string {
  const target = chain ?? (chainId === undefined ? undefined : `#${chainId}`);
  return [VERDICTS.get(code) ?? `verdict ${code}`, ...(target === undefined ? [] : [target])].join(" ");
}

/** `1d2h3m4s5ms` of milliseconds. */
export function writeTime(milliseconds: bigint): string {
  let rest = milliseconds;
  let text = "";
  for (const [unit, size] of [
    ["d", 86_400_000n],
    ["h", 3_600_000n],
    ["m", 60_000n],
    ["s", 1000n],
    ["ms", 1n],
  ] as const) {
    if (rest >= size) text += `${rest / size}${unit}`;
    rest %= size;
  }
  return text || "0s";
}

/** The bytes of each part of a concatenation; every part begins at a word. */
export function splitKey(types: readonly Datatype[], bytes: Uint8Array, lengths?: readonly number[]): Uint8Array[] {
  let at = 0;
  return types.map((type, index) => {
    const length = lengths?.[index] ?? (type.size || Math.max(0, bytes.length - at));
    const part = bytes.subarray(at, at + length);
    at += (length + 3) & ~3;
    return part;
  });
}

function partLengths(set: SetMessage): number[] | undefined {
  const lengths = set.description?.concatenation?.map(({ length }) => length ?? 0);
  return lengths?.length ? lengths : undefined;
}

const isAddress = (type: Datatype): boolean => type.id === TYPES.ipv4.id || type.id === TYPES.ipv6.id;

/** `from-to`, or the one value, or for addresses the prefix. */
function writeRange(type: Datatype, from: Uint8Array, to: Uint8Array): string {
  const prefix = isAddress(type) && from.length === to.length ? prefixLengthOf({ from, to }) : undefined;
  const first = writeValue(type, from);
  if (prefix !== undefined) return prefix === from.length * 8 ? first : `${first}/${prefix}`;
  const last = writeValue(type, to);
  return first === last ? first : `${first}-${last}`;
}

function writeData(types: readonly Datatype[], data: Data): string {
  if (data.verdict !== undefined) return writeVerdict(data.verdict);
  const bytes = data.value ?? new Uint8Array();
  return splitKey(types, bytes)
    .map((part, index) => writeValue(types[index]!, part))
    .join(" . ");
}

interface Line {
  readonly order: readonly bigint[];
  readonly text: string;
}

/** Of plain numbers only nft itself knows the order; it writes 1 for the host's. */
function keyTypes(set: SetMessage): Datatype[] {
  const types = typesOf(set.keyType ?? 0);
  if (types.length > 1 || types[0]!.id !== TYPES.integer.id) return types;
  const order = datumOf(set.userData, UDATA_SET_KEYBYTEORDER);
  return order?.length === 4 && numberOf(order, true) === 1n ? [{ ...TYPES.integer, host: true }] : types;
}

/** Every element, in ascending order. */
export function writeElements({ set, elements }: RulesetSet): string[] {
  const types = keyTypes(set);
  const lengths = partLengths(set);
  const isMap = ((set.flags ?? 0) & NFT_SET_MAP) !== 0;
  const dataTypes = isMap && set.dataType !== C.NFT_DATA_VERDICT ? typesOf(set.dataType ?? 0) : [];
  const order = (bytes: Uint8Array): bigint[] =>
    splitKey(types, bytes, lengths).map((part, index) =>
      numberOf(part, types[index]!.host === true && types[index]!.id !== TYPES.interfaceName.id),
    );
  const line = (from: Uint8Array, to: Uint8Array | undefined, element: SetElement | undefined): Line => {
    const first = splitKey(types, from, lengths);
    const last = to && splitKey(types, to, lengths);
    const key = first.map((part, index) => writeRange(types[index]!, part, last?.[index] ?? part)).join(" . ");
    return { order: order(from), text: key + writeRest(element, dataTypes) };
  };
  const all = elements.filter((one) => ((one.flags ?? 0) & NFT_SET_ELEM_CATCHALL) === 0);
  const intervals = types.length === 1 && ((set.flags ?? 0) & NFT_SET_INTERVAL) !== 0;
  const lines = intervals
    ? rangesOf(all).map(({ from, to, element }) => line(from, to, element))
    : all.map((one) => line(one.key?.value ?? new Uint8Array(), one.keyEnd?.value, one));
  lines.sort((a, b) => compare(a.order, b.order));
  const rest = elements
    .filter((one) => ((one.flags ?? 0) & NFT_SET_ELEM_CATCHALL) !== 0)
    .map((one) => `*${writeRest(one, dataTypes)}`);
  return [...lines.map(({ text }) => text), ...rest];
}

function compare(a: readonly bigint[], b: readonly bigint[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0n;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

/** What follows an element's key. */
function writeRest(element: SetElement | undefined, dataTypes: readonly Datatype[]): string {
  if (element === undefined) return "";
  let text = "";
  for (const one of element.expressions ?? (element.expression === undefined ? [] : [element.expression])) {
    text +=
      one.kind === "counter" ? ` counter packets ${one.packets ?? 0n} bytes ${one.bytes ?? 0n}` : ` [ ${one.kind} ]`;
  }
  if (element.timeout !== undefined) text += ` timeout ${writeTime(element.timeout)}`;
  if (element.expiration !== undefined) text += ` expires ${writeTime(element.expiration)}`;
  const comment = commentOf(element.userData);
  if (comment !== undefined) text += ` comment "${comment}"`;
  if (element.object !== undefined) text += ` : "${element.object}"`;
  if (element.data !== undefined) text += ` : ${writeData(dataTypes, element.data)}`;
  return text;
}

/** How many elements nft puts in a line, by the type of the key. */
export function perLine(types: readonly Datatype[]): number {
  if (types.length > 1) return 1;
  const { id } = types[0]!;
  if (id === TYPES.ipv4.id) return 2;
  const short = [TYPES.integer, TYPES.protocol, TYPES.port, TYPES.tcpFlag, TYPES.mark, TYPES.interfaceIndex, TYPES.uid];
  return short.some((type) => type.id === id) ? 5 : 1;
}
