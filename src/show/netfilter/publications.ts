/** What `publish` has made, in words. */

import type { Namespace, NetfilterChain, NetfilterSet, NetfilterStep, NetfilterTable } from "../../model/index.ts";
import { foldPorts, isPublishMap, linkOf, publishedPorts, type PortRun } from "../../packet/index.ts";

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
    const map = publishedBy(steps, table);
    if (map === null) continue;
    for (const run of foldPorts(publishedPorts(map))) {
      const link = linkOf(run, map, namespace);
      const name = nameOf(run.target);
      const text = `${run.protocol}/${portsText(run)} ${placeText(run, link)} → ${targetText(run)}${name === null ? "" : ` (${name})`}`;
      // Of a leased address there is a second rule, for who asks from elsewhere.
      if (!seen.has(text)) seen.set(text, { text, link });
    }
  }
  return [...seen.values()];
}

function placeText({ on }: PortRun, link: string | null): string {
  if (on === null) return link === null ? "on every address" : `on ${link}`;
  return link === null ? `on ${on}` : `on ${link} (${on})`;
}

/** The map that a rule of `publish` leads by; null for other rules. */
export function publishedBy(steps: readonly NetfilterStep[], table: NetfilterTable): NetfilterSet | null {
  const dnat = steps.find((step) => step.kind === "dnat");
  if (dnat?.kind !== "dnat" || dnat.address?.kind !== "map") return null;
  const { set } = dnat.address;
  const found = table.sets.find(({ name }) => name === set);
  return found !== undefined && isPublishMap(found) ? found : null;
}

/** `8000-8010` */
export function portsText({ first, last }: PortRun): string {
  return rangeText(first, last);
}

/** `10.0.0.2:9000-9010` */
export function targetText({ target, to, first, last }: PortRun): string {
  return `${target.includes(":") ? `[${target}]` : target}:${rangeText(to, to + last - first)}`;
}

function rangeText(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}
