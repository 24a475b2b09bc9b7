import * as C from "../constants.ts";
import type { BitwiseExpression, ExthdrExpression, PayloadExpression } from "../expression-types.ts";
import { HEADERS, type HeaderField } from "./fields.ts";
import { type Datatype, numberOf, TYPES, writeValue } from "./values.ts";

/** What a register holds, as far as the preceding expressions show. */
export interface Term {
  /** `ip saddr`; empty for a constant. */
  readonly text: string;
  readonly type: Datatype;
  /** A constant's bytes. */
  readonly bytes?: Uint8Array;
  /** Its order, where that is not its type's own. */
  readonly host?: boolean;
  /** Bits that were kept, of `masked`. */
  readonly mask?: Uint8Array;
  readonly xor?: Uint8Array;
  readonly masked?: Term;
  /** The first bits of an address, read without a mask. */
  readonly prefix?: number;
  /** Where in the packet it is from. */
  readonly place?: Place;
  /** Of several parts: a map's data. */
  readonly parts?: number;
}

/** Bytes of a header, of which nft knows the name or not. */
export interface Place {
  readonly header: string | undefined;
  readonly base: number;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
}

/** A term as a value to be set to, or as the right side of something. */
export function valueText(term: Term | undefined, type: Datatype, register: number | string): string {
  if (term === undefined) return `reg ${register}`;
  return term.bytes === undefined ? term.text : writeValue(type, term.bytes, term.host ?? type.host ?? false);
}

const BASES = ["ll", "nh", "th", "ih"];

export function placeOf({ base, offset, length }: PayloadExpression, header: string | undefined): Place {
  return { header, base, offset, length };
}

/** The field that fills bits of a place exactly. */
function fieldAt({ header }: Place, offset: number, length: number): HeaderField | undefined {
  return header === undefined
    ? undefined
    : HEADERS[header]?.find((field) => field.offset === offset && field.length === length);
}

export function placeTerm(place: Place): Term {
  const [offset, length] = [place.offset * 8, place.length * 8];
  const field = fieldAt(place, offset, length);
  if (field !== undefined) return { text: `${place.header} ${field.name}`, type: field.type, place };
  const address = place.header && HEADERS[place.header]?.find((one) => one.offset === offset && one.length > length);
  if (address && (address.type === TYPES.ipv4 || address.type === TYPES.ipv6))
    return { text: `${place.header} ${address.name}`, type: address.type, prefix: length, place };
  return { text: `@${BASES[place.base] ?? place.base},${offset},${length}`, type: TYPES.integer, place };
}

/** The field that the set bits of a mask cover, and how far it must be shifted. */
export function maskedField(place: Place, mask: Uint8Array): { field: HeaderField; shift: bigint } | undefined {
  const bits = numberOf(mask);
  if (bits === 0n) return undefined;
  let low = 0;
  while (((bits >> BigInt(low)) & 1n) === 0n) low++;
  let length = 0;
  while (((bits >> BigInt(low + length)) & 1n) === 1n) length++;
  if (bits >> BigInt(low + length) !== 0n) return undefined;
  const field = fieldAt(place, (place.offset + mask.length) * 8 - low - length, length);
  return field && { field, shift: BigInt(low) };
}

/** Bits of a masked value, moved down. */
export function shiftDown(bytes: Uint8Array, shift: bigint, field: HeaderField): Uint8Array {
  const number = numberOf(bytes) >> shift;
  const length = Math.ceil(field.length / 8);
  return Uint8Array.from({ length }, (_, i) => Number((number >> BigInt((length - 1 - i) * 8)) & 0xffn));
}

const all = (bytes: Uint8Array, value: number): boolean => bytes.every((byte) => byte === value);

export function bitwiseTerm(source: Term, { operation = 0, mask, xor, data }: BitwiseExpression): Term {
  const { type, text } = source;
  if (operation !== C.NFT_BITWISE_MASK_XOR) {
    const by = data?.value === undefined ? "?" : String(numberOf(data.value, true));
    return { text: `${text} ${operation === C.NFT_BITWISE_LSHIFT ? "<<" : ">>"} ${by}`, type };
  }
  if (mask === undefined || xor === undefined) return { text: `${text} & ?`, type };
  const write = (bytes: Uint8Array): string =>
    writeValue(type.bits === undefined ? type : TYPES.integer, bytes, type.host);
  const inverse = mask.map((byte) => ~byte & 0xff);
  const kept = { type, mask, xor, masked: source, ...(source.place === undefined ? {} : { place: source.place }) };
  if (all(xor, 0)) return { ...kept, text: `${text} & ${write(mask)}` };
  if (inverse.every((byte, i) => byte === xor[i])) return { ...kept, text: `${text} | ${write(xor)}` };
  if (all(mask, 0xff)) return { ...kept, text: `${text} ^ ${write(xor)}` };
  return { ...kept, text: `${text} & ${write(mask)} ^ ${write(xor)}` };
}

/** Number of bits set from the front; undefined when others are set too. */
export function leadingBits(mask: Uint8Array): number | undefined {
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const zero = bits.indexOf("0");
  if (zero < 0) return bits.length;
  return bits.includes("1", zero) ? undefined : zero;
}

export function exthdrTerm({ type, offset, length, flags = 0, operation = 0 }: ExthdrExpression): Term {
  const kind =
    operation === C.NFT_EXTHDR_OP_TCPOPT ? "tcp option" : operation === C.NFT_EXTHDR_OP_IPV4 ? "ip option" : "exthdr";
  if (flags & C.NFT_EXTHDR_F_PRESENT) return { text: `${kind} ${type}`, type: TYPES.boolean };
  if (kind === "tcp option" && type === 2 && offset === 2 && length === 2)
    return { text: "tcp option maxseg size", type: TYPES.integer };
  return { text: `${kind} @${type},${offset * 8},${length * 8}`, type: TYPES.integer };
}
