/** What the statements of NAT make of the first packet of a connection: new addresses and ports, and so where answers come from. */

import { networkOf, parseAddress, formatAddress, parsePrefix } from "../model/index.ts";
import type { Family, NatFlag, NetfilterOperand, NetfilterStep } from "../model/index.ts";
import { fieldWords, read } from "./fields.ts";
import { inverse, type Passage, tupleOf } from "./passage.ts";
import type { CompiledSet } from "./sets.ts";
import type { RuleRef } from "./types.ts";
import { ordinal } from "./values.ts";

export type Translation = Extract<NetfilterStep, { readonly kind: "snat" | "dnat" | "masquerade" | "redirect" }>;

/** What an operand comes to: from … to, or null for what is not known. */
interface Target {
  readonly range: { readonly from: string; readonly to: string } | null;
  readonly text: string;
}

export type Result =
  | { readonly kind: "translated" }
  /** A map has nothing for the packet: the rule does not apply. */
  | { readonly kind: "missed" }
  /** It is of the other IP version: as if it were not there. */
  | { readonly kind: "other-version" }
  | { readonly kind: "no-address"; readonly link: string };

const single = (text: string): Target => ({ range: { from: text, to: text }, text });

/** Carries out a statement at the end of a rule. */
export function translate(
  step: Translation,
  at: RuleRef,
  sets: ReadonlyMap<string, CompiledSet>,
  passage: Passage,
): Result {
  const { packet, hook } = passage;
  if ("family" in step && step.family !== packet.family) return { kind: "other-version" };
  const part = step.kind === "snat" || step.kind === "masquerade" ? "source" : "destination";
  const port = step.port === null ? null : operand(step.port, sets, passage, packet[`${part}Port`]);
  if (port === "missed") return { kind: "missed" };
  const address = addressOf(step, part, sets, passage);
  if (address === "missed") return { kind: "missed" };
  if (address !== null && "link" in address) return { kind: "no-address", link: address.link };
  const words = [step.kind, ...(address ? [address.text] : []), ...(port ? [`port ${port.text}`] : []), ...step.flags];
  passage.trace?.push({ kind: "nat", hook, at, action: words.join(" ") });
  apply(part, address, port, step.flags, passage, words.join(" "));
  return { kind: "translated" };
}

function addressOf(
  step: Translation,
  part: "source" | "destination",
  sets: ReadonlyMap<string, CompiledSet>,
  passage: Passage,
): Target | null | "missed" | { readonly link: string } {
  const { packet, hook, input, output, routing } = passage;
  if (step.kind === "snat" || step.kind === "dnat")
    return step.address === null ? null : operand(step.address, sets, passage, packet[part]);
  if (step.kind === "redirect" && hook === "output") return single(packet.family === 4 ? "127.0.0.1" : "::1");
  const link = step.kind === "masquerade" ? output : input;
  if (link === null) return { range: null, text: "an address of the link" };
  const found =
    step.kind === "masquerade"
      ? routing.masquerade(link, packet.destination, passage)
      : routing.redirect(link, passage);
  if (found === null) return { range: null, text: `an address of ${link}` };
  if (found.length === 0) return { link };
  return found.length === 1 ? single(found[0]!) : { range: null, text: `one of ${found.join(", ")}` };
}

function operand(
  from: NetfilterOperand,
  sets: ReadonlyMap<string, CompiledSet>,
  passage: Passage,
  now: string | number | null,
): Target | "missed" {
  switch (from.kind) {
    case "constant":
      return { range: from, text: from.from === from.to ? from.from : `${from.from}-${from.to}` };
    case "prefix": {
      const mapped = now === null ? null : inPrefix(from.prefix, String(now));
      return mapped === null ? { range: null, text: from.prefix } : single(mapped);
    }
    case "source": {
      const value = read(from.source, passage);
      if (value === undefined) return "missed";
      return value === null ? { range: null, text: fieldWords([from.source]) } : single(value);
    }
    case "map":
      return inMap(from, sets, passage);
  }
}

function inMap(
  { fields, set: name, part }: Extract<NetfilterOperand, { readonly kind: "map" }>,
  sets: ReadonlyMap<string, CompiledSet>,
  passage: Passage,
): Target | "missed" {
  const set = sets.get(name);
  const values = fields.map((field) => read(field, passage));
  if (values.includes(undefined)) return "missed";
  const texts = values as (string | null)[];
  const what = `map ${name} has something for ${fieldWords(fields)}`;
  if (set !== undefined && !set.dynamic && !texts.includes(null)) {
    const text = set.find(texts as string[])?.[part];
    return text === undefined ? "missed" : single(text);
  }
  if (set !== undefined && !set.dynamic && !set.canHave(texts)) return "missed";
  const dynamic = set?.dynamic ?? true;
  const choice = { kind: "unknown", options: 2, key: what, reason: `whether ${what}`, dynamic } as const;
  return passage.choices.take(choice) === 1 ? "missed" : { range: null, text: `what map ${name} has` };
}

/** The bits behind the prefix stay. */
function inPrefix(text: string, address: string): string | null {
  const [prefix, old] = [parsePrefix(text), parseAddress(address)];
  if (prefix === null || old === null || prefix.family !== old.family) return null;
  const host = old.value - networkOf(old, prefix.length).value;
  return formatAddress({ family: prefix.family, value: prefix.value + host });
}

/** Changes the packet, and what answers must look like. */
function apply(
  part: "source" | "destination",
  address: Target | null,
  port: Target | null,
  flags: readonly NatFlag[],
  passage: Passage,
  words: string,
): void {
  const { packet, actual, reasons } = passage;
  const random = flags.includes("random") || flags.includes("fully-random");
  const portKey = `${part}Port` as const;
  const now = packet[portKey];
  const keeps = address === null || staysIn(part, address, port, packet[part], now, random, packet.family);
  const newAddress = keeps
    ? packet[part]
    : (exact(address) ?? (part === "destination" ? (actual?.source ?? null) : null));
  const newPort = now === null ? null : portOf(part, port, now, random, actual?.sourcePort ?? null);
  if (newAddress === null) reasons.set(part, `which address "${words}" chooses`);
  if (newPort === null) reasons.set(portKey, `which port "${words}" chooses`);
  passage.packet = { ...packet, [part]: newAddress, [portKey]: newPort };
  const connection = passage.tracking?.connection;
  if (connection) passage.tracking!.connection = { ...connection, reply: inverse(tupleOf(passage.packet)) };
}

function exact(target: Target): string | null {
  return target.range !== null && target.range.from === target.range.to ? target.range.from : null;
}

/** A source that is in the range already stays, with its port. */
function staysIn(
  part: "source" | "destination",
  { range }: Target,
  port: Target | null,
  address: string | null,
  now: number | null,
  random: boolean,
  family: Family,
): boolean {
  if (part === "destination" || random || range === null || address === null) return false;
  const type = family === 4 ? "ipv4_addr" : "ipv6_addr";
  const [value, first, last] = [address, range.from, range.to].map((text) => ordinal(type, text));
  if (value == null || first == null || last == null || value < first || value > last) return false;
  return port === null || now === null || isIn(now, port);
}

function isIn(port: number, { range }: Target): boolean {
  return range !== null && Number(range.from) <= port && port <= Number(range.to);
}

function portOf(
  part: "source" | "destination",
  port: Target | null,
  now: number,
  random: boolean,
  actual: number | null,
): number | null {
  if (port === null) return random && part === "source" ? null : now;
  const fixed = exact(port);
  if (fixed !== null) return Number(fixed);
  if (isIn(now, port) && !random) return now;
  // For destinations the kernel begins with the first of the range; for sources anywhere.
  if (part === "source") return null;
  return port.range !== null && !random ? Number(port.range.from) : actual;
}
