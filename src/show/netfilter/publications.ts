/** What `publish` has made, read back from the maps of netloom's own table. */

import { type Namespace, type NetfilterSet, type NetfilterStep, type NetfilterTable } from "../../model/index.ts";
import type { NetfilterChain } from "../../model/index.ts";
import { linksIn } from "./words.ts";

/** The node that has an address; null if no node of the model has it. */
export type NameOf = (address: string) => string | null;

export interface Publication {
  readonly text: string;
  readonly link: string | null;
}

/** `tcp/8080 on eth1 (203.0.113.2) → 10.0.0.2:80 (b)`; neighbouring ports are one. */
export function publications(
  chain: NetfilterChain,
  table: NetfilterTable,
  namespace: Namespace,
  nameOf: NameOf,
): Publication[] {
  const seen = new Map<string, Publication>();
  for (const { steps } of chain.rules) {
    const set = publishedBy(steps, table);
    if (set === null) continue;
    const leased = steps.flatMap((step) => (isLink(step) ? linksIn([step]) : []));
    for (const run of portRuns(set)) {
      const link = run.on === null ? (leased[0] ?? null) : linkOf(run.on, namespace);
      const where =
        run.on === null
          ? link === null
            ? "on every address"
            : `on ${link}`
          : link === null
            ? `on ${run.on}`
            : `on ${link} (${run.on})`;
      const name = nameOf(run.target);
      const text = `${run.protocol}/${portsText(run)} ${where} → ${targetText(run)}${name === null ? "" : ` (${name})`}`;
      // Of a leased address there is a second rule, for who asks from elsewhere.
      if (!seen.has(text)) seen.set(text, { text, link });
    }
  }
  return [...seen.values()];
}

function isLink(step: NetfilterStep): boolean {
  return step.kind === "match" && !step.not && step.fields.length === 1 && step.fields[0] === "iifname";
}

/** The map that a rule of `publish` leads by; null for other rules. */
export function publishedBy(steps: readonly NetfilterStep[], table: NetfilterTable): NetfilterSet | null {
  const dnat = steps.find((step) => step.kind === "dnat");
  if (dnat?.kind !== "dnat" || dnat.address?.kind !== "map") return null;
  const { set } = dnat.address;
  const found = table.sets.find(({ name, dynamic, value }) => name === set && !dynamic && value !== null);
  return found?.name.startsWith("publish_") === true ? found : null;
}

function linkOf(address: string, { addresses }: Namespace): string | null {
  return addresses.find((one) => one.address === address)?.link ?? null;
}

/** Neighbouring ports that lead to neighbouring ports of one address. */
export interface PortRun {
  /** The address matched, if the map matches one. */
  readonly on: string | null;
  readonly protocol: string;
  readonly first: number;
  last: number;
  readonly target: string;
  /** First port there. */
  readonly to: number;
}

/** `8000-8010` */
export function portsText({ first, last }: PortRun): string {
  return rangeText(first, last);
}

/** `10.0.0.2:9000-9010` */
export function targetText({ target, to, first, last }: PortRun): string {
  return `${target.includes(":") ? `[${target}]` : target}:${rangeText(to, to + last - first)}`;
}

/** Of a map from protocol and port, and perhaps address, to address and port. */
export function portRuns({ key, elements }: NetfilterSet): PortRun[] {
  const at = (type: string): number => key.indexOf(type);
  const address = Math.max(at("ipv4_addr"), at("ipv6_addr"));
  const all = elements.map(({ key: parts, value }): PortRun => {
    const port = Number(parts[at("inet_service")]);
    return {
      on: address < 0 ? null : (parts[address] ?? null),
      protocol: parts[at("inet_proto")] ?? "",
      first: port,
      last: port,
      target: value?.[0] ?? "",
      to: Number(value?.[1]),
    };
  });
  all.sort((a, b) => order(a.on ?? "", b.on ?? "") || order(a.protocol, b.protocol) || a.first - b.first);
  const runs: PortRun[] = [];
  for (const one of all) {
    const before = runs.at(-1);
    const follows =
      before !== undefined &&
      before.on === one.on &&
      before.protocol === one.protocol &&
      before.target === one.target &&
      before.last + 1 === one.first &&
      before.to + (one.first - before.first) === one.to;
    if (follows) before.last = one.last;
    else runs.push({ ...one });
  }
  return runs;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function rangeText(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}
