/** A rule in one line, for those who look for it with `nft list ruleset`. */

import type { NetfilterOperand, NetfilterRule, NetfilterSource, NetfilterStep } from "../../model/index.ts";

const LONGEST = 120;

export function ruleText({ steps, comment }: NetfilterRule): string {
  const words = steps.filter(({ kind }) => kind !== "counter").map(stepText);
  const text = [...words, ...(comment === null ? [] : [`# ${comment}`])].join(" ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function source(field: NetfilterSource): string {
  return typeof field === "string" ? field : "hash";
}

function operand(value: NetfilterOperand): string {
  if (value.kind === "constant") return value.from === value.to ? value.from : `${value.from}-${value.to}`;
  if (value.kind === "prefix") return value.prefix;
  return value.kind === "map" ? `@${value.set}` : source(value.source);
}

function stepText(step: NetfilterStep): string {
  switch (step.kind) {
    case "match":
      return `${step.fields.map(source).join(" . ")} ${step.not ? "!= " : ""}${step.values.join(",")}`;
    case "lookup":
      return `${step.fields.map(source).join(" . ")} ${step.not ? "!= " : ""}@${step.set}`;
    case "verdict-map":
      return `${step.fields.map(source).join(" . ")} vmap @${step.set}`;
    case "masquerade":
    case "redirect":
      return step.port === null ? step.kind : `${step.kind} to :${operand(step.port)}`;
    case "set":
      return `${step.field === "mark" ? "meta mark" : step.field} set 0x${step.value.toString(16)}`;
    case "update":
      return `${step.operation} @${step.set} { ${step.key.map(source).join(" . ")} }`;
    case "log":
      return step.prefix === null ? "log" : `log prefix ${JSON.stringify(step.prefix)}`;
    case "snat":
    case "dnat":
      return `${step.kind} to ${[step.address, step.port].flatMap((one) => (one === null ? [] : operand(one))).join(":")}`;
    case "jump":
    case "goto":
      return `${step.kind} ${step.chain}`;
    case "limit":
      return `limit ${step.over ? "over " : ""}${step.rate}/${step.seconds}s`;
    case "reject":
      return `reject with ${step.with}`;
    case "opaque":
      return step.text;
    default:
      return step.kind;
  }
}
