// Short ways to write netfilter tables in tests.

import type {
  NetfilterBase,
  NetfilterChain,
  NetfilterField,
  NetfilterRule,
  NetfilterSet,
  NetfilterSource,
  NetfilterStep,
  NetfilterTable,
} from "../../../src/model/index.ts";

export function table(sets: readonly NetfilterSet[], chains: readonly NetfilterChain[]): NetfilterTable {
  return { family: "inet", name: "netloom", sets, chains };
}

export function chain(name: string, base: Partial<NetfilterBase> | null, ...rules: NetfilterRule[]): NetfilterChain {
  const full: NetfilterBase | null = base && {
    type: "filter",
    hook: "forward",
    priority: 0,
    policy: "accept",
    devices: [],
    ...base,
  };
  return { name, base: full, rules };
}

export const PREROUTING = { type: "nat", hook: "prerouting", priority: -100 } as const;
export const POSTROUTING = { type: "nat", hook: "postrouting", priority: 100 } as const;

export function rule(...steps: (NetfilterStep | string)[]): NetfilterRule {
  const comment = steps.find((step) => typeof step === "string") ?? null;
  return { steps: steps.filter((step) => typeof step !== "string"), comment };
}

type Fields = NetfilterField | readonly NetfilterSource[];
const fieldsOf = (fields: Fields): readonly NetfilterSource[] => (typeof fields === "string" ? [fields] : fields);

export function match(fields: Fields, ...values: string[]): NetfilterStep {
  return { kind: "match", fields: fieldsOf(fields), not: false, values };
}

export function unless(fields: Fields, ...values: string[]): NetfilterStep {
  return { kind: "match", fields: fieldsOf(fields), not: true, values };
}

export function lookup(fields: Fields, set: string, not = false): NetfilterStep {
  return { kind: "lookup", fields: fieldsOf(fields), not, set };
}

export function set(
  name: string,
  key: readonly string[],
  elements: readonly (readonly string[])[],
  more: Partial<NetfilterSet> = {},
): NetfilterSet {
  return {
    name,
    key,
    value: null,
    interval: false,
    dynamic: false,
    timeout: null,
    size: null,
    elements: elements.map((one) => ({ key: one, value: null })),
    ...more,
  };
}

export function map(
  name: string,
  key: readonly string[],
  value: readonly string[],
  elements: readonly (readonly [readonly string[], readonly string[]])[],
  more: Partial<NetfilterSet> = {},
): NetfilterSet {
  return { ...set(name, key, [], more), value, elements: elements.map(([from, to]) => ({ key: from, value: to })) };
}

export const accept: NetfilterStep = { kind: "accept" };
export const drop: NetfilterStep = { kind: "drop" };
export const counter: NetfilterStep = { kind: "counter" };
export const established = match("ct state", "established", "related");
export const ipv4 = match("nfproto", "ipv4");
export const ipv6 = match("nfproto", "ipv6");
export const tcp = match("l4proto", "tcp");
export const masquerade: NetfilterStep = { kind: "masquerade", port: null, flags: [] };
