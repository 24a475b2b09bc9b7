// Rules of a model in short text, for tests to read: `iifname eth0 tcp dport 443 accept # allow tcp/443 from lan`.

import type {
  Model,
  NetfilterOperand,
  NetfilterRule,
  NetfilterSource,
  NetfilterStep,
  NetfilterTable,
} from "../../../../src/model/index.ts";
import { node } from "../../helpers.ts";

function source(field: NetfilterSource): string {
  return typeof field === "string" ? field : `hash(${field.hash.join(" . ")}, ${field.seed})`;
}

const sources = (fields: readonly NetfilterSource[]): string => fields.map(source).join(" . ");

function operand(value: NetfilterOperand | null): string {
  if (value === null) return "-";
  if (value.kind === "constant") return value.from === value.to ? value.from : `${value.from}-${value.to}`;
  if (value.kind === "prefix") return `prefix ${value.prefix}`;
  return value.kind === "source" ? source(value.source) : `${value.set}[${sources(value.fields)}]`;
}

function stepText(step: NetfilterStep): string {
  switch (step.kind) {
    case "match": {
      const values = step.values.length === 1 ? step.values[0]! : `{${step.values.join(", ")}}`;
      return `${sources(step.fields)} ${step.not ? "!= " : ""}${values}`;
    }
    case "lookup":
      return `${sources(step.fields)} ${step.not ? "!= " : ""}@${step.set}`;
    case "update":
      return `${step.set}[${sources(step.key)}] = ${sources(step.value)}${step.timeout === null ? "" : ` ${step.timeout}s`}`;
    case "limit":
      return `limit ${step.rate}/${step.seconds}s`;
    case "log":
      return `log ${JSON.stringify(step.prefix)}`;
    case "snat":
    case "dnat":
      return `${step.kind} ${operand(step.address)} : ${operand(step.port)}`;
    case "masquerade":
      return ["masquerade", ...(step.port === null ? [] : [operand(step.port)]), ...step.flags].join(" ");
    case "reject":
      return `reject ${step.with}`;
    case "jump":
    case "goto":
      return `${step.kind} ${step.chain}`;
    default:
      return step.kind;
  }
}

function ruleText({ steps, comment }: NetfilterRule): string {
  const words = steps.filter((step) => step.kind !== "counter").map(stepText);
  return words.join(" ") + (comment === null ? "" : ` # ${comment}`);
}

export function table(model: Model, name: string): NetfilterTable {
  const [own, ...others] = node(model, name).netfilter;
  if (own === undefined || others.length > 0) throw new Error(`${name} has ${others.length + 1} tables`);
  return own;
}

/** A chain of a node: its policy first if it is not accept. Empty when there is none. */
export function chain(model: Model, name: string, chainName: string): string[] {
  const found = node(model, name).netfilter[0]?.chains.find((each) => each.name === chainName);
  if (found === undefined) return [];
  return [...(found.base?.policy === "drop" ? ["policy drop"] : []), ...found.rules.map(ruleText)];
}

/** The elements of a set or map: `80 = 10.0.0.2 . 80`. */
export function elements(model: Model, name: string, set: string): string[] {
  const found = table(model, name).sets.find((each) => each.name === set);
  if (found === undefined) throw new Error(`${name} has no set ${set}`);
  return found.elements.map(({ key, value }) => key.join(" . ") + (value === null ? "" : ` = ${value.join(" . ")}`));
}
