/**
 * What a model has no field for, and so can neither be compared nor written: queueing disciplines, entries of bridges' tables,
 * namespaces without a name, servers, rules of iptables-legacy, Open vSwitch. A discovery of the same machine finds them; here they are listed.
 */

import { lowerOf, ROOT } from "../model/index.ts";
import type {
  DiscoveredLink,
  DiscoveredNamespace,
  DiscoveredRule,
  Discovery,
  Model,
  Namespace,
  Route,
} from "../model/index.ts";
import type { Findings } from "./findings.ts";

export function listBeyond(model: Model, { namespaces, openvswitch }: Discovery, findings: Findings): void {
  for (const { namespace, name } of openvswitch)
    findings.lose(`${namespace} ${name}`, "it is an Open vSwitch switch; switches of a file are Linux bridges");
  const known = new Map(model.namespaces.map((each) => [each.name, each]));
  for (const one of namespaces) {
    const namespace = known.get(one.name);
    if (namespace === undefined) {
      const inside = [...new Set(one.processes.map(({ command }) => command))];
      findings.lose(
        `namespace ${one.name}`,
        `it has no name below /run/netns, as nodes have${inside.length === 0 ? "" : `; in it runs ${inside.join(", ")}`}`,
      );
      continue;
    }
    for (const link of one.links) ofLink(one.name, link, namespace, findings);
    for (const { origin, family, table } of one.netfilter)
      if (origin === "iptables-legacy")
        findings.lose(
          `${one.name} ${family === "ip6" ? "ip6tables" : "iptables"}-legacy ${table}`,
          "netloom cannot read its rules: use iptables-nft",
        );
    for (const { link, address, about } of one.addressNotes)
      if (!findings.knows(`${one.name} ${link}`))
        findings.lose(
          `${one.name} ${link} ${address} ${about}`,
          "an address in a file has a prefix length and nothing else",
        );
    ofRoutes(one, findings);
    for (const { address, link, state } of one.neighbours)
      if (state === "proxy")
        findings.lose(
          `${one.name} neighbour proxy ${address} on ${link}`,
          "no key of a file makes a node answer for another address",
        );
    for (const [family, count] of Object.entries(one.otherRoutes))
      findings.lose(`${one.name} ${family} routes (${count})`, "routes of a file are IPv4 or IPv6 unicast");
    const { policies, states } = one.ipsec;
    if (policies + states > 0)
      findings.lose(`${one.name} IPsec (policies: ${policies}, states: ${states})`, "it is not part of a file");
    for (const rule of one.rules) if (!rule.model) ofRule(one.name, rule, findings);
    for (const { to, type } of one.localRoutes)
      findings.lose(`${one.name} ${type} route to ${to}`, "routes of the table local are not part of a file");
    ofForwarding(one, namespace, findings);
    // What the file itself asks for runs in a node with services.
    if (namespace.services.length === 0 && namespace.nameService === null) ofServers(one, findings);
  }
}

/** A file's route would take the packets bare: not even the way is the same. */
export function withoutWrapping(model: Model, { namespaces }: Discovery): Model {
  const key = ({ family, to, table, metric }: Pick<Route, "family" | "to" | "table" | "metric">): string =>
    `${family} ${to} ${table} ${metric}`;
  const wrapping = new Map(
    namespaces.flatMap(({ name, routeNotes }) => {
      const keys = routeNotes.filter(({ wraps }) => wraps).map(key);
      return keys.length === 0 ? [] : [[name, new Set(keys)] as const];
    }),
  );
  if (wrapping.size === 0) return model;
  const left = (one: Namespace): Namespace => ({
    ...one,
    routes: one.routes.filter((route) => wrapping.get(one.name)?.has(key(route)) !== true),
  });
  return { ...model, namespaces: model.namespaces.map(left) };
}

function ofForwarding({ name, forwarding }: DiscoveredNamespace, { links }: Namespace, findings: Findings): void {
  // Their own addresses are in the table by themselves, and permanent.
  const own = new Set(links.map((link) => link.mac));
  for (const { link, mac, bridge, remote, state } of forwarding)
    if (state !== "learned" && !(state === "permanent" && own.has(mac)) && (bridge !== null || remote === null))
      findings.lose(`${name} forwarding of ${mac} to ${link}`, "a switch of a file learns its table by itself");
}

function ofRule(node: string, { priority, family, selects, action, gone }: DiscoveredRule, findings: Findings): void {
  const rule = `${node} rule ${priority} ${family === 6 ? "IPv6 " : ""}${selects}`;
  if (gone) findings.lose(`${rule}, removed`, "every node of a file has it");
  else findings.lose(rule, `rules of a file cannot express that; it leads to ${action}`);
}

function ofRoutes({ name, routeNotes, selectiveRoutes }: DiscoveredNamespace, findings: Findings): void {
  for (const { to, about, wraps } of routeNotes)
    if (about !== "" && !findings.knows(`${name} route to ${to}`))
      findings.lose(
        `${name} route to ${to} ${about}`,
        wraps ? "no route of a file encapsulates packets" : "a route of a file only has a destination and gateways",
      );
  for (const { to, about } of selectiveRoutes)
    findings.lose(`${name} route to ${to} ${about}`, "a route of a file is for all packets");
  for (const by of new Set(routeNotes.flatMap(({ by }) => by ?? [])))
    findings.vary(`${name} routes of ${by}`, "they are written as they are now and will not follow changes");
}

function ofLink(node: string, link: DiscoveredLink, namespace: Namespace, findings: Findings): void {
  const { name, promiscuous, details, qdiscs } = link;
  const kinds = [...new Set(qdiscs.map(({ kind }) => kind))];
  if (kinds.length > 0)
    findings.lose(`${node} ${name} qdisc ${kinds.join(", ")}`, "queueing disciplines are not part of a file");
  // The kernel makes it so for the links that are on it.
  const carries = namespace.links.some((upper) => lowerOf(upper)?.link === name && lowerOf(upper)?.namespace === node);
  if (promiscuous && !carries) findings.lose(`${node} ${name} promiscuous`, "that mode is not part of a file");
  if (details["vlan filtering"] === "on")
    findings.lose(`${node === ROOT ? "switch" : node} ${name} vlan_filtering`, "switches of a file have no VLANs");
  // For an interface that is not in the file, the rest does not matter.
  if (!findings.knows(`${node} ${name}`)) ofSettings(node, link, namespace, findings);
}

function ofSettings(node: string, link: DiscoveredLink, { links }: Namespace, findings: Findings): void {
  const { name, pointToPoint, settings, alias, portState } = link;
  const own = links.find((one) => one.name === name);
  const place = own?.kind === "bridge" && node === ROOT ? `switch ${name}` : `${node} ${name}`;
  for (const [address, peer] of Object.entries(pointToPoint))
    findings.lose(`${place} ${address} peer ${peer}`, "an address in a file has no peer");
  // A borrowed card keeps what it has.
  if (own?.kind === "nic") return;
  for (const [setting, value] of Object.entries(settings))
    findings.lose(`${place} ${setting} ${value}`, "no key of a file sets it");
  if (alias !== null)
    findings.lose(`${place} alias ${JSON.stringify(alias)}`, "interfaces of a file have no alternative names");
  // With the spanning tree protocol it is the protocol's doing.
  const isByHand = portState === "blocking" || portState === "listening" || portState === "learning";
  if (isByHand && !links.some((one) => one.kind === "bridge" && one.name === own?.master && one.stp))
    findings.lose(`${place} port state ${portState}`, "all ports of a switch of a file are forwarding");
}

/** Only processes that may be reached over the network: shells and editors do not matter. */
function ofServers({ name, sockets }: DiscoveredNamespace, findings: Findings): void {
  const ports = new Map<string, Set<string>>();
  for (const { protocol, port, processes } of sockets)
    for (const { pid, command } of processes) {
      // The lab's own first process probes.
      if (pid === 1) continue;
      ports.set(command, (ports.get(command) ?? new Set()).add(`${protocol}/${port}`));
    }
  for (const [command, own] of ports)
    findings.lose(
      `${name} process ${command}`,
      `it was started by hand, and listens on ${[...own].join(", ")}: run, dhcp or dns of the node would start one`,
    );
}
