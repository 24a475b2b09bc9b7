/** Whether this machine drops what a lab forwards, above all by Docker's FORWARD policy. Reads only. */

import { existsSync, readFileSync } from "node:fs";
import type { Diagnostic } from "../diagnostic.ts";
import { type Model, type NetfilterTable, ROOT } from "../model/index.ts";
import { CURRENT_NAMESPACE, NetlinkSocket, OpenNamespace, readSysctl, sysctlPath } from "../kernel/index.ts";
import { readTables } from "../observe/netfilter/index.ts";
import { machineLinks } from "./marks.ts";

const BRIDGED = "net.bridge.bridge-nf-call-iptables";
const DOCKER_CHAIN = "DOCKER-USER";

/** To be asked after `up`. One warning for each table that drops by its policy. */
export function forwardWarnings(model: Model): Diagnostic[] {
  const root = model.namespaces.find(({ name }) => name === ROOT);
  const bridges = root?.links.flatMap(({ kind, name }) => (kind === "bridge" ? [name] : [])) ?? [];
  const routed = root !== undefined && (root.forwarding.ipv4 || root.forwarding.ipv6);
  const bridged = bridges.length > 0 && existsSync(sysctlPath(BRIDGED)) && readSysctl(BRIDGED) === "1";
  if (root === undefined || (!routed && !bridged)) return [];
  const what = routed ? "forwards" : "bridges";
  const links =
    bridges.length > 0 ? bridges : root.links.flatMap(({ kind, name }) => (kind === "loopback" ? [] : [name]));
  using namespace = OpenNamespace.open(CURRENT_NAMESPACE);
  const dropping = readTables(namespace.fd, ROOT).filter((table) => !own(table, model.name) && drops(table));
  return [
    ...dropping.map((table) =>
      warning(
        what,
        `chain ${forwardChain(table)!.name} of table ${table.family} ${table.name} has the policy drop`,
        rulesFor(table, links),
      ),
    ),
    ...legacy(dropping, what, links),
  ];
}

const own = ({ name }: NetfilterTable, lab: string): boolean => name === `netloom-${lab}`;

function forwardChain({ chains }: NetfilterTable) {
  return chains.find(({ base }) => base?.hook === "forward" && base.type === "filter" && base.policy === "drop");
}

const drops = (table: NetfilterTable): boolean => forwardChain(table) !== undefined && table.family !== "bridge";

function rulesFor({ family, name, chains }: NetfilterTable, links: readonly string[]): string {
  const chain = chains.some((each) => each.name === DOCKER_CHAIN) ? DOCKER_CHAIN : null;
  if (name === "filter" && (family === "ip" || family === "ip6"))
    return iptables(family === "ip" ? "iptables" : "ip6tables", chain ?? "FORWARD", links);
  const to = chains.find(({ base }) => base?.hook === "forward")!.name;
  return links
    .flatMap((link) =>
      ["iifname", "oifname"].map((way) => `nft insert rule ${family} ${name} ${to} ${way} ${link} accept`),
    )
    .join("; ");
}

function iptables(command: string, chain: string, links: readonly string[]): string {
  return links
    .flatMap((link) => ["-i", "-o"].map((way) => `${command} -I ${chain} ${way} ${link} -j ACCEPT`))
    .join("; ");
}

/** iptables before nf_tables: /proc only shows that there is a filter table. */
function legacy(seen: readonly NetfilterTable[], what: string, links: readonly string[]): Diagnostic[] {
  if (seen.length > 0 || !tables().includes("filter") || !hasDocker()) return [];
  const cause = "Docker is here with iptables-legacy, whose policy for FORWARD it sets to DROP";
  return [warning(what, cause, iptables("iptables-legacy", DOCKER_CHAIN, links))];
}

function hasDocker(): boolean {
  using socket = NetlinkSocket.open();
  return machineLinks(socket).some(({ name }) => name === "docker0");
}

function tables(): string[] {
  try {
    return readFileSync("/proc/net/ip_tables_names", "utf8").split("\n");
  } catch {
    return [];
  }
}

function warning(what: string, cause: string, rules: string): Diagnostic {
  return {
    code: "host.forward-policy",
    severity: "warning",
    summary: `this machine drops what the lab ${what}`,
    cause,
    hint: `let it pass: ${rules}`,
  };
}
