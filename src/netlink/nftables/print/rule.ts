import * as C from "../constants.ts";
import type {
  CmpExpression,
  CtExpression,
  DynsetExpression,
  Expression,
  HashExpression,
  ImmediateExpression,
  LookupExpression,
  NatExpression,
  PayloadExpression,
  Register,
} from "../expression-types.ts";
import type { RulesetSet } from "../ruleset.ts";
import type { RuleMessage } from "../types.ts";
import { commentOf } from "../user-data.ts";
import { writeElements, writeTime, writeVerdict } from "./elements.ts";
import { CT, META, TRANSPORTS } from "./fields.ts";
import { writeFib, writeLimit, writeLog, writeNatFlags, writeOpaque, writeQueue, writeReject } from "./statements.ts";
import {
  bitwiseTerm,
  exthdrTerm,
  leadingBits,
  maskedField,
  placeOf,
  placeTerm,
  shiftDown,
  type Term,
  valueText,
} from "./terms.ts";
import { type Datatype, TYPES, typesOf, writeBits, writeValue, numberOf } from "./values.ts";
import { NFPROTO_ARP, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6 } from "../../constants.ts";

const OPERATORS = ["", "!= ", "< ", "<= ", "> ", ">= "];
const NETWORKS: ReadonlyMap<number, string> = new Map([
  [NFPROTO_IPV4, "ip"],
  [NFPROTO_ARP, "arp"],
  [NFPROTO_IPV6, "ip6"],
]);

/** A rule as text: its expressions run with names instead of values. */
export function printRule(rule: RuleMessage, sets: ReadonlyMap<string, RulesetSet>): string {
  const printer = new RulePrinter(rule.family, sets);
  printer.run(rule.expressions ?? []);
  const comment = commentOf(rule.userData);
  return [...printer.statements(), ...(comment === undefined ? [] : [`comment "${comment}"`])].join(" ");
}

/** The text of some expressions of a rule, behind others. */
export function printPart(
  before: readonly Expression[],
  part: readonly Expression[],
  family: number,
  sets: ReadonlyMap<string, RulesetSet>,
): string {
  const printer = new RulePrinter(family, sets);
  printer.run(before);
  const already = printer.length;
  printer.run(part);
  return printer.statements(already).join(" ");
}

class RulePrinter {
  readonly #family: number;
  readonly #sets: ReadonlyMap<string, RulesetSet>;
  readonly #registers = new Map<Register, Term>();
  #out: (string | null)[] = [];
  /** Headers that the packet must have, as far as is known. */
  #network: string | undefined;
  #transport: string | undefined;
  /** Where in #out a statement only makes sure of such a header: it goes without saying once a field of that is named. */
  readonly #implied = new Map<"link" | "network" | "transport", number>();

  constructor(family: number, sets: ReadonlyMap<string, RulesetSet>) {
    this.#family = family;
    this.#sets = sets;
    this.#network = NETWORKS.get(family);
  }

  /** Those from `from` on. */
  statements(from = 0): string[] {
    return this.#out.slice(from).filter((one) => one !== null);
  }

  get length(): number {
    return this.#out.length;
  }

  run(expressions: readonly Expression[]): void {
    for (let at = 0; at < expressions.length; at++) {
      if (this.addRange(expressions[at]!, expressions[at + 1])) at++;
      else this.add(expressions[at]!);
    }
  }

  /** nft sends `from-to` as two comparisons; false when these two are something else. */
  addRange(low: Expression, high: Expression | undefined): boolean {
    if (low.kind !== "cmp" || high?.kind !== "cmp" || low.source !== high.source) return false;
    if (low.operation !== C.NFT_CMP_GTE || high.operation !== C.NFT_CMP_LTE) return false;
    this.#range(low.source, "", low.value, high.value);
    return true;
  }

  add(one: Expression): void {
    switch (one.kind) {
      case "meta":
        this.#keyed(META.get(one.key) ?? [`meta key-${one.key}`, TYPES.integer], one);
        break;
      case "ct":
        this.#keyed(ctKey(one), one);
        break;
      case "payload":
        this.#payload(one);
        break;
      case "rt":
        this.#registers.set(one.destination, {
          text: one.key === C.NFT_RT_TCPMSS ? "rt mtu" : `rt key-${one.key}`,
          type: TYPES.integer,
        });
        break;
      case "fib":
        this.#registers.set(one.destination, { text: writeFib(one), type: fibType(one.result, one.flags) });
        break;
      case "exthdr":
        this.#keyed([exthdrTerm(one).text, exthdrTerm(one).type], one);
        break;
      case "immediate":
        this.#immediate(one);
        break;
      case "byteorder": {
        const term = this.#registers.get(one.source);
        if (term) this.#registers.set(one.destination, { ...term, host: !(term.host ?? term.type.host ?? false) });
        break;
      }
      case "hash":
        this.#registers.set(one.destination, this.#hash(one));
        break;
      case "bitwise":
        this.#registers.set(one.destination, bitwiseTerm(this.#term(one.source), one));
        break;
      case "cmp":
        this.#compare(one);
        break;
      case "range":
        this.#range(one.source, one.operation === C.NFT_RANGE_NEQ ? "!= " : "", one.from, one.to);
        break;
      case "lookup":
        this.#lookup(one);
        break;
      case "dynset":
        this.#dynset(one);
        break;
      case "nat":
        this.#nat(one);
        break;
      case "masq":
        this.#say(`masquerade${this.#ports(one, " to :")}${writeNatFlags(one.flags)}`);
        break;
      case "redir":
        this.#say(`redirect${this.#ports(one, " to :")}${writeNatFlags(one.flags)}`);
        break;
      case "counter":
        this.#say(`counter packets ${one.packets ?? 0n} bytes ${one.bytes ?? 0n}`);
        break;
      case "limit":
        this.#say(writeLimit(one));
        break;
      case "log":
        this.#say(writeLog(one));
        break;
      case "queue":
        this.#say(writeQueue(one));
        break;
      case "notrack":
        this.#say("notrack");
        break;
      case "reject":
        if (one.type === C.NFT_REJECT_ICMP_UNREACH) this.#unsay("network");
        this.#say(writeReject(one, this.#network === "ip6" ? NFPROTO_IPV6 : NFPROTO_IPV4));
        break;
      case "opaque":
        // It may have written to any register.
        this.#registers.clear();
        this.#say(writeOpaque(one));
        break;
    }
  }

  #say(text: string): void {
    this.#out.push(text);
  }

  #unsay(layer: "link" | "network" | "transport"): void {
    const index = this.#implied.get(layer);
    if (index !== undefined) this.#out[index] = null;
    this.#implied.delete(layer);
  }

  #term(register: Register): Term {
    return this.#registers.get(register) ?? { text: `reg ${register}`, type: TYPES.integer };
  }

  #keyed([text, type]: readonly [string, Datatype], one: { source?: Register; destination?: Register }): void {
    if (one.source === undefined) this.#registers.set(one.destination ?? 0, { text, type });
    else this.#say(`${text} set ${valueText(this.#registers.get(one.source), type, one.source)}`);
  }

  #payload(one: PayloadExpression): void {
    const place = placeOf(one, this.#header(one.base));
    if (one.source === undefined) {
      this.#registers.set(one.destination ?? 0, placeTerm(place));
      return;
    }
    const term = this.#registers.get(one.source);
    const { text, type } = placeTerm(place);
    // Read, changed in some bits and written back: it is the field of those bits that is set.
    const inverse = term?.place && term.mask?.map((byte) => ~byte & 0xff);
    const found = inverse && maskedField(place, inverse);
    if (found) {
      const value = writeValue(found.field.type, shiftDown(term.xor!, found.shift, found.field));
      this.#say(`${place.header} ${found.field.name} set ${value}`);
    } else this.#say(`${text} set ${valueText(term, type, one.source)}`);
  }

  /** The header at a base; naming a field of it says what an earlier statement made sure of. */
  #header(base: number): string | undefined {
    if (base === C.NFT_PAYLOAD_LL_HEADER) {
      this.#unsay("link");
      return "ether";
    }
    if (base === C.NFT_PAYLOAD_NETWORK_HEADER) {
      this.#unsay("network");
      return this.#network;
    }
    if (base !== C.NFT_PAYLOAD_TRANSPORT_HEADER) return undefined;
    this.#unsay("transport");
    if (this.#transport?.startsWith("icmp")) this.#unsay("network");
    return this.#transport ?? "th";
  }

  #immediate({ destination, data }: ImmediateExpression): void {
    if (data.verdict !== undefined) this.#say(writeVerdict(data.verdict));
    else this.#registers.set(destination, { text: "", type: TYPES.integer, bytes: data.value ?? new Uint8Array() });
  }

  #compare({ source, operation, value }: CmpExpression): void {
    const term = this.#term(source);
    const operator = OPERATORS[operation] ?? "? ";
    this.#say(compareText(term, operation, operator, value));
    if (operation === C.NFT_CMP_EQ && term.mask === undefined) this.#learn(term, value);
  }

  /** What a comparison implies about the headers. */
  #learn({ text, type }: Term, value: Uint8Array): void {
    const number = Number(numberOf(value, type.host));
    const here = this.#out.length - 1;
    if (text === "iiftype" && number === 1) this.#implied.set("link", here);
    const network =
      text === "meta nfproto"
        ? NETWORKS.get(number)
        : text === "meta protocol" || text === "ether type"
          ? type.names?.get(number)
          : undefined;
    if (network !== undefined) {
      this.#network = network;
      if (text !== "ether type") this.#implied.set("network", here);
    }
    if (text !== "meta l4proto" && text !== "ip protocol" && text !== "ip6 nexthdr") return;
    this.#transport = TRANSPORTS.get(number) ?? "th";
    if (text === "meta l4proto") this.#implied.set("transport", here);
  }

  #range(source: Register, operator: string, from: Uint8Array, to: Uint8Array): void {
    const { text, type, host } = this.#term(source);
    const write = (value: Uint8Array): string => writeValue(type, value, host ?? type.host);
    this.#say(`${text} ${operator}${write(from)}-${write(to)}`);
  }

  /** The text of a key in one register, or in several in a row. */
  #key(set: RulesetSet | undefined, source: Register): string {
    const types = typesOf(set?.set.keyType ?? 0);
    if (types.length === 1 || typeof source !== "number") return this.#term(source).text;
    let word = source;
    return types
      .map(({ size }) => {
        const { text } = this.#term(word);
        word += Math.ceil((size || 4) / 4);
        return text;
      })
      .join(" . ");
  }

  #hash({ type, source, length = 0, modulus, seed, offset = 0 }: HashExpression): Term {
    const rest = `mod ${modulus}${seed === undefined ? "" : ` seed 0x${seed.toString(16)}`}`;
    const parts: string[] = [];
    const first = typeof source === "number" ? source : 16;
    for (let word = first; word < Math.min(16, first + Math.ceil(length / 4));) {
      const { text, type } = this.#term(word);
      parts.push(text);
      word += Math.max(1, Math.ceil(type.size / 4));
    }
    const what = type === C.NFT_HASH_SYM ? "symhash" : `jhash ${parts.join(" . ")}`;
    return {
      text: `${what} ${rest}${offset === 0 ? "" : ` offset ${offset}`}`,
      type: { ...TYPES.integer, host: true },
    };
  }

  #lookup(one: LookupExpression): void {
    const set = this.#sets.get(one.set);
    const anonymous = set !== undefined && ((set.set.flags ?? 0) & C.NFT_SET_ANONYMOUS) !== 0;
    const what = anonymous ? `{ ${writeElements(set).join(", ")} }` : `@${one.set}`;
    const key = this.#key(set, one.source);
    if (one.destination === undefined) this.#say(`${key} ${(one.flags ?? 0) & C.NFT_LOOKUP_F_INV ? "!= " : ""}${what}`);
    else if (one.destination === "verdict") this.#say(`${key} vmap ${what}`);
    else {
      const types = typesOf(set?.set.dataType ?? 0);
      for (let word = 0; word < 4; word++) this.#registers.delete(one.destination + word);
      this.#registers.set(one.destination, { text: `${key} map ${what}`, type: types[0]!, parts: types.length });
    }
  }

  #dynset(one: DynsetExpression): void {
    const verb = ["add", "update", "delete"][one.operation] ?? `op-${one.operation}`;
    const inner = new RulePrinter(this.#family, this.#sets);
    for (const part of one.expressions ?? (one.expression === undefined ? [] : [one.expression])) inner.add(part);
    const parts = [this.#key(this.#sets.get(one.set), one.key)];
    if (one.timeout !== undefined && one.timeout !== 0n) parts.push(`timeout ${writeTime(one.timeout)}`);
    parts.push(...inner.statements());
    if (one.data !== undefined) parts.push(`: ${this.#term(one.data).text}`);
    this.#say(`${verb} @${one.set} { ${parts.join(" ")} }`);
  }

  #nat(one: NatExpression): void {
    const type = one.family === NFPROTO_IPV6 ? TYPES.ipv6 : TYPES.ipv4;
    const write = (register: Register): string => valueText(this.#registers.get(register), type, register);
    let to = "";
    let several = false;
    if (one.addressMin !== undefined) {
      const first = this.#registers.get(one.addressMin);
      several = (first?.parts ?? 1) > 1;
      to = write(one.addressMin);
      const { addressMax } = one;
      if (addressMax !== undefined && addressMax !== one.addressMin) to += `-${write(addressMax)}`;
      // An address with colons must be separated from the port.
      if (type === TYPES.ipv6 && one.portMin !== undefined && first?.bytes !== undefined) to = `[${to}]`;
    }
    if (!several) to += this.#ports(one, ":");
    const word = one.type === C.NFT_NAT_SNAT ? "snat" : "dnat";
    const family = this.#family === NFPROTO_INET || several ? (one.family === NFPROTO_IPV6 ? " ip6" : " ip") : "";
    this.#say(`${word}${to === "" ? "" : `${family} to ${to}`}${writeNatFlags(one.flags)}`);
  }

  #ports({ portMin, portMax }: { portMin?: Register; portMax?: Register }, before: string): string {
    if (portMin === undefined) return "";
    const write = (register: Register): string => valueText(this.#registers.get(register), TYPES.port, register);
    const last = portMax === undefined || portMax === portMin ? "" : `-${write(portMax)}`;
    return `${before}${write(portMin)}${last}`;
  }
}

function ctKey({ key, direction }: CtExpression): readonly [string, Datatype] {
  const [text, type] = CT.get(key) ?? [`key-${key}`, TYPES.integer];
  return [`ct ${direction === undefined ? "" : direction === 0 ? "original " : "reply "}${text}`, type];
}

function fibType(result: number, flags: number): Datatype {
  if (flags & C.NFTA_FIB_F_PRESENT) return TYPES.boolean;
  if (result === C.NFT_FIB_RESULT_ADDRTYPE) return TYPES.addressType;
  return result === C.NFT_FIB_RESULT_OIFNAME ? TYPES.interfaceName : TYPES.interfaceIndex;
}

function compareText(term: Term, operation: number, operator: string, value: Uint8Array): string {
  const { text, type, mask, masked, prefix } = term;
  const host = term.host ?? type.host ?? false;
  const padded = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    bytes.set(value.subarray(0, length));
    return bytes;
  };
  if (prefix !== undefined) return `${text} ${operator}${writeValue(type, padded(type.size))}/${prefix}`;
  if (mask === undefined || masked === undefined) return `${text} ${operator}${writeValue(type, value, host)}`;
  const bits = Number(numberOf(value, host));
  if (type.bits !== undefined) {
    const kept = Number(numberOf(mask, host));
    const flags = writeBits(type.bits, kept, ",");
    if (bits === 0) return `${masked.text} ${operation === C.NFT_CMP_NEQ ? "" : "! "}${flags}`;
    return `${masked.text} ${operator}${writeBits(type.bits, bits, ",")} / ${flags}`;
  }
  const found = term.place && maskedField(term.place, mask);
  if (found && term.place?.header !== undefined && found.field.length !== mask.length * 8) {
    const shifted = shiftDown(value, found.shift, found.field);
    return `${term.place.header} ${found.field.name} ${operator}${writeValue(found.field.type, shifted)}`;
  }
  const length = leadingBits(mask);
  if (length !== undefined && (type === TYPES.ipv4 || type === TYPES.ipv6))
    return `${masked.text} ${operator}${writeValue(type, value)}/${length}`;
  return `${text} ${operation === C.NFT_CMP_EQ ? "== " : operator}${writeValue(type, value, host)}`;
}
