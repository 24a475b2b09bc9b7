/** Steps of rules, compiled: what each asks of a packet or does to it. */

import type { NetfilterSource, NetfilterStep } from "../model/index.ts";
import { fieldWords, type FieldValue, hasBits, isBits, read, typeOf } from "./fields.ts";
import { translate } from "./nat.ts";
import { decide, type Passage, Undetermined } from "./passage.ts";
import { CompiledSet } from "./sets.ts";
import type { RuleRef } from "./types.ts";

/** What ends a rule, and perhaps the way through its chain. */
export type Verdict =
  | { readonly kind: "accept" }
  | { readonly kind: "drop" }
  | { readonly kind: "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string }
  | { readonly kind: "reject"; readonly with: string }
  | { readonly kind: "translated" }
  | { readonly kind: "no-address"; readonly link: string };

/** `next`: go on with the next step; `miss`: the rule does not match. */
export type Effect = "next" | "miss" | Verdict;
export type CompiledStep = (passage: Passage) => Effect;
export type Sets = ReadonlyMap<string, CompiledSet>;

const next: CompiledStep = () => "next";

export function compileStep(step: NetfilterStep, at: RuleRef, sets: Sets): CompiledStep {
  switch (step.kind) {
    case "match":
      return compileMatch(step);
    case "lookup":
      return compileLookup(step, sets);
    case "verdict-map":
      return compileVerdictMap(step, sets);
    case "counter":
    case "log":
      return next;
    case "limit": {
      const { rate, seconds, over } = step;
      const what = `the rate is ${over ? "above" : "within"} ${rate} packets in ${seconds} s`;
      return ({ choices }) => (decide(null, what, choices) ? "next" : "miss");
    }
    case "update":
      return compileUpdate(step);
    case "set":
      return step.field === "mark" ? setMark(step.value) : setConnectionMark(step.value);
    case "notrack":
      return (passage) => {
        const { tracking } = passage;
        if (tracking === null) passage.untracked = true;
        // Later on it is only for what belongs to no connection.
        else if (tracking.connection === null) passage.tracking = { ...tracking, state: "untracked" };
        return "next";
      };
    case "snat":
    case "dnat":
    case "masquerade":
    case "redirect":
      return (passage) => {
        const result = translate(step, at, sets, passage);
        if (result.kind === "missed") return "miss";
        return result.kind === "other-version" ? "next" : result;
      };
    case "accept":
    case "drop":
    case "return":
    case "jump":
    case "goto":
      return () => step;
    case "reject":
      return ({ packet }) =>
        // A reset answers TCP only.
        step.with === "tcp reset" && packet.protocol !== null && packet.protocol !== "tcp" && packet.protocol !== "6"
          ? { kind: "drop" }
          : step;
    case "opaque":
      return compileOpaque(step.text, at);
  }
}

/** null for what is not known; undefined when the packet lacks a field, so that nothing holds. */
function valuesOf(fields: readonly NetfilterSource[], passage: Passage): readonly (string | null)[] | undefined {
  const values: FieldValue[] = fields.map((field) => read(field, passage));
  return values.includes(undefined) ? undefined : (values as (string | null)[]);
}

function compileMatch({ fields, not, values }: Extract<NetfilterStep, { kind: "match" }>): CompiledStep {
  const what = `${fieldWords(fields)} is ${not ? "none of " : ""}${values.join(", ")}`;
  const [only] = fields;
  if (only !== undefined && fields.length === 1 && isBits(only)) {
    const bits = values.flatMap((value) => value.split(","));
    return (passage) => {
      const truth = hasBits(only, bits, passage);
      if (truth === undefined) return "miss";
      return decide(truth === null ? null : truth !== not, what, passage.choices) ? "next" : "miss";
    };
  }
  const set = new CompiledSet({
    name: "",
    key: fields.map(typeOf),
    value: null,
    dynamic: false,
    elements: values.map((value) => ({ key: fields.length === 1 ? [value] : value.split(" . "), value: null })),
  });
  return (passage) => membership(set, fields, not, what, passage);
}

function compileLookup(
  { fields, not, set: name }: Extract<NetfilterStep, { kind: "lookup" }>,
  sets: Sets,
): CompiledStep {
  const set = sets.get(name);
  const what = `${fieldWords(fields)} is ${not ? "not " : ""}in ${name}`;
  if (set !== undefined && !set.dynamic) return (passage) => membership(set, fields, not, what, passage);
  return (passage) => {
    if (valuesOf(fields, passage) === undefined) return "miss";
    return learned(what, passage) ? "next" : "miss";
  };
}

function membership(
  set: CompiledSet,
  fields: readonly NetfilterSource[],
  not: boolean,
  what: string,
  passage: Passage,
): Effect {
  const values = valuesOf(fields, passage);
  if (values === undefined) return "miss";
  const truth = values.includes(null)
    ? set.canHave(values)
      ? null
      : false
    : set.find(values as string[]) !== undefined;
  return decide(truth === null ? null : truth !== not, what, passage.choices) ? "next" : "miss";
}

function learned(what: string, { choices }: Passage): boolean {
  return choices.take({ kind: "unknown", options: 2, key: what, reason: `whether ${what}`, dynamic: true }) === 0;
}

function compileVerdictMap(
  { fields, set: name }: Extract<NetfilterStep, { kind: "verdict-map" }>,
  sets: Sets,
): CompiledStep {
  const set = sets.get(name);
  return (passage) => {
    const values = valuesOf(fields, passage);
    if (values === undefined) return "miss";
    if (set === undefined || set.dynamic || values.includes(null)) {
      if (set !== undefined && !set.dynamic && !set.canHave(values)) return "miss";
      throw new Undetermined(`what verdict map ${name} says of ${fieldWords(fields)}`);
    }
    const found = set.find(values as string[]);
    return found == null ? "miss" : verdictIn(found[0] ?? "", name);
  };
}

function verdictIn(text: string, name: string): Effect {
  const [kind, chain] = text.split(" ", 2);
  if (kind === "continue") return "next";
  if (kind === "accept" || kind === "drop" || kind === "return") return { kind };
  if ((kind === "jump" || kind === "goto") && chain !== undefined) return { kind, chain };
  throw new Undetermined(`"${text}" in verdict map ${name}`, true);
}

function compileUpdate({ key, value }: Extract<NetfilterStep, { kind: "update" }>): CompiledStep {
  return (passage) => (valuesOf([...key, ...value], passage) === undefined ? "miss" : "next");
}

function setMark(value: number): CompiledStep {
  return (passage) => {
    passage.packet = { ...passage.packet, mark: value >>> 0 };
    return "next";
  };
}

function setConnectionMark(value: number): CompiledStep {
  return ({ tracking }) => {
    if (tracking?.connection) tracking.connection = { ...tracking.connection, mark: value >>> 0 };
    return "next";
  };
}

/** nft's words for conditions on packets that a model has no field for. */
const CONDITION =
  /^(meta (skuid|skgid|cpu|iiftype|oiftype|iifgroup|oifgroup|length|priority|random|cgroup|hour|day|time|secmark|iif|oif)|ip (dscp|ecn|length|id|frag-off|ttl|version|hdrlength|checksum)|ip6 (dscp|ecn|flowlabel|length|hoplimit|version)|tcp (sequence|ackseq|doff|window|checksum|urgptr|flags|option)|udp (length|checksum)|socket|osf|rt|iif|oif|ct (expiration|helper|zone|bytes|packets|avgpkt|id|label|state|status|mark|direction|l3proto|protocol)|numgen|quota|connlimit|ct count|exthdr|frag|\[ (numgen|quota|connlimit|socket|osf|rt|exthdr|xfrm) [0-9a-f]+ \]|xt match) /;
/** And what is no condition alone. */
const MORE =
  /\b(set|vmap|map|accept|drop|queue|jump|goto|return|continue|reject|fwd|dup|tproxy|synproxy|flow|offload|target)\b/;

function compileOpaque(text: string, { table, chain }: RuleRef): CompiledStep {
  if (CONDITION.test(`${text} `) && !MORE.test(text))
    return ({ choices }) => (decide(null, text, choices) ? "next" : "miss");
  return () => {
    throw new Undetermined(`"${text}" in ${table} ${chain}`, true);
  };
}
