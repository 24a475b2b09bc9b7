/** A namespace's DHCP servers and resolver as one configuration of dnsmasq. Pure. */

import { formatAddress, parseAddress, parsePrefix } from "../model/index.ts";
import type { DhcpServer, Namespace, Resolver } from "../model/index.ts";

export interface DnsmasqFiles {
  readonly leases: string;
  readonly hosts: string;
}

/**
 * The arguments beside the file. An empty group keeps dnsmasq from calling setgroups(2), which is forbidden where only
 * one user id is mapped; a configuration file cannot express it.
 */
export function dnsmasqArguments(file: string): string[] {
  return [`--conf-file=${file}`, "--group="];
}

/** null when the namespace needs no dnsmasq. */
export function dnsmasqConfig({ services }: Pick<Namespace, "services">, files: DnsmasqFiles): string | null {
  const servers = services.filter((service): service is DhcpServer => service.kind === "dhcp-server");
  const resolver = services.find((service): service is Resolver => service.kind === "resolver");
  if (servers.length === 0 && resolver === undefined) return null;
  const lines = [
    "keep-in-foreground",
    "user=root",
    "log-facility=-",
    // Nothing of the machine's own: neither its names nor its name servers.
    "no-hosts",
    "no-resolv",
    "no-poll",
    "pid-file=",
    "bind-interfaces",
    ...interfaces(servers, resolver),
    ...(resolver === undefined ? ["port=0"] : resolving(resolver, files)),
    ...(servers.length === 0 ? [] : leasing(servers, files)),
    ...servers.flatMap((server, i) => serving(server, `s${i}`)),
  ];
  return `${lines.join("\n")}\n`;
}

function interfaces(servers: readonly DhcpServer[], resolver: Resolver | undefined): string[] {
  const leasing = servers.map(({ link }) => link);
  const names = [...new Set([...leasing, ...(resolver?.links ?? [])])];
  return [
    ...names.map((name) => `interface=${name}`),
    ...names.filter((name) => !leasing.includes(name)).map((name) => `no-dhcp-interface=${name}`),
    // Otherwise dnsmasq listens there regardless of its other settings.
    ...(names.includes("lo") ? [] : ["except-interface=lo"]),
  ];
}

function resolving({ upstream, domain }: Resolver, { hosts }: DnsmasqFiles): string[] {
  return [
    `addn-hosts=${hosts}`,
    "domain-needed",
    "bogus-priv",
    // Without anybody to ask, what is not known does not exist.
    ...(upstream.length === 0 ? ["local=/#/"] : upstream.map((address) => `server=${address}`)),
    ...(domain === null ? [] : [`domain=${domain}`, "expand-hosts", `local=/${domain}/`]),
  ];
}

function leasing(servers: readonly DhcpServer[], { leases }: DnsmasqFiles): string[] {
  return [
    `dhcp-leasefile=${leases}`,
    // The network is ours: addresses in use are known, so there is no need to ping each one for three seconds.
    "no-ping",
    "dhcp-authoritative",
    `dhcp-lease-max=${servers.reduce((sum, server) => sum + sizeOf(server), 0)}`,
    ...(servers.some(({ advertise }) => advertise.length > 0) ? ["enable-ra"] : []),
  ];
}

function sizeOf({ range, fixed }: DhcpServer): number {
  const [first, last] = (range ?? []).map((text) => parseAddress(text)!.value);
  return fixed.length + (first === undefined || last === undefined ? 1 : Number(last - first) + 1);
}

function serving(server: DhcpServer, tag: string): string[] {
  const { range, gateway, dns, domain, leaseTime, fixed, advertise, router, link } = server;
  const four = dns.filter((address) => !address.includes(":"));
  const six = dns.filter((address) => address.includes(":"));
  const option = (name: string, values: readonly string[]): string =>
    `dhcp-option=${[`tag:${tag}`, `option:${name}`, ...values].join(",")}`;
  const lines: string[] = [];
  if (range !== null) {
    lines.push(
      `dhcp-range=set:${tag},${range[0]},${range[1]},${netmask(server.prefixLength)},${leaseTime}`,
      // Without a value they are not sent: by itself dnsmasq would offer its own address for both.
      option("router", gateway === null ? [] : [gateway]),
      option("dns-server", four),
      ...(domain === null ? [] : [option("domain-name", [domain])]),
      ...fixed.map(
        ({ mac, address, name }) => `dhcp-host=${[mac, address, ...(name === null ? [] : [name])].join(",")}`,
      ),
    );
  }
  for (const prefix of advertise) {
    lines.push(`dhcp-range=set:${tag},${networkAddress(prefix)},ra-only,64,${leaseTime}`);
  }
  if (advertise.length > 0) {
    const servers = six.map((address) => `[${address}]`);
    lines.push(`dhcp-option=${[`tag:${tag}`, "option6:dns-server", ...servers].join(",")}`);
    if (domain !== null) lines.push(`dhcp-option=tag:${tag},option6:domain-search,${domain}`);
    // How often, and for how long it is a router after that: not at all if it does not forward.
    lines.push(`ra-param=${link},${router ? "60,1800" : "60,0"}`);
  }
  return lines;
}

function netmask(length: number): string {
  return formatAddress({ family: 4, value: (0xffff_ffffn << BigInt(32 - length)) & 0xffff_ffffn });
}

function networkAddress(prefix: string): string {
  return formatAddress(parsePrefix(prefix)!);
}

/** A hosts file as dnsmasq reads it. */
export function hostsFile(hosts: readonly { readonly name: string; readonly address: string }[]): string {
  return hosts.map(({ name, address }) => `${address} ${name}\n`).join("");
}

export interface ServerLease {
  readonly address: string;
  readonly mac: string;
  /** What the client calls itself. */
  readonly name: string | null;
  /** ISO 8601. */
  readonly expires: string | null;
}

/** The file in which dnsmasq keeps its leases: `EXPIRY MAC ADDRESS NAME CLIENT-ID`. */
export function parseLeases(text: string): ServerLease[] {
  return text.split("\n").flatMap((line) => {
    const [expiry, mac, address, name] = line.split(" ");
    if (mac === undefined || address === undefined || parseAddress(address)?.family !== 4) return [];
    const expires = expiry === "0" ? null : new Date(Number(expiry) * 1_000).toISOString();
    return [{ address, mac: mac.replace(/^01-/, ""), name: name === "*" || name === undefined ? null : name, expires }];
  });
}
