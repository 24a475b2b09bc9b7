/** What the file's network lacks or has differently from the observed one, unless already reported. */

import { isLinkLocal, ROOT, serviceSubject, selectorText } from "../model/index.ts";
import type { Address, Link, Model, Namespace, Route, Rule } from "../model/index.ts";
import { canonical } from "./compare.ts";
import type { Findings } from "./findings.ts";
import type { Wiring } from "./wiring.ts";

const NAMES_SHOWN = 6;

/** `macs`: whether hardware addresses were to be kept. */
export function listDifferences(observed: Model, made: Model, wiring: Wiring, macs: boolean, findings: Findings): void {
  const there = new Map(made.namespaces.map((each) => [each.name, each]));
  for (const namespace of observed.namespaces) {
    const other = there.get(namespace.name);
    if (other === undefined) findings.lose(`node ${namespace.name}`, "the file has no such node");
    else compare(namespace, other, wiring, macs, findings);
  }
  if (!macs) compareMacs(observed, made, wiring, findings);
  compareLinkLocals(observed, made, wiring, findings);
  comparePorts(observed, made, wiring, findings);
  compareSwitches(wiring, findings);
  const down = observed.namespaces.filter(({ links }) => links.some((link) => link.kind === "loopback" && !link.up));
  if (down.length > 0)
    findings.vary(`lo in ${several(down.map(({ name }) => name))}`, "it is down; netloom brings every lo up");
}

function several(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return more > 0 ? `${names.slice(0, NAMES_SHOWN).join(", ")} and ${more} more` : names.join(", ");
}

function compare(
  namespace: Namespace,
  made: Namespace,
  { sockets, switches, nic }: Wiring,
  macs: boolean,
  findings: Findings,
): void {
  const { name } = namespace;
  const known = new Set([
    ...(sockets.get(name)?.keys() ?? []),
    "lo",
    ...(name === ROOT ? switches : []).map((one) => one.name),
  ]);
  for (const [version, key] of [
    ["IPv4", "ipv4"],
    ["IPv6", "ipv6"],
  ] as const)
    if (namespace.forwarding[key] !== made.forwarding[key])
      findings.lose(
        `${name} forwarding`,
        `${version} forwarding is ${namespace.forwarding[key] ? "on" : "off"}: a node forwards both IP versions or none`,
      );
  for (const link of namespace.links) {
    const other = made.links.find((one) => one.name === link.name);
    if (link.kind !== "loopback" && link.kind !== "nic" && other !== undefined && known.has(link.name))
      // A bridge with one of the machine's interfaces takes its address.
      compareLink(
        name,
        link,
        other,
        macs && link.name !== nic?.bridge ? ["up", "mtu", "mac"] : ["up", "mtu"],
        findings,
      );
  }
  const own = new Set(made.addresses.map(addressText));
  for (const address of namespace.addresses.filter(({ origin, link }) => origin === "static" && known.has(link))) {
    if (own.has(addressText(address))) continue;
    const why = address.link === "lo" ? "lo has no addresses in a file" : "it is not in the file";
    findings.lose(`${name} ${address.link} ${address.address}/${address.prefixLength}`, why);
  }
  const routes = new Set(made.routes.map(routeText));
  for (const route of namespace.routes.filter(({ origin }) => origin === "static")) {
    const gone = !routes.has(routeText(route));
    if (gone && !findings.knows(`${name} route to ${route.to}`))
      findings.lose(`${name} route to ${route.to}`, "it is not in the file");
  }
  listBorrowed(namespace, known, findings);
  for (const rule of namespace.rules)
    findings.lose(`${name} rule ${ruleText(rule)}`, "policy rules are not part of a file");
  for (const { link, address } of namespace.neighbours)
    findings.lose(`${name} neighbour ${address} on ${link}`, "permanent neighbours are not part of a file");
  const services = new Map(made.services.map((one) => [`${one.kind} ${serviceSubject(one)}`, canonical(one)]));
  for (const service of namespace.services) {
    const id = `${service.kind} ${serviceSubject(service)}`;
    const other = services.get(id);
    if (other !== canonical(service))
      findings.lose(`${name} ${id.trim()}`, other === undefined ? "it is not in the file" : "it would run differently");
  }
}

const BORROWED = {
  dhcp: "it has a lifetime, like a DHCP lease: write `address: dhcp` if it is one",
  ra: "it comes from a router advertisement, or has a lifetime like one",
} as const;

/** What expires unless it is renewed: not part of a file, which may contain the program that renews it. */
function listBorrowed(
  { name, addresses, routes, services }: Namespace,
  known: ReadonlySet<string>,
  findings: Findings,
): void {
  const leased = new Set(services.flatMap((service) => (service.kind === "dhcp-client" ? [service.link] : [])));
  const told = (link: string | null): boolean => link === null || (known.has(link) && !leased.has(link));
  for (const { origin, link, address, prefixLength } of addresses)
    if ((origin === "dhcp" || origin === "ra") && told(link))
      findings.lose(`${name} ${link} ${address}/${prefixLength}`, BORROWED[origin]);
  for (const { origin, to, nextHops } of routes) {
    const [hop = null] = nextHops;
    if ((origin === "dhcp" || origin === "ra") && told(hop?.link ?? null))
      findings.lose(`${name} route to ${to}`, BORROWED[origin]);
    // The kernel's own lead to the networks of its addresses.
    if (origin === "kernel" && hop !== null && hop.via !== null)
      findings.lose(`${name} route to ${to}`, "it is marked as made by the kernel");
  }
}

function compareLink(
  node: string,
  link: Link,
  made: Link,
  keys: readonly ("up" | "mtu" | "mac")[],
  findings: Findings,
): void {
  const differs = keys.filter((key) => link[key] !== made[key]);
  for (const key of differs)
    findings.lose(`${node} ${link.name} ${key}`, `it is ${link[key] ?? "none"}, in the file ${made[key] ?? "none"}`);
  const names = link.altnames.filter((name) => !made.altnames.includes(name));
  if (names.length > 0)
    findings.lose(`${node} ${link.name} altname`, `alternative names are not part of a file: ${names.join(", ")}`);
}

function addressText({ link, address, prefixLength }: Address): string {
  return `${link} ${address}/${isLinkLocal(address) ? "" : prefixLength}`;
}

function routeText(route: Route): string {
  return canonical(route);
}

function ruleText(rule: Rule): string {
  const { priority, action } = rule;
  return `${priority}: ${selectorText(rule)} ${action.kind === "table" ? `table ${action.table}` : action.kind}`;
}

function compareMacs(observed: Model, made: Model, { sockets }: Wiring, findings: Findings): void {
  const others = observed.namespaces.filter(({ name, links }) => {
    const own = made.namespaces.find((each) => each.name === name)?.links ?? [];
    const isOther = (link: Link): boolean => own.find((each) => each.name === link.name)?.mac !== link.mac;
    return links.some((link) => sockets.get(name)?.has(link.name) === true && isOther(link));
  });
  if (others.length > 0)
    findings.vary(
      `hardware addresses of ${several(others.map(({ name }) => name))}`,
      "they were omitted: netloom assigns its own",
    );
}

/** The kernel gives every interface one unless configured otherwise, as netloom does. */
function compareLinkLocals(observed: Model, made: Model, { sockets }: Wiring, findings: Findings): void {
  const others = observed.namespaces.filter(({ name, addresses }) => {
    const own = made.namespaces.find((each) => each.name === name)?.addresses ?? [];
    const speaks = (link: string): boolean => own.some((each) => each.link === link && each.family === 6);
    return addresses.some(
      ({ link, address, origin }) =>
        origin === "kernel" && isLinkLocal(address) && sockets.get(name)?.has(link) === true && !speaks(link),
    );
  });
  if (others.length > 0)
    findings.vary(
      `IPv6 of ${several(others.map(({ name }) => name))}`,
      "its interfaces only have link-local addresses; netloom adds those only to interfaces with another IPv6 address",
    );
}

/** The switches' ends of cables, which netloom names and numbers itself. */
function comparePorts(observed: Model, made: Model, { sockets }: Wiring, findings: Findings): void {
  const names: string[] = [];
  let macs = 0;
  const linkIn = (model: Model, node: string, link: string): Link | undefined =>
    model.namespaces.find(({ name }) => name === node)?.links.find(({ name }) => name === link);
  for (const [node, own] of sockets) {
    for (const [name, { plug, link }] of own) {
      const end = linkIn(made, node, name);
      if (plug.kind !== "switch" || end?.kind !== "veth" || end.peer === null) continue;
      const before = linkIn(observed, ROOT, plug.port.link)!;
      const after = linkIn(made, ROOT, end.peer.link);
      if (after === undefined) continue;
      if (before.name !== after.name) names.push(`${before.name} is ${after.name}`);
      if (before.mac !== after.mac) macs++;
      const place = `root ${before.name}`;
      if (!before.up) findings.lose(place, `the port is down; all ports of a switch of a file are up`);
      if (before.mtu !== link.mtu)
        findings.lose(`${place} mtu`, `it is ${before.mtu}, and ${link.mtu} at the other end`);
    }
  }
  if (names.length > 0) findings.vary("names of switch ports", `netloom calls them NODE-INTERFACE: ${several(names)}`);
  if (macs > 0) findings.vary("hardware addresses of switch ports", "netloom assigns its own");
}

function compareSwitches({ switches }: Wiring, findings: Findings): void {
  for (const { name, stp, altnames } of switches) {
    if (stp) findings.lose(`switch ${name} stp`, "switches of a file do not run the spanning tree protocol");
    if (altnames.length > 0) findings.lose(`switch ${name} altname`, "alternative names are not part of a file");
  }
  const snooping = switches.filter(({ multicastSnooping }) => multicastSnooping).map(({ name }) => name);
  if (snooping.length > 0)
    findings.vary(`switch ${several(snooping)}`, "multicast snooping is on; netloom's switches flood multicast");
}
