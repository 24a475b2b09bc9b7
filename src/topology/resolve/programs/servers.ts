/** DHCP servers and clients of the model. */

import { formatAddress, formatPrefix, networkOf, parseAddress, parseMac } from "../../../model/index.ts";
import type { DhcpClient, DhcpServer, Family, Link } from "../../../model/index.ts";
import type { Path } from "../../problems.ts";
import { listed } from "../network.ts";
import type { DhcpScope, FixedLease, HostAddress, Network, Node, Port, Switch } from "../network.ts";
import { forwards } from "../routes.ts";
import { fixedPorts, prefixesOf, serverFor } from "./check.ts";
import { domainIn } from "./domain.ts";
import { domainOf, hasResolver } from "./resolvers.ts";
import { isLeased, serverLabel } from "./scopes.ts";

/** What dnsmasq takes at least. */
const SHORTEST_LEASE = 120;
const DEFAULT_LEASE = 3_600;
const LONGEST_LEASE = 0xffff_fffe;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

export function serversOf(node: Node, network: Network, links: ReadonlyMap<string, readonly Link[]>): DhcpServer[] {
  return network.servers.filter((scope) => scope.node === node).map((scope) => serverOf(scope, network, links));
}

function serverOf(scope: DhcpScope, network: Network, links: ReadonlyMap<string, readonly Link[]>): DhcpServer {
  const { node, port, body, range, path } = scope;
  const owner = port ?? (scope.segment as Switch);
  const advertise = prefixesOf(scope);
  if (body.ra === true && advertise.length === 0)
    network.problems.error(
      "dhcp-ra",
      `${serverLabel(scope)} has no IPv6 network of length 64 to advertise`,
      [...path, "ra"],
      {
        hint: "hosts make their own addresses in networks of length 64 only",
      },
    );
  const near = owner.addresses.find(
    (own) => own.family === 4 && range !== null && networkOf(own, own.length).value === range.subnet.value,
  );
  // As for static hosts: a switch's address is their gateway, whether or not the machine forwards.
  const offers = port === null || forwards(node, network);
  return {
    kind: "dhcp-server",
    link: owner.name,
    range: range === null ? null : [text(range.first), text(range.last)],
    prefixLength: range?.subnet.length ?? 0,
    gateway: gatewayOf(scope, offers ? (near ?? null) : null, network),
    dns: dnsOf(scope, near ?? null, owner.addresses, network),
    domain: domainIn(body.domain, [...path, "domain"], network) ?? domainOf(node),
    leaseTime: leaseTime(body.lease, [...path, "lease"], network),
    fixed: scope.fixed.flatMap((lease) => fixedLease(lease, scope, network, links) ?? []),
    advertise,
    router: advertise.length > 0 && offers && body.gateway !== "none",
  };
}

const text = (value: bigint): string => formatAddress({ family: 4, value });

function gatewayOf({ body, range, path }: DhcpScope, own: HostAddress | null, { problems }: Network): string | null {
  if (body.gateway === undefined) return own?.text ?? null;
  if (body.gateway === "none") return null;
  const at = [...path, "gateway"];
  const address = parseAddress(body.gateway);
  if (address?.family !== 4) {
    problems.error("dhcp-gateway", `${JSON.stringify(body.gateway)} is not an IPv4 address`, at, {
      hint: "write an address, or none",
    });
  } else if (range !== null && networkOf(address, range.subnet.length).value !== range.subnet.value) {
    problems.error("dhcp-gateway", `${body.gateway} is outside ${formatPrefix(range.subnet)}`, at, {
      hint: "clients can only reach a gateway in their own network",
    });
  } else return formatAddress(address);
  return null;
}

function dnsOf(
  { node, body, path }: DhcpScope,
  four: HostAddress | null,
  own: readonly HostAddress[],
  { problems }: Network,
): string[] {
  if (body.dns === undefined) {
    if (!hasResolver(node)) return [];
    const six = own.find((address) => address.family === 6 && address.length === 64);
    return [four, six].flatMap((address) => address?.text ?? []);
  }
  return listed(body.dns, [...path, "dns"]).flatMap(({ text: given, path: at }) => {
    const address = parseAddress(given);
    if (address !== null) return [formatAddress(address)];
    problems.error("dhcp-dns", `${JSON.stringify(given)} is not the address of a name server`, at);
    return [];
  });
}

function leaseTime(lease: string | number | undefined, path: Path, { problems }: Network): number {
  if (lease === undefined) return DEFAULT_LEASE;
  const match = /^(\d{1,10})([smhdw]?)$/.exec(String(lease));
  const seconds = match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2]!] ?? 1);
  if (Number.isNaN(seconds)) {
    problems.error("dhcp-lease", `${JSON.stringify(lease)} is not a duration`, path, {
      hint: "write seconds, or a number with a unit: 90m, 12h, 7d",
    });
  } else if (seconds < SHORTEST_LEASE || seconds > LONGEST_LEASE) {
    const bound = seconds < SHORTEST_LEASE ? "shorter than two minutes" : "longer than a lease can be";
    problems.error("dhcp-lease", `a lease of ${lease} is ${bound}`, path, {
      hint: seconds < SHORTEST_LEASE ? "write 2m or more" : "write 52w or less",
    });
  }
  return seconds;
}

function fixedLease(
  lease: FixedLease,
  scope: DhcpScope,
  network: Network,
  links: ReadonlyMap<string, readonly Link[]>,
): DhcpServer["fixed"][number] | null {
  const given = parseMac(lease.client);
  if (given !== null) {
    const owner = [...links].find(([, own]) => own.some(({ mac }) => mac === given))?.[0] ?? null;
    return { mac: given, address: lease.text, name: owner };
  }
  const [port] = fixedPorts(lease, scope, network);
  const mac = port === undefined ? null : macOf(port, links);
  return mac === null ? null : { mac, address: lease.text, name: lease.client };
}

function macOf(port: Port, links: ReadonlyMap<string, readonly Link[]>): string | null {
  return links.get(port.node.name)?.find(({ name }) => name === port.name)?.mac ?? null;
}

/** The interfaces of a node with `address: dhcp`, and the families for which a server hands out addresses. */
export function clientsOf(node: Node, network: Network): DhcpClient[] {
  return [...node.ports.values()]
    .filter((port) => isLeased(port) && port.body.up !== false)
    .map((port) => ({
      kind: "dhcp-client",
      link: port.name,
      families: familiesOf(port, network),
    }));
}

function familiesOf(port: Port, network: Network): Family[] {
  const server = serverFor(port, network);
  // A server outside of the file is taken to be one as they are at home.
  if (server === null) return [4];
  return [
    ...(server.range === null && server.fixed.length === 0 ? [] : [4 as const]),
    ...(prefixesOf(server).length > 0 ? [6 as const] : []),
  ];
}

/** Whether an interface configures addresses from router advertisements. */
export function hearsRouters(port: Port, network: Network): boolean {
  return isLeased(port) && port.body.up !== false && familiesOf(port, network).includes(6);
}

/** The kernel's part of a client: it hears advertisements, and does not wait to see whether its address is taken. */
export function clientSysctls(node: Node, network: Network): Record<string, string> {
  const own = [...node.ports.values()].filter((port) => hearsRouters(port, network));
  return Object.fromEntries(
    own.flatMap((port) => {
      const key = `net.ipv6.conf.${port.name.replaceAll(".", "/")}`;
      // 2: also where packets are forwarded.
      return [
        [`${key}.accept_ra`, forwards(node, network) ? "2" : "1"],
        [`${key}.accept_dad`, "0"],
      ];
    }),
  );
}
