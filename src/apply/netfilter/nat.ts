/** NAT → expressions: addresses and ports go into registers, from where the last expression takes them. Pure. */

import type { NatFlag, NetfilterOperand, NetfilterStep } from "../../model/index.ts";
import {
  type Datatype,
  DATATYPES as T,
  type Expression,
  NF_NAT_RANGE_NETMAP,
  NF_NAT_RANGE_PERSISTENT,
  NF_NAT_RANGE_PROTO_RANDOM,
  NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_NAT_DNAT,
  NFT_NAT_SNAT,
} from "../../netlink/nftables/index.ts";
import { checkRegisters, loadSources, wordsOf } from "./sources.ts";
import type { StepContext } from "./context.ts";
import { CompileError, typeOf, valueBytes, valueRange } from "./values.ts";

type Translation = Extract<NetfilterStep, { readonly kind: "snat" | "dnat" }>;
type Shortcut = Extract<NetfilterStep, { readonly kind: "masquerade" | "redirect" }>;

const FLAGS: Readonly<Record<NatFlag, number>> = {
  random: NF_NAT_RANGE_PROTO_RANDOM,
  "fully-random": NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  persistent: NF_NAT_RANGE_PERSISTENT,
};
/** nft gives every address and every port a quarter of the registers. */
const QUARTER = 4;

export function compileTranslation(step: Translation, context: StepContext): Expression[] {
  const { family, address, port, flags } = step;
  if (address === null && port === null) throw new CompileError("it translates neither addresses nor ports");
  const slots = new Slots(context);
  const min = address && slots.place(address, family === 4 ? T.ipv4 : T.ipv6);
  const ports = port && slots.place(port, T.port);
  const bits = flagBits(flags, port !== null) | (address?.kind === "prefix" ? NF_NAT_RANGE_NETMAP : 0);
  const last: Expression = {
    kind: "nat",
    type: step.kind === "snat" ? NFT_NAT_SNAT : NFT_NAT_DNAT,
    family: family === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6,
    ...(min && { addressMin: min.min, ...(min.max === null ? {} : { addressMax: min.max }) }),
    ...portRegisters(ports),
    ...(bits === 0 ? {} : { flags: bits }),
  };
  return [...slots.expressions, last];
}

export function compileShortcut({ kind, port, flags }: Shortcut, context: StepContext): Expression[] {
  const slots = new Slots(context);
  const registers = portRegisters(port && slots.place(port, T.port));
  const bits = flagBits(flags, port !== null);
  const rest = { ...registers, ...(bits === 0 ? {} : { flags: bits }) };
  return [...slots.expressions, { kind: kind === "masquerade" ? "masq" : "redir", ...rest }];
}

function flagBits(flags: readonly NatFlag[], ports: boolean): number {
  return flags.reduce((sum, flag) => sum | FLAGS[flag], ports ? NF_NAT_RANGE_PROTO_SPECIFIED : 0);
}

interface Placed {
  readonly min: number;
  readonly max: number | null;
}

function portRegisters(ports: Placed | null): { readonly portMin?: number; readonly portMax?: number } {
  if (ports === null) return {};
  return { portMin: ports.min, ...(ports.max === null ? {} : { portMax: ports.max }) };
}

class Slots {
  readonly expressions: Expression[] = [];
  readonly #context: StepContext;
  /** Registers of the results of maps: address and port may be two parts of one result. */
  readonly #answers = new Map<string, number>();
  #next = 0;

  constructor(context: StepContext) {
    this.#context = context;
  }

  place(operand: NetfilterOperand, type: Datatype): Placed {
    switch (operand.kind) {
      case "constant": {
        const min = this.#constant(valueBytes(type, operand.from));
        return { min, max: operand.to === operand.from ? null : this.#constant(valueBytes(type, operand.to)) };
      }
      case "prefix": {
        const { from, to } = valueRange(type, operand.prefix);
        return { min: this.#constant(from), max: this.#constant(to) };
      }
      case "source": {
        const min = this.#next;
        this.expressions.push(...loadSources([operand.source], min));
        this.#take(wordsOf([type]));
        return { min, max: null };
      }
      case "map":
        return { min: this.#lookUp(operand), max: null };
    }
  }

  #constant(value: Uint8Array): number {
    const word = this.#next;
    this.#take(value.length / 4);
    this.expressions.push({ kind: "immediate", destination: word, data: { value } });
    return word;
  }

  #lookUp({ fields, set, part }: Extract<NetfilterOperand, { readonly kind: "map" }>): number {
    const map = this.#context.set(set);
    const types = map.value?.map(typeOf) ?? [];
    if (part >= types.length)
      throw new CompileError(`map ${set} gives ${types.length} values, and no number ${part + 1}`);
    const key = JSON.stringify([set, fields]);
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = this.#next;
      this.expressions.push(...loadSources(fields, answer, map.interval));
      this.expressions.push({ kind: "lookup", set, ...this.#context.setId(set), source: answer, destination: answer });
      this.#take(wordsOf(types));
      this.#answers.set(key, answer);
    }
    return answer + wordsOf(types.slice(0, part));
  }

  #take(words: number): void {
    checkRegisters(this.#next, Math.ceil(words));
    this.#next += Math.ceil(words / QUARTER) * QUARTER;
  }
}
