/** DHCP checks that need all addresses: conflicts with static ones, clients without a server. */

import { formatPrefix, networkOf, parseMac } from "../../../model/index.ts";
import { suggestion } from "../../suggest.ts";
import { portLabel } from "../network.ts";
import type { DhcpScope, FixedLease, Network, Port, Switch } from "../network.ts";
import { addressesOn, inRange, isLeased, serverLabel } from "./scopes.ts";

export function checkScopes(network: Network): void {
  for (const scope of network.servers) {
    checkStatic(scope, network);
    checkFixed(scope, network);
  }
  for (const node of network.nodes.values()) {
    for (const port of node.ports.values()) if (isLeased(port)) checkClient(port, network);
  }
}

/** The DHCP server that an interface hears; null for none. */
export function serverFor(port: Port, { servers }: Network): DhcpScope | null {
  const { plug } = port;
  if (plug === null) return null;
  return servers.find((scope) => (plug.kind === "switch" ? scope.segment === plug.to : scope.port === plug.to)) ?? null;
}

function checkStatic(scope: DhcpScope, { problems }: Network): void {
  const { range, fixed, segment } = scope;
  const own = new Set((scope.port ?? (segment as Switch)).addresses);
  for (const address of addressesOn(segment)) {
    // A server does not hand out its own address.
    if (address.family !== 4 || own.has(address)) continue;
    if (range !== null && inRange(range, address.value)) {
      problems.error(
        "address-in-range",
        `${address.text} lies in the range that ${serverLabel(scope)} hands out`,
        address.path,
        { hint: "choose one outside the range, or write address: dhcp and reserve it with fixed:" },
      );
    }
    for (const lease of fixed) if (lease.first === address.value) taken(lease, "an interface's own address", problems);
  }
  for (const address of own) {
    for (const lease of fixed)
      if (address.family === 4 && lease.first === address.value) taken(lease, "the server's own address", problems);
  }
}

function taken(lease: FixedLease, whose: string, problems: Network["problems"]): void {
  problems.error("dhcp-fixed", `${lease.text} is ${whose}, so it cannot be reserved for ${lease.client}`, lease.path);
}

function checkFixed(scope: DhcpScope, network: Network): void {
  const { problems } = network;
  const clients = new Map<bigint, string>();
  for (const lease of scope.fixed) {
    const other = clients.get(lease.first);
    if (other !== undefined) problems.error("dhcp-fixed", `${lease.text} is already reserved for ${other}`, lease.path);
    clients.set(lease.first, lease.client);
    if (parseMac(lease.client) !== null) continue;
    const node = network.nodes.get(lease.client);
    const ports = fixedPorts(lease, scope, network);
    if (node === undefined) {
      const hint = suggestion(lease.client, [...network.nodes.keys()]);
      const summary = `${JSON.stringify(lease.client)} is neither a node nor a hardware address`;
      problems.error("dhcp-fixed", summary, lease.path, { at: "key", hint });
    } else if (ports.length !== 1 && !node.incomplete) {
      const summary =
        ports.length === 0
          ? `${lease.client} has no interface with address: dhcp on the network of ${serverLabel(scope)}`
          : `${lease.client} has ${ports.length} interfaces on the network of ${serverLabel(scope)}: ${ports.map(portLabel).join(", ")}`;
      problems.error("dhcp-fixed", summary, lease.path, {
        at: "key",
        hint: ports.length === 0 ? "give it one, or leave this out" : "name the hardware address instead",
      });
    }
  }
}

/** The interfaces that a fixed lease by a node's name can mean. */
export function fixedPorts(lease: FixedLease, scope: DhcpScope, network: Network): Port[] {
  const ports = network.nodes.get(lease.client)?.ports.values() ?? [];
  return [...ports].filter((port) => isLeased(port) && serverFor(port, network) === scope);
}

function checkClient(port: Port, network: Network): void {
  const { problems } = network;
  const { plug } = port;
  const path = [...port.path, "address"];
  if (plug === null) return;
  if (port.body.up === false) {
    problems.warn("dhcp-client-down", `${portLabel(port)} is down, so it gets no address`, path);
    return;
  }
  const server = serverFor(port, network);
  const where = plug.kind === "switch" ? `on switch ${plug.to.name}` : `at the other end of its cable`;
  if (server === null) {
    // Faulty interfaces were reported already; and a physical network may have its own server.
    if (plug.to.body.dhcp || plug.to === network.nic?.bridge) return;
    if (plug.kind === "switch" && plug.to.ports.some(({ node, body }) => node.incomplete || body.dhcp)) return;
    problems.error(
      "no-dhcp-server",
      `${portLabel(port)} wants an address by DHCP, but there is no server ${where}`,
      path,
      {
        hint:
          plug.kind === "switch"
            ? `add dhcp: true to switch ${plug.to.name}, or to an interface of a router on it`
            : `add dhcp: true to ${portLabel(plug.to)}`,
      },
    );
  } else if (server.port?.body.up === false) {
    problems.error("no-dhcp-server", `the DHCP server ${where}, ${serverLabel(server)}, is down`, path);
  } else if (server.range === null && prefixesOf(server).length === 0 && !server.node.incomplete) {
    problems.error("no-dhcp-server", `${serverLabel(server)} hands out no addresses`, path);
  }
}

/** IPv6 prefixes that a server advertises: those of length 64 (RFC 4862, section 5.5.3), unless it is not to. */
export function prefixesOf({ port, segment, body }: DhcpScope): string[] {
  if (body.ra === false) return [];
  const own = (port ?? (segment as Switch)).addresses.filter(
    ({ family, length, text }) => family === 6 && length === 64 && !text.startsWith("fe80:"),
  );
  return [...new Set(own.map((address) => formatPrefix(networkOf(address, 64))))];
}
