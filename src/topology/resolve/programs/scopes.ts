/** What DHCP servers hand out: read before addresses are picked, so that none is given twice. */

import {
  broadcastOf,
  contains,
  firstHost,
  formatAddress,
  formatPrefix,
  lastHost,
  networkOf,
  parseAddress,
} from "../../../model/index.ts";
import type { IpAddress, Prefix } from "../../../model/index.ts";
import type { Path } from "../../problems.ts";
import type { DhcpBody } from "../../schema-services.ts";
import { portLabel } from "../network.ts";
import type { AddressRange, DhcpScope, FixedLease, HostAddress, Network, Node, Port, Switch } from "../network.ts";
import { longestFreeRun } from "./free-run.ts";

/** The word in place of an address. */
const LEASED = "dhcp";
/** Names that mean themselves in dnsmasq's configuration. */
const PLAIN = /^[A-Za-z0-9_.-]+$/;

/** Whether the interface gets its addresses from a DHCP server. */
export function isLeased(port: Port): boolean {
  const { address } = port.body;
  return address === LEASED || (Array.isArray(address) && address.length === 1 && address[0] === LEASED);
}

export function inRange({ first, last }: AddressRange, value: bigint): boolean {
  return first <= value && value <= last;
}

/** Addresses on a switch that only its DHCP server may give away. */
export function reservedOn(sw: Switch, { servers }: Network): AddressRange[] {
  return servers
    .filter(({ segment }) => segment === sw)
    .flatMap(({ range, fixed }): AddressRange[] => (range === null ? [...fixed] : [range, ...fixed]));
}

/** Reads every `dhcp` of the file into `network.servers`. */
export function planScopes(network: Network): void {
  for (const node of network.nodes.values()) {
    for (const port of node.ports.values()) {
      if (port.body.dhcp !== undefined && port.body.dhcp !== false) planOne(network, node, port, port.plug?.to ?? null);
    }
  }
  for (const sw of network.switches.values()) {
    if (sw.body.dhcp !== undefined && sw.body.dhcp !== false) planOne(network, network.nodes.get("root")!, null, sw);
  }
}

function planOne(network: Network, node: Node, port: Port | null, segment: Switch | Port | null): void {
  const { problems, servers } = network;
  const owner = port ?? (segment as Switch);
  const path = [...owner.path, "dhcp"];
  const label = serverLabel({ port, segment });
  const before = problems.list.length;
  const given = owner.body.dhcp;
  const body: DhcpBody = typeof given === "object" ? given : {};
  if (!PLAIN.test(owner.name)) {
    problems.error("interface-name", `dnsmasq cannot serve an interface called ${JSON.stringify(owner.name)}`, path, {
      at: "key",
      hint: "give it a name of letters, digits, _, . and -",
    });
    return;
  }
  if (port !== null && isLeased(port)) {
    problems.error("dhcp-no-address", `${label} is to get its own address by DHCP, so it cannot hand any out`, path, {
      at: "key",
      hint: "give it a fixed address",
    });
    return;
  }
  const other =
    segment === null ? undefined : servers.find((known) => known.segment === segment || known.port === segment);
  if (other !== undefined) {
    const where = "ports" in segment! ? `on switch ${segment.name}` : "on this cable";
    problems.error("two-dhcp-servers", `${serverLabel(other)} is already the DHCP server ${where}`, path, {
      at: "key",
      hint: "clients would take whichever answers first: leave one out",
    });
    return;
  }
  const subnets = subnetsOf(owner);
  if (subnets.length === 0) {
    if (!node.incomplete)
      problems.error("dhcp-no-address", `${label} has no address, so it has none to hand out either`, path, {
        at: "key",
        hint: port === null ? "give the switch an address:" : "give the interface an address:",
      });
    return;
  }
  const four = subnets.filter(({ family }) => family === 4);
  const range =
    four.length === 0 && body.range === undefined ? null : rangeOf(network, owner, segment, body, four, path);
  const fixed = fixedOf(network, body, four, [...path, "fixed"], label);
  // Then clients that get nothing from it are not reported.
  if (problems.list.length > before) node.incomplete = true;
  servers.push({ node, port, segment, path, body, range, fixed });
}

export function serverLabel({ port, segment }: Pick<DhcpScope, "port" | "segment">): string {
  return port === null ? `switch ${(segment as Switch).name}` : portLabel(port);
}

/** The networks an interface or a bridge has an address in, or is going to be given one in. */
function subnetsOf(owner: Port | Switch): Prefix[] {
  const own = owner.addresses.map((address) => networkOf(address, address.length));
  if (own.length > 0 || "ports" in owner || owner.body.address !== undefined) return own;
  return owner.plug?.kind === "switch" ? [...owner.plug.to.subnets] : [];
}

function rangeOf(
  { problems }: Network,
  owner: Port | Switch,
  segment: Switch | Port | null,
  body: DhcpBody,
  subnets: readonly Prefix[],
  path: Path,
): AddressRange | null {
  if (body.range === undefined) {
    const range = longestFreeRun(subnets[0]!, [...addressesOn(segment), ...owner.addresses]);
    if (range === null)
      problems.error("dhcp-range", `${formatPrefix(subnets[0]!)} has no free addresses to hand out`, path, {
        at: "key",
        hint: "say which with range: [FIRST, LAST]",
      });
    return range;
  }
  const at = [...path, "range"];
  if (body.range.length !== 2) {
    problems.error("dhcp-range", "a range is two addresses, the first and the last", at, {
      hint: "write it as [10.0.0.100, 10.0.0.199]",
    });
    return null;
  }
  const ends = body.range.map((text, i) => inSubnet(problems, text, subnets, [...at, i], "dhcp-range"));
  const [first, last] = ends;
  if (!first || !last) return null;
  if (first.value > last.value) {
    problems.error("dhcp-range", `the range ends before it begins`, at, {
      hint: `write it as [${body.range[1]!}, ${body.range[0]!}]`,
    });
    return null;
  }
  if (first.subnet !== last.subnet) {
    problems.error("dhcp-range", "the range begins in one network and ends in another", at);
    return null;
  }
  return { first: first.value, last: last.value, subnet: first.subnet };
}

/** Every static address known so far on the server's network. */
export function addressesOn(segment: Switch | Port | null): HostAddress[] {
  if (segment === null) return [];
  return "ports" in segment
    ? [...segment.addresses, ...segment.ports.flatMap(({ addresses }) => addresses)]
    : [...segment.addresses];
}

function fixedOf(
  network: Network,
  body: DhcpBody,
  subnets: readonly Prefix[],
  path: Path,
  label: string,
): FixedLease[] {
  return Object.entries(body.fixed ?? {}).flatMap(([client, text]) => {
    const at = [...path, client];
    if (subnets.length === 0) {
      network.problems.error("dhcp-fixed", `${label} has no IPv4 network to reserve addresses in`, at);
      return [];
    }
    const found = inSubnet(network.problems, text, subnets, at, "dhcp-fixed");
    if (found === null) return [];
    const { value, subnet } = found;
    return [{ client, text: formatAddress(found), path: at, first: value, last: value, subnet }];
  });
}

/** An address that a client could have, and the subnet it is in; null after an error. */
function inSubnet(
  problems: Network["problems"],
  text: string,
  subnets: readonly Prefix[],
  path: Path,
  code: string,
): (IpAddress & { readonly subnet: Prefix }) | null {
  const address = parseAddress(text);
  if (address?.family !== 4) {
    problems.error(code, `${JSON.stringify(text)} is not an IPv4 address`, path, {
      hint: "write it as 10.0.0.100, without a prefix length",
    });
    return null;
  }
  const subnet = subnets.find((each) => contains(each, address));
  if (subnet === undefined) {
    const list = subnets.map(formatPrefix).join(" and ");
    problems.error(code, `${text} is outside ${list}`, path, {
      hint: `choose addresses from ${formatAddress({ family: 4, value: firstHost(subnets[0]!) })} to ${formatAddress({ family: 4, value: lastHost(subnets[0]!) })}`,
    });
    return null;
  }
  if (address.value < firstHost(subnet) || address.value > lastHost(subnet)) {
    const what = address.value === broadcastOf(subnet) ? "the broadcast address of" : "the address of the network";
    problems.error(code, `${text} is ${what} ${formatPrefix(subnet)}, which no client can have`, path);
    return null;
  }
  return { ...address, subnet };
}
