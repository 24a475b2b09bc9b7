/** What a namespace does beside plugging cables together: NAT, filtering, services. Read from its rules, not from a file. */

import type { Namespace, NetfilterOperand, NetfilterStep, NetfilterTable } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { foldPorts, publishedPorts } from "../packet/index.ts";
import { portsText, targetText } from "../show/netfilter/publications.ts";
import { enumerate, plural } from "../show/text.ts";
import type { Mark } from "./types.ts";

/** Chips, in the order in which they are shown. */
export function marksOf(namespace: Namespace): Mark[] {
  const { netfilter, services } = namespace;
  const marks: Mark[] = [];
  const out = natLinks(netfilter);
  if (out !== null) marks.push({ kind: "nat", text: out.length === 0 ? "NAT" : `NAT ${enumerate(out, 2)}` });
  if (filters(netfilter)) marks.push({ kind: "firewall", text: "firewall" });
  const dhcp = services.filter(({ kind }) => kind === "dhcp-server");
  if (dhcp.length > 0) marks.push({ kind: "dhcp", text: "DHCP" });
  if (services.some(({ kind }) => kind === "resolver")) marks.push({ kind: "dns", text: "DNS" });
  const processes = services.flatMap((service) => (service.kind === "process" ? [service.name] : []));
  if (processes.length > 0)
    marks.push({
      kind: "run",
      text: processes.length === 1 ? processes[0]! : plural(processes.length, "process", "processes"),
    });
  // What the machine runs for the lab, such as the resolver of its names, says nothing about the network.
  return namespace.name === ROOT ? marks.filter(({ kind }) => kind !== "dns") : marks;
}

/** Interfaces through which sources are translated; null for no source NAT at all. */
export function natLinks(tables: readonly NetfilterTable[]): string[] | null {
  const links = new Set<string>();
  let any = false;
  for (const { chains } of tables)
    for (const chain of chains)
      for (const { steps } of chain.rules) {
        if (!steps.some(({ kind }) => kind === "masquerade" || kind === "snat")) continue;
        // Hairpins and answers to published ports are translated, too; but that is no NAT that anybody asked for.
        if (steps.some((step) => step.kind === "match" && step.fields.includes("ct status"))) continue;
        any = true;
        for (const step of steps)
          if (step.kind === "match" && !step.not && step.fields.length === 1 && step.fields[0] === "oifname")
            for (const link of step.values) links.add(link);
      }
  return any ? [...links] : null;
}

function filters(tables: readonly NetfilterTable[]): boolean {
  return tables.some(({ chains }) =>
    chains.some(
      ({ base, rules }) =>
        base?.type === "filter" &&
        (base.policy === "drop" ||
          rules.some(({ steps }) => steps.some(({ kind }) => kind === "drop" || kind === "reject"))),
    ),
  );
}

const PUBLICATIONS_SHOWN = 3;

/** The first few; the others are said on hover. */
export function shortened(publications: readonly string[]): readonly string[] {
  if (publications.length <= PUBLICATIONS_SHOWN) return publications;
  const shown = publications.slice(0, PUBLICATIONS_SHOWN - 1);
  return [...shown, `and ${publications.length - shown.length} more`];
}

/** `tcp 8080 → 10.0.0.2:80`, from destination NAT to constants and by maps. */
export function publicationsOf({ netfilter }: Namespace): readonly string[] {
  const found = new Set<string>();
  for (const table of netfilter)
    for (const chain of table.chains) {
      // The same ports are translated a second time for what the node itself sends.
      if (chain.base?.hook !== "prerouting") continue;
      for (const { steps } of chain.rules)
        for (const step of steps)
          if (step.kind === "dnat") for (const text of targets(step, steps, table)) found.add(text);
    }
  return [...found];
}

type Dnat = Extract<NetfilterStep, { kind: "snat" | "dnat" }>;

function targets(step: Dnat, steps: readonly NetfilterStep[], table: NetfilterTable): string[] {
  const { address, port } = step;
  if (address?.kind === "constant") {
    const protocol = valueOf(steps, "l4proto") ?? valueOf(steps, "ip protocol");
    const asked = valueOf(steps, "dport");
    const to = port?.kind === "constant" ? endpoint(address.from, constant(port)) : constant(address);
    return [asked === null ? `→ ${to}` : `${protocol ?? "port"} ${asked} → ${to}`];
  }
  const set = address?.kind === "map" ? table.sets.find(({ name }) => name === address.set) : undefined;
  if (set === undefined) return [];
  const { key, value } = set;
  const known = key.includes("inet_proto") && key.includes("inet_service") && value?.[1] === "inet_service";
  return known
    ? foldPorts(publishedPorts(set)).map((run) => `${run.protocol} ${portsText(run)} → ${targetText(run)}`)
    : [];
}

function endpoint(address: string, port: string): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function constant(operand: Extract<NetfilterOperand, { kind: "constant" }>): string {
  return operand.from === operand.to ? operand.from : `${operand.from}-${operand.to}`;
}

function valueOf(steps: readonly NetfilterStep[], field: string): string | null {
  for (const step of steps)
    if (step.kind === "match" && !step.not && step.fields.length === 1 && step.fields[0] === field)
      return step.values.join(", ");
  return null;
}

/** By link: what of the machine outside is forwarded to it. */
export function uplinksOf({ services }: Namespace): Map<string, string[]> {
  return new Map(
    services.flatMap((service) =>
      service.kind === "uplink"
        ? [
            [
              service.link,
              service.forward.map(
                ({ protocol, from, to, listen }) =>
                  `${protocol} ${listen === "" ? "" : `${listen}:`}${from === to ? from : `${from}-${to}`}`,
              ),
            ] as const,
          ]
        : [],
    ),
  );
}
