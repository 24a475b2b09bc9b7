/**
 * What the NAT chains of tables would make of a connection. Of conditions that cannot be known afterwards (marks, limits, sets
 * that rules fill, what a model has no words for) it is noted that they decide, and both ways are followed. Pure.
 */

import { stableJson } from "../../../model/index.ts";
import type {
  NetfilterChain,
  NetfilterOperand,
  NetfilterRule,
  NetfilterSet,
  NetfilterSource,
  NetfilterStep,
  NetfilterTable,
} from "../../../model/index.ts";
import { sourceType } from "../sources.ts";
import { compareBytes } from "../../../netlink/nftables/index.ts";
import type { Datatype } from "../../../netlink/nftables/index.ts";
import { namePrefix, typeOf, valueRange } from "../values.ts";
import { type Endpoints, fieldText, type Packet, type Passage } from "./packet.ts";

/** true, false, or null: not known. */
type Truth = boolean | null;
type Hook = "prerouting" | "input" | "output" | "postrouting";

/** What was found on the way, in order; equal lists mean that nothing is translated otherwise. */
export type Trace = string[];

/** Runs the chains of a hook; the packet is changed as they say. `actual`: where the connection really went. */
export function runHook(
  tables: readonly NetfilterTable[],
  hook: Hook,
  packet: Packet,
  passage: Passage,
  actual: Endpoints | null,
): Trace {
  const trace: Trace = [];
  const chains = tables.flatMap((table) =>
    table.chains.flatMap((chain) => (chain.base?.hook === hook && chain.base.type === "nat" ? [{ table, chain }] : [])),
  );
  chains.sort((a, b) => a.chain.base!.priority - b.chain.base!.priority);
  for (const { table, chain } of chains) {
    const run = new Run(table, packet, passage, actual, trace);
    // The first chain that translates is the last; a packet that is let through goes on to the next.
    if (run.chain(chain, false) === "translated") break;
  }
  return trace;
}

type Outcome = "through" | "returned" | "accepted" | "translated";
const MOST_JUMPS = 16;

class Run {
  readonly #table: NetfilterTable;
  readonly #packet: Packet;
  readonly #passage: Passage;
  readonly #actual: Endpoints | null;
  readonly #trace: Trace;
  #depth = 0;

  constructor(table: NetfilterTable, packet: Packet, passage: Passage, actual: Endpoints | null, trace: Trace) {
    this.#table = table;
    this.#packet = packet;
    this.#passage = passage;
    this.#actual = actual;
    this.#trace = trace;
  }

  /** `perhaps`: whether the packet comes here at all is not known. */
  chain({ rules }: NetfilterChain, perhaps: boolean): Outcome {
    for (const rule of rules) {
      const outcome = this.#rule(rule, perhaps);
      if (outcome !== "through") return outcome;
    }
    return "through";
  }

  #rule({ steps }: NetfilterRule, perhaps: boolean): Outcome {
    const open: NetfilterStep[] = [];
    for (const step of steps) {
      const truth = this.#condition(step);
      if (truth === false) return "through";
      if (truth === null) open.push(step);
      if (truth !== "verdict") continue;
      const outcome = this.#verdict(step, open, perhaps);
      if (outcome !== "missed") return outcome;
      return "through";
    }
    return "through";
  }

  #condition(step: NetfilterStep): Truth | "verdict" {
    switch (step.kind) {
      case "match":
        return this.#match(step);
      case "lookup":
        return this.#lookup(step);
      case "limit":
      case "opaque":
        return null;
      case "counter":
      case "log":
      case "set":
      case "update":
      case "notrack":
        return true;
      default:
        return "verdict";
    }
  }

  #verdict(step: NetfilterStep, open: readonly NetfilterStep[], perhaps: boolean): Outcome | "missed" {
    const unsure = perhaps || open.length > 0;
    switch (step.kind) {
      case "snat":
      case "dnat":
      case "masquerade":
      case "redirect":
        return this.#translate(step, open, unsure);
      case "jump":
      case "goto":
        return this.#jump(step, open, unsure);
      default:
        return this.#end(step, open, unsure);
    }
  }

  /** accept, drop, return, reject; and verdict maps, of which is only known that they decide. */
  #end(step: NetfilterStep, open: readonly NetfilterStep[], unsure: boolean): Outcome {
    if (unsure || step.kind === "verdict-map") {
      this.#note({ perhaps: open, step });
      return "through";
    }
    if (step.kind === "return") return "returned";
    if (step.kind !== "accept") this.#note({ step });
    return "accepted";
  }

  #jump(
    step: Extract<NetfilterStep, { readonly kind: "jump" | "goto" }>,
    open: readonly NetfilterStep[],
    unsure: boolean,
  ): Outcome {
    const target = this.#table.chains.find(({ name }) => name === step.chain);
    if (target === undefined || this.#depth >= MOST_JUMPS) return "through";
    if (open.length > 0) this.#note({ perhaps: open });
    this.#depth++;
    const outcome = this.chain(target, unsure);
    this.#depth--;
    if (open.length > 0) this.#note({ end: step.kind });
    if (unsure) return "through";
    if (outcome === "accepted" || outcome === "translated") return outcome;
    return step.kind === "goto" ? "returned" : "through";
  }

  #translate(
    step: Extract<NetfilterStep, { readonly kind: "snat" | "dnat" | "masquerade" | "redirect" }>,
    open: readonly NetfilterStep[],
    unsure: boolean,
  ): Outcome | "missed" {
    const [address, port] = ["address" in step ? step.address : null, step.port].map(
      (one) => one && this.#operand(one),
    );
    if (address === "missed" || port === "missed") return "missed";
    const vague = unsure || address === "unknown" || port === "unknown";
    const result = { kind: step.kind, address: address ?? null, port: port ?? null, flags: step.flags };
    // A masquerade has the address of the interface.
    const by = step.kind === "masquerade" ? { by: this.#passage.output } : {};
    this.#note({ ...(open.length > 0 && { perhaps: open }), ...result, ...by, ...(vague && { step }) });
    if (step.kind === "dnat" || step.kind === "redirect") this.#redirect(step.kind, address, port, vague);
    return vague ? "through" : "translated";
  }

  /** Where the packet goes from here; if rules leave that open, where it did go. */
  #redirect(kind: "dnat" | "redirect", address: unknown, port: unknown, vague: boolean): void {
    const { now } = this.#packet;
    if (vague || kind === "redirect" || typeof address !== "object" || address === null) {
      if (this.#actual === null) return;
      const { source: destination, sourcePort: destinationPort } = this.#actual;
      if (destination === now.destination && destinationPort === now.destinationPort) return;
      this.#packet.now = { ...now, destination, destinationPort };
      this.#packet.redirected = true;
      return;
    }
    const to = (one: unknown): string | null =>
      typeof one === "object" && one !== null && "from" in one && "to" in one && one.from === one.to
        ? String(one.from)
        : null;
    const destination = to(address) ?? this.#actual?.source ?? now.destination;
    const given = port === null ? null : to(port);
    const destinationPort = given === null ? now.destinationPort : Number(given);
    this.#packet.now = { ...now, destination, destinationPort };
    this.#packet.redirected = true;
  }

  /** What an operand comes to; "missed": its map has nothing for the packet, so that the rule does not apply. */
  #operand(operand: NetfilterOperand): object | "missed" | "unknown" {
    switch (operand.kind) {
      case "constant":
        return { from: operand.from, to: operand.to };
      case "prefix":
        return operand;
      case "source": {
        const { source } = operand;
        const text = typeof source === "string" ? fieldText(source, this.#packet, this.#passage) : undefined;
        return typeof text === "string" ? { from: text, to: text } : operand;
      }
      case "map": {
        const set = this.#set(operand.set);
        if (set === undefined || set.dynamic) return "unknown";
        const found = find(set, this.#texts(operand.fields));
        if (found === null) return "unknown";
        const text = found?.[operand.part];
        return text === undefined ? "missed" : { from: text, to: text };
      }
    }
  }

  #match(step: Extract<NetfilterStep, { readonly kind: "match" }>): Truth {
    const texts = this.#texts(step.fields);
    if (texts.some((text) => text === undefined)) return false;
    const types = step.fields.map(sourceType);
    const [only] = types;
    if (only?.bits !== undefined && types.length === 1) {
      if (texts[0] === null) return null;
      return step.values.some((value) => value === texts[0]) !== step.not;
    }
    const truth = any(
      step.values.map((value) => fits(types, types.length === 1 ? [value] : value.split(" . "), texts)),
    );
    return truth === null ? null : truth !== step.not;
  }

  #lookup(step: Extract<NetfilterStep, { readonly kind: "lookup" }>): Truth {
    const set = this.#set(step.set);
    if (set === undefined || set.dynamic) return null;
    const texts = this.#texts(step.fields);
    if (texts.some((text) => text === undefined)) return false;
    const found = find(set, texts);
    return found === null ? null : (found !== undefined) !== step.not;
  }

  #texts(sources: readonly NetfilterSource[]): (string | null | undefined)[] {
    return sources.map((source) =>
      typeof source === "string" ? fieldText(source, this.#packet, this.#passage) : null,
    );
  }

  #set(name: string): NetfilterSet | undefined {
    return this.#table.sets.find((set) => set.name === name);
  }

  #note(what: object): void {
    this.#trace.push(stableJson(what));
  }
}

/** One is true: true; else one is not known: not known. */
function any(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(null) ? null : false;
}

/** What an element has for the packet ([] in a set); undefined: no element fits; null: that is not known. */
function find(set: NetfilterSet, texts: readonly (string | null | undefined)[]): readonly string[] | undefined | null {
  if (texts.some((text) => text === undefined)) return undefined;
  const types = set.key.map(typeOf);
  let unknown = false;
  for (const { key, value } of set.elements) {
    const truth = fits(types, key, texts);
    if (truth === true) return value ?? [];
    if (truth === null) unknown = true;
  }
  return unknown ? null : undefined;
}

function fits(
  types: readonly Datatype[],
  patterns: readonly string[],
  texts: readonly (string | null | undefined)[],
): Truth {
  let truth: Truth = true;
  for (const [i, pattern] of patterns.entries()) {
    const text = texts[i];
    if (text === null || text === undefined) truth = null;
    else if (!isIn(types[i]!, pattern, text)) return false;
  }
  return truth;
}

function isIn(type: Datatype, pattern: string, text: string): boolean {
  if (pattern === text) return true;
  if (namePrefix(type, pattern) !== null) return text.startsWith(pattern.slice(0, -1));
  if (text === "" || !/[-/]/.test(pattern)) return false;
  const [range, value] = [valueRange(type, pattern), valueRange(type, text).from];
  return compareBytes(range.from, value) <= 0 && compareBytes(value, range.to) <= 0;
}
