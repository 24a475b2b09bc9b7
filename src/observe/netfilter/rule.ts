/** The expressions of a rule → its steps: executed with names instead of values. The inverse of apply/netfilter/steps.ts. Pure. */

import type { NetfilterStep } from "../../model/index.ts";
import {
  type DynsetExpression,
  encodeExpressions,
  type Expression,
  type KnownExpression,
  type LimitExpression,
  type LogExpression,
  type LookupExpression,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_BITWISE_LSHIFT,
  NFT_BITWISE_MASK_XOR,
  NFT_CT_MARK,
  NFT_HASH_JENKINS,
  NFT_LIMIT_F_INV,
  NFT_LIMIT_PKTS,
  NFT_LOOKUP_F_INV,
  NFT_META_MARK,
  NFT_RANGE_NEQ,
  type OpaqueExpression,
  printPart,
  type RejectExpression,
  type Register,
  type RulesetSet,
  SELECTORS,
  selectorsAt,
} from "../../netlink/nftables/index.ts";
import { comparison, learn, rangePair, rangeStep } from "./comparisons.ts";
import { shortcut, translation } from "./operands.ts";
import { type Cell, type Headers, Registers } from "./registers.ts";
import { rejectText } from "./reject.ts";
import { dataTypes, elementTexts, isAnonymous, isMap, keyTypes } from "./sets.ts";
import { verdictWord } from "./values.ts";
import { xtMeaning } from "./xt.ts";

export type Sets = ReadonlyMap<string, RulesetSet>;

/** `comment`: one among the expressions, as iptables writes it. */
export function decompileExpressions(
  expressions: readonly Expression[],
  family: number,
  sets: Sets,
): { readonly steps: NetfilterStep[]; readonly comment: string | null } {
  const machine = new Machine(expressions, family, sets);
  for (let at = 0; at < expressions.length;) at += machine.take(at);
  return machine.finish();
}

class Machine {
  readonly #all: readonly Expression[];
  readonly #family: number;
  readonly #sets: Sets;
  readonly #registers = new Registers();
  readonly #headers: Headers;
  readonly #steps: NetfilterStep[] = [];
  /** The first expression that no step covers yet: it and those after it fill registers for a later step. */
  #from = 0;
  #comment: string | null = null;

  constructor(all: readonly Expression[], family: number, sets: Sets) {
    this.#all = all;
    this.#family = family;
    this.#sets = sets;
    const network = family === NFPROTO_IPV4 || family === NFPROTO_IPV6 ? family : null;
    this.#headers = { network, transport: null };
  }

  /** Processes one expression or more; returns how many. */
  take(at: number): number {
    const one = this.#all[at]!;
    const next = this.#all[at + 1];
    if (one.kind === "cmp" && next?.kind === "cmp" && one.source === next.source) {
      const step = rangePair(one, next, this.#registers.at(one.source), this.#headers);
      if (step !== null) {
        this.#emit(step, at + 2);
        return 2;
      }
    }
    if (one.kind === "opaque") {
      this.#extension(one, at + 1);
      return 1;
    }
    const result = this.#run(one);
    if (result === "filled") return 1;
    if (result === null) this.#opaque(at + 1);
    else this.#emit(result, at + 1);
    return 1;
  }

  finish(): { readonly steps: NetfilterStep[]; readonly comment: string | null } {
    if (this.#from < this.#all.length) this.#opaque(this.#all.length);
    return { steps: this.#steps, comment: this.#comment };
  }

  #emit(step: NetfilterStep, end: number): void {
    this.#steps.push(step);
    learn(step, this.#headers);
    this.#from = end;
  }

  #opaque(end: number): void {
    const part = this.#all.slice(this.#from, end);
    const text = printPart(this.#all.slice(0, this.#from), part, this.#family, this.#sets);
    const data = Buffer.from(encodeExpressions(part)).toString("hex");
    // An expression may use registers that an earlier one has filled, so adjacent opaque ones stay together.
    const last = this.#steps.at(-1);
    if (last?.kind === "opaque")
      this.#steps[this.#steps.length - 1] = { kind: "opaque", text: `${last.text} ${text}`, data: last.data + data };
    else this.#steps.push({ kind: "opaque", text, data });
    this.#from = end;
  }

  #extension(one: OpaqueExpression, end: number): void {
    const meaning = xtMeaning(one, this.#family === NFPROTO_IPV6);
    if (meaning === null) {
      // The matches and targets of iptables do not use registers; any other expression may have written to any.
      if (one.name !== "match" && one.name !== "target") this.#registers.clear();
      this.#opaque(end);
      return;
    }
    for (const step of meaning.steps) this.#emit(step, end);
    this.#comment ??= meaning.comment ?? null;
    this.#from = end;
  }

  /** A step, "filled" for an expression that only fills registers, null if the model cannot express it. */
  #run(one: KnownExpression): NetfilterStep | "filled" | null {
    const registers = this.#registers;
    switch (one.kind) {
      case "meta":
      case "ct":
      case "payload":
      case "fib":
        return "source" in one && one.source !== undefined ? this.#set(one, one.source) : this.#read(one);
      case "immediate": {
        const { value, verdict } = one.data;
        if (value !== undefined) return this.#fill(one.destination, value.length, { kind: "constant", bytes: value });
        const word = verdict === undefined ? null : verdictWord(verdict);
        if (word === "jump" || word === "goto")
          return verdict!.chain === undefined ? null : { kind: word, chain: verdict!.chain };
        return word === "accept" || word === "drop" || word === "return" ? { kind: word } : null;
      }
      case "bitwise":
      case "byteorder":
      case "hash":
        return this.#compute(one);
      case "cmp":
        return comparison(one, registers.at(one.source), this.#headers);
      case "range":
        return rangeStep(registers.at(one.source), one.operation === NFT_RANGE_NEQ, one.from, one.to, this.#headers);
      case "lookup":
        return this.#lookup(one);
      case "dynset":
        return this.#dynset(one);
      case "nat":
        return translation(one, registers, this.#headers);
      case "masq":
      case "redir":
        return shortcut(one, registers, this.#headers);
      case "counter":
        return { kind: "counter" };
      case "limit":
        return limitStep(one);
      case "log":
        return logStep(one);
      case "notrack":
        return { kind: "notrack" };
      case "reject":
        return this.#reject(one);
      default:
        // What this expression reads has no name in the model.
        registers.clear();
        return "filled";
    }
  }

  #fill(register: Register | undefined, length: number, cell: Cell | undefined): "filled" {
    this.#registers.put(register, length, cell);
    return "filled";
  }

  #read(one: Extract<Expression, { readonly kind: "meta" | "ct" | "payload" | "fib" }>): "filled" {
    const names = selectorsAt(one);
    const [first] = names;
    const length = one.kind === "payload" ? one.length : first === undefined ? 16 : SELECTORS[first].type.size;
    const cell: Cell | undefined = first && { kind: "field", names, length, ordered: false };
    return this.#fill(one.destination, length, cell);
  }

  #set(one: Expression, source: Register): NetfilterStep | null {
    const cell = this.#registers.at(source);
    const field =
      one.kind === "meta" && one.key === NFT_META_MARK
        ? "mark"
        : one.kind === "ct" && one.key === NFT_CT_MARK
          ? "ct mark"
          : null;
    if (field === null || cell?.kind !== "constant" || cell.bytes.length !== 4) return null;
    return { kind: "set", field, value: new Uint32Array(cell.bytes.slice().buffer)[0]! };
  }

  #compute(one: Extract<Expression, { readonly kind: "bitwise" | "byteorder" | "hash" }>): "filled" {
    if (one.kind === "hash") {
      const { seed, length = 0, modulus, offset = 0 } = one;
      const fields = this.#registers.fields(one.source, length, this.#headers);
      const known = (one.type ?? NFT_HASH_JENKINS) === NFT_HASH_JENKINS && fields !== null && seed !== undefined;
      const cell: Cell | undefined = known
        ? { kind: "hash", hash: { hash: fields, modulus, offset, seed }, port: false }
        : undefined;
      return this.#fill(one.destination, 4, cell);
    }
    const source = this.#registers.at(one.source);
    return this.#fill(
      one.destination,
      one.length,
      one.kind === "byteorder" ? turned(source, one) : masked(source, one),
    );
  }

  #lookup(one: LookupExpression): NetfilterStep | "filled" | null {
    const found = this.#sets.get(one.set);
    if (found === undefined) return null;
    const { set, elements } = found;
    const fields = this.#registers.sources(one.source, keyTypes(set), this.#headers);
    const not = ((one.flags ?? 0) & NFT_LOOKUP_F_INV) !== 0;
    if (one.destination !== undefined && one.destination !== "verdict") {
      const types = dataTypes(set);
      let word = one.destination;
      for (const [part, type] of types.entries()) {
        const known = fields !== null && !isAnonymous(set) && isMap(set);
        this.#fill(word, type.size || 4, known ? { kind: "answer", set: one.set, fields, part, type } : undefined);
        word += Math.ceil((type.size || 4) / 4);
      }
      return "filled";
    }
    if (fields === null) return null;
    if (one.destination === "verdict") return isAnonymous(set) ? null : { kind: "verdict-map", fields, set: one.set };
    if (!isAnonymous(set)) return { kind: "lookup", fields, not, set: one.set };
    return { kind: "match", fields, not, values: elementTexts(set, elements).map(({ key }) => key.join(" . ")) };
  }

  #dynset(one: DynsetExpression): NetfilterStep | null {
    const set = this.#sets.get(one.set)?.set;
    const operation = (["add", "update", "delete"] as const)[one.operation];
    if (set === undefined || operation === undefined || one.expression !== undefined || one.expressions?.length)
      return null;
    const key = this.#registers.sources(one.key, keyTypes(set), this.#headers);
    const value = one.data === undefined ? [] : this.#registers.sources(one.data, dataTypes(set), this.#headers);
    if (key === null || value === null) return null;
    const timeout = one.timeout === undefined || one.timeout === 0n ? null : Number(one.timeout) / 1000;
    return { kind: "update", operation, set: one.set, key, value, timeout };
  }

  #reject(one: RejectExpression): NetfilterStep | null {
    const text = rejectText(one, this.#headers.network === NFPROTO_IPV6);
    return text === null ? null : { kind: "reject", with: text };
  }
}

function turned(
  source: Cell | undefined,
  { length, size }: Extract<Expression, { readonly kind: "byteorder" }>,
): Cell | undefined {
  if (source?.kind === "field" && length === size && size === source.length)
    return { ...source, ordered: !source.ordered };
  return source?.kind === "hash" && length === 2 && size === 2 ? { ...source, port: true } : undefined;
}

function masked(
  source: Cell | undefined,
  { operation = NFT_BITWISE_MASK_XOR, mask, xor }: Extract<Expression, { readonly kind: "bitwise" }>,
): Cell | undefined {
  // In big-endian byte order, this is how a hash becomes a port.
  if (source?.kind === "hash" && operation === NFT_BITWISE_LSHIFT) return { ...source, port: true };
  if (source?.kind !== "field" || operation !== NFT_BITWISE_MASK_XOR) return undefined;
  return mask === undefined || xor === undefined ? undefined : { kind: "masked", field: source, mask, xor };
}

function limitStep({ rate, unit, burst = 0, type = 0, flags = 0 }: LimitExpression): NetfilterStep | null {
  if (type !== NFT_LIMIT_PKTS) return null;
  const over = (flags & NFT_LIMIT_F_INV) !== 0;
  return { kind: "limit", rate: Number(rate), seconds: Number(unit), burst, over };
}

function logStep({ prefix, group, level, flags, snapLength, queueThreshold }: LogExpression): NetfilterStep | null {
  if (flags || snapLength || queueThreshold) return null;
  return { kind: "log", prefix: prefix ?? null, level: level ?? null, group: group ?? null };
}
