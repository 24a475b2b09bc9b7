/** Bytes → text in the model: nft's syntax, with interface names verbatim. The inverse of apply/netfilter/values.ts. Pure. */

import {
  type Datatype,
  DATATYPES as T,
  type Data,
  isAddress,
  NF_ACCEPT,
  NF_DROP,
  NFT_CONTINUE,
  NFT_GOTO,
  NFT_JUMP,
  NFT_RETURN,
  prefixLengthOf,
  type Verdict,
  writeValue,
} from "../../netlink/nftables/index.ts";
import { decodeText } from "../../netlink/text.ts";

/** `ordered`: a number in host byte order that was converted to network byte order. */
export function valueText(type: Datatype, bytes: Uint8Array, ordered = false): string {
  if (type.id === T.interfaceName.id) return nameText(bytes);
  return writeValue(type, bytes, ordered ? false : (type.host ?? false));
}

/** A name that does not end in a NUL is a prefix. */
function nameText(bytes: Uint8Array): string {
  return `${decodeText(bytes, 0, bytes.length)}${bytes.includes(0) ? "" : "*"}`;
}

/** A value, a prefix, `from-to`, or `veth*`; host numbers in network byte order. */
export function rangeText(type: Datatype, from: Uint8Array, to: Uint8Array): string {
  if (from.every((byte, i) => byte === to[i])) return valueText(type, from, isHostNumber(type));
  const prefix = prefixLengthOf({ from, to });
  if (prefix !== undefined && isAddress(type)) return `${valueText(type, from)}/${prefix}`;
  if (prefix !== undefined && prefix % 8 === 0 && type.id === T.interfaceName.id)
    return nameText(from.subarray(0, prefix / 8));
  return [from, to].map((bytes) => valueText(type, bytes, isHostNumber(type))).join("-");
}

/** In interval sets these are in network byte order, too. */
export function isHostNumber(type: Datatype): boolean {
  return type.host === true && type.size > 1 && type.id !== T.interfaceName.id;
}

/** The parts of a key or of a map's value: each fills whole words. */
export function splitParts(types: readonly Datatype[], bytes: Uint8Array): Uint8Array[] {
  let at = 0;
  return types.map(({ size }) => {
    const part = bytes.subarray(at, at + (size || bytes.length - at));
    at += (part.length + 3) & ~3;
    return part;
  });
}

const VERDICTS: ReadonlyMap<number, string> = new Map([
  [NF_ACCEPT, "accept"],
  [NF_DROP, "drop"],
  [NFT_RETURN, "return"],
  [NFT_CONTINUE, "continue"],
  [NFT_JUMP, "jump"],
  [NFT_GOTO, "goto"],
]);

/** null if the model has no word for it. */
export function verdictWord({ code }: Verdict): string | null {
  return VERDICTS.get(code) ?? null;
}

function verdictText(verdict: Verdict): string {
  const word = verdictWord(verdict) ?? `verdict ${verdict.code}`;
  return verdict.chain === undefined ? word : `${word} ${verdict.chain}`;
}

/** The value of a map, part by part. */
export function dataTexts(types: readonly Datatype[], data: Data): string[] {
  if (data.verdict !== undefined) return [verdictText(data.verdict)];
  return splitParts(types, data.value ?? new Uint8Array()).map((part, i) => valueText(types[i]!, part));
}
