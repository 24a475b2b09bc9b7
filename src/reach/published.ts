/** Where a published port leads: destination NAT, followed through the rules of a model. */

import { addressesOf } from "../model/index.ts";
import type {
  Family,
  Model,
  Namespace,
  NetfilterOperand,
  NetfilterSet,
  NetfilterSource,
  NetfilterStep,
  NetfilterTable,
} from "../model/index.ts";

export interface Arrival {
  /** The node that has the address. */
  readonly node: string;
  readonly family: Family;
  readonly address: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

export interface Service {
  readonly node: string;
  readonly address: string;
  readonly port: number;
}

/** Routers behind routers; a loop of translations ends here, too. */
const MOST_TRANSLATIONS = 8;

/**
 * The last address and port of a new connection from outside, with the node that has it; null when nothing translates it.
 * Of what a rule asks only addresses, protocol and port are known: a match on anything else counts as fulfilled. Maps that
 * rules fill while packets pass are taken for empty.
 */
export function publishedService(model: Model, arrival: Arrival): Service | null {
  let at = arrival;
  for (let hop = 0; hop < MOST_TRANSLATIONS; hop++) {
    const node = model.namespaces.find(({ name }) => name === at.node);
    const target = node === undefined ? null : translate(node, at);
    if (target === null) break;
    const owner = model.namespaces.find((each) => addressesOf(each).some(({ address }) => address === target.address));
    if (owner === undefined) return null;
    at = { ...at, ...target, node: owner.name };
    if (owner.name === node?.name) break; // redirected to the node itself
  }
  return at === arrival ? null : { node: at.node, address: at.address, port: at.port };
}

function translate(node: Namespace, at: Arrival): { address: string; port: number } | null {
  for (const table of node.netfilter) {
    for (const { base, rules } of table.chains) {
      if (base?.type !== "nat" || base.hook !== "prerouting") continue;
      for (const { steps } of rules) {
        const target = apply(steps, table, at);
        if (target !== null) return target;
      }
    }
  }
  return null;
}

function apply(
  steps: readonly NetfilterStep[],
  table: NetfilterTable,
  at: Arrival,
): { address: string; port: number } | null {
  for (const step of steps) {
    if (step.kind === "match" && !matches(step, at)) return null;
    if (step.kind === "redirect") {
      const port = operand(step.port, table, at);
      return port === null ? null : { address: at.address, port: Number(port) };
    }
    if (step.kind !== "dnat") continue;
    if (step.family !== at.family) return null;
    const address = step.address === null ? at.address : operand(step.address, table, at);
    const port = step.port === null ? String(at.port) : operand(step.port, table, at);
    return address === null || port === null ? null : { address, port: Number(port) };
  }
  return null;
}

function matches({ fields, not, values }: Extract<NetfilterStep, { kind: "match" }>, at: Arrival): boolean {
  const found = fields.map((field) => valueOf(field, at));
  if (found.includes(null)) return true;
  const hit = values.some((value) => value.split(" . ").every((part, i) => within(found[i]!, part)));
  return hit !== not;
}

/** A single value, or a range of numbers. Prefixes and ranges of addresses count as fulfilled. */
function within(found: string, value: string): boolean {
  const range = /^(\d+)-(\d+)$/.exec(value);
  if (range !== null) return Number(range[1]) <= Number(found) && Number(found) <= Number(range[2]);
  return value === found || (/[./:]/.test(value) && /[/-]/.test(value));
}

function valueOf(source: NetfilterSource, at: Arrival): string | null {
  switch (source) {
    case "nfproto":
      return at.family === 4 ? "ipv4" : "ipv6";
    case "l4proto":
    case "ip protocol":
    case "ip6 nexthdr":
      return at.protocol;
    case "ip daddr":
    case "ip6 daddr":
      return at.address;
    case "dport":
      return String(at.port);
    default:
      return null;
  }
}

function operand(from: NetfilterOperand | null, table: NetfilterTable, at: Arrival): string | null {
  if (from?.kind === "constant") return from.from === from.to ? from.from : mapped(from, at);
  if (from?.kind !== "map") return null;
  const set = table.sets.find(({ name }) => name === from.set);
  const key = from.fields.map((field) => valueOf(field, at));
  return set === undefined || key.includes(null) ? null : (elementOf(set, key as string[])?.value?.[from.part] ?? null);
}

/** Of a range of ports the kernel takes the one that came, when it is among them. */
function mapped({ from, to }: { readonly from: string; readonly to: string }, at: Arrival): string {
  return Number(from) <= at.port && at.port <= Number(to) ? String(at.port) : from;
}

function elementOf({ elements }: NetfilterSet, key: readonly string[]): NetfilterSet["elements"][number] | undefined {
  return elements.find((element) => element.key.every((part, i) => within(key[i]!, part)));
}
