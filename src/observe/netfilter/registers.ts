/** The contents of the nf_tables registers while a rule runs, as far as its expressions reveal them. Pure. */

import type { NetfilterField, NetfilterHash, NetfilterSource } from "../../model/index.ts";
import {
  type Datatype,
  DATATYPES as T,
  type Register,
  type SelectorName,
  SELECTORS,
} from "../../netlink/nftables/index.ts";
import { IPPROTO_ICMPV6, NFPROTO_IPV6 } from "../../netlink/constants.ts";

/** A field, or its first bytes. */
export interface FieldCell {
  readonly kind: "field";
  /** More than one if headers share an offset: the type of the packet decides. */
  readonly names: readonly SelectorName[];
  readonly length: number;
  /** A number in host byte order that was converted to network byte order. */
  readonly ordered: boolean;
}

export type Cell =
  | FieldCell
  | { readonly kind: "constant"; readonly bytes: Uint8Array }
  | { readonly kind: "masked"; readonly field: FieldCell; readonly mask: Uint8Array; readonly xor: Uint8Array }
  /** `port`: it was converted to a port; before that, it is 32 bits in host byte order. */
  | { readonly kind: "hash"; readonly hash: NetfilterHash; readonly port: boolean }
  /** Part of the value of a map. */
  | {
      readonly kind: "answer";
      readonly set: string;
      readonly fields: readonly NetfilterSource[];
      readonly part: number;
      readonly type: Datatype;
    };

/** What earlier steps have established. */
export interface Headers {
  /** NFPROTO_*; null while it may be either. */
  network: number | null;
  /** IPPROTO_* */
  transport: number | null;
}

/** Which of the names that share an offset is meant. `type`: if it is known from elsewhere. */
export function nameOf({ names }: FieldCell, headers: Headers, type?: Datatype): NetfilterField | null {
  const fitting = type === undefined ? names : names.filter((name) => SELECTORS[name].type.id === type.id);
  if (fitting.length < 2) return fitting[0] ?? null;
  const six = headers.transport === IPPROTO_ICMPV6 || (headers.transport === null && headers.network === NFPROTO_IPV6);
  return fitting.find((name) => name.startsWith("icmpv6") === six) ?? fitting[0]!;
}

export class Registers {
  readonly #words: (Cell | undefined)[] = [];

  at(register: Register | undefined): Cell | undefined {
    return typeof register === "number" ? this.#words[register] : undefined;
  }

  /** Overwrites the words that a value of `length` bytes fills. */
  put(register: Register | undefined, length: number, cell: Cell | undefined): void {
    if (typeof register !== "number") return;
    for (let i = 0; i < Math.max(1, Math.ceil(length / 4)); i++) this.#words[register + i] = undefined;
    this.#words[register] = cell;
  }

  clear(): void {
    this.#words.length = 0;
  }

  /** The consecutive sources of these types; null if there is anything else. */
  sources(register: Register, types: readonly Datatype[], headers: Headers): NetfilterSource[] | null {
    if (typeof register !== "number") return null;
    const sources: NetfilterSource[] = [];
    let word = register;
    for (const type of types) {
      const source = sourceOf(this.#words[word], headers, type);
      if (source === null) return null;
      sources.push(source);
      word += Math.ceil(type.size / 4);
    }
    return sources;
  }

  /** The fields that fill exactly `length` bytes. */
  fields(register: Register | undefined, length: number, headers: Headers): NetfilterField[] | null {
    if (typeof register !== "number") return null;
    const fields: NetfilterField[] = [];
    let bytes = 0;
    while (bytes < length) {
      const cell = this.#words[register + Math.ceil(bytes / 4)];
      if (cell?.kind !== "field" || cell.ordered) return null;
      const name = nameOf(cell, headers);
      if (name === null || SELECTORS[name].type.size !== cell.length) return null;
      fields.push(name);
      const end = Math.ceil(bytes / 4) * 4 + cell.length;
      bytes = end === length ? end : (end + 3) & ~3;
    }
    return bytes === length ? fields : null;
  }
}

/** A whole field, or a hash that was converted to a port. */
export function sourceOf(cell: Cell | undefined, headers: Headers, type: Datatype): NetfilterSource | null {
  if (cell?.kind === "hash") return cell.port && type.id === T.port.id ? cell.hash : null;
  if (cell?.kind !== "field") return null;
  const name = nameOf(cell, headers, type);
  return name !== null && SELECTORS[name].type.size === cell.length ? name : null;
}
