/** Short ways to write the steps of rules. */

import type {
  Family,
  NatFlag,
  NetfilterBase,
  NetfilterChain,
  NetfilterField,
  NetfilterOperand,
  NetfilterRule,
  NetfilterSource,
  NetfilterStep,
} from "../../../model/index.ts";

type Fields = NetfilterField | readonly NetfilterSource[];

const fieldsOf = (fields: Fields): readonly NetfilterSource[] => (typeof fields === "string" ? [fields] : fields);

export function match(fields: Fields, ...values: string[]): NetfilterStep {
  return { kind: "match", fields: fieldsOf(fields), not: false, values };
}

export function matchNot(fields: Fields, ...values: string[]): NetfilterStep {
  return { kind: "match", fields: fieldsOf(fields), not: true, values };
}

export function lookup(fields: Fields, set: string): NetfilterStep {
  return { kind: "lookup", fields: fieldsOf(fields), not: false, set };
}

export function lookupNot(fields: Fields, set: string): NetfilterStep {
  return { kind: "lookup", fields: fieldsOf(fields), not: true, set };
}

export function update(
  set: string,
  key: readonly NetfilterSource[],
  value: readonly NetfilterSource[] = [],
  timeout: number | null = null,
): NetfilterStep {
  return { kind: "update", operation: "update", set, key, value, timeout };
}

export const ACCEPT: NetfilterStep = { kind: "accept" };
export const DROP: NetfilterStep = { kind: "drop" };
export const COUNTER: NetfilterStep = { kind: "counter" };

export function goTo(chain: string): NetfilterStep {
  return { kind: "goto", chain };
}

export function masquerade(port: NetfilterOperand | null = null, flags: readonly NatFlag[] = []): NetfilterStep {
  return { kind: "masquerade", port, flags };
}

export function fromMap(fields: readonly NetfilterSource[], set: string, part = 0): NetfilterOperand {
  return { kind: "map", fields, set, part };
}

export function constant(from: string, to = from): NetfilterOperand {
  return { kind: "constant", from, to };
}

/** IPv4 or IPv6 alone: the table is for both. */
export function ofFamily(family: Family): NetfilterStep {
  return match("nfproto", family === 4 ? "ipv4" : "ipv6");
}

export const TCP_OR_UDP: NetfilterStep = match("l4proto", "tcp", "udp");

export function sourceField(family: Family): NetfilterField {
  return family === 4 ? "ip saddr" : "ip6 saddr";
}

export function destinationField(family: Family): NetfilterField {
  return family === 4 ? "ip daddr" : "ip6 daddr";
}

/** nft's name of the type of an address. */
export function addressType(family: Family): string {
  return family === 4 ? "ipv4_addr" : "ipv6_addr";
}

/** Longest comment that nft takes. */
const MAX_COMMENT = 127;

export function rule(steps: readonly (NetfilterStep | readonly NetfilterStep[])[], comment?: string): NetfilterRule {
  return { steps: steps.flat(), comment: comment === undefined ? null : comment.slice(0, MAX_COMMENT) };
}

const PRIORITIES = { dstnat: -100, filter: 0, srcnat: 100 } as const;

export function baseChain(
  name: string,
  type: NetfilterBase["type"],
  hook: NetfilterBase["hook"],
  at: keyof typeof PRIORITIES,
  rules: readonly NetfilterRule[],
  { policy = "accept", behind = 0 }: { readonly policy?: NetfilterBase["policy"]; readonly behind?: number } = {},
): NetfilterChain {
  return { name, base: { type, hook, priority: PRIORITIES[at] + behind, policy, devices: [] }, rules };
}

export function plainChain(name: string, rules: readonly NetfilterRule[]): NetfilterChain {
  return { name, base: null, rules };
}
