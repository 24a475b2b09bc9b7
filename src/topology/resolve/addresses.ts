/** Third pass: the addresses that were given, then the ones to pick. */

import {
  bitsOf,
  broadcastOf,
  contains,
  firstHost,
  formatAddress,
  formatPrefix,
  isLinkLocal,
  lastHost,
  networkOf,
  overlaps,
  parseAddress,
  parseInterfaceAddress,
} from "../../model/index.ts";
import type { Prefix } from "../../model/index.ts";
import type { Path, Problems } from "../problems.ts";
import { listed, portLabel } from "./network.ts";
import type { AddressRange, HostAddress, Network, Port, Switch } from "./network.ts";
import { inRange, isLeased, planScopes, reservedOn } from "./programs/scopes.ts";

export function assignAddresses(network: Network): void {
  const { problems } = network;
  const faults = (): number => problems.list.length;
  for (const sw of network.switches.values()) {
    const before = faults();
    sw.subnets = subnetsOf(sw, problems);
    sw.addresses = readAll(sw.body.address, sw.path, sw, problems);
    if (faults() > before) for (const port of sw.ports) port.node.incomplete = true;
  }
  for (const node of network.nodes.values()) {
    const before = faults();
    for (const port of node.ports.values()) {
      if (isLeased(port)) continue;
      port.addresses = readAll(
        port.body.address,
        port.path,
        port.plug?.kind === "switch" ? port.plug.to : null,
        problems,
      );
    }
    if (faults() > before) node.incomplete = true;
  }
  // Every given address is known before the first is picked, so that a pick never takes one that is given further down,
  // nor one that a DHCP server may hand out.
  planScopes(network);
  for (const sw of network.switches.values()) pick(sw, reservedOn(sw, network), problems);
}

function readAll(
  value: string | string[] | undefined,
  path: Path,
  sw: Switch | null,
  problems: Problems,
): HostAddress[] {
  return listed(value, [...path, "address"]).flatMap(({ text, path: at }) => given(text, at, sw, problems) ?? []);
}

function subnetsOf(sw: Switch, problems: Problems): Prefix[] {
  const subnets: Prefix[] = [];
  for (const { text, path } of listed(sw.body.subnet, [...sw.path, "subnet"])) {
    const prefix = parseInterfaceAddress(text);
    if (prefix === null) {
      problems.error("subnet", `${JSON.stringify(text)} is not a network`, path, {
        hint: "write it as 10.0.0.0/24 or 2001:db8::/64",
      });
      continue;
    }
    const network = networkOf(prefix, prefix.length);
    if (network.value !== prefix.value)
      problems.error("subnet", `${text} is an address in a network, not a network`, path, {
        hint: `the network is ${formatPrefix(network)}`,
      });
    const other = subnets.find((known) => overlaps(known, network));
    if (other !== undefined)
      problems.error(
        "subnet-overlap",
        `${formatPrefix(network)} overlaps ${formatPrefix(other)} of the same switch`,
        path,
      );
    else subnets.push(network);
  }
  return subnets;
}

/** Reads an address that was given, and checks it against the switch's subnets; null after an error. */
function given(text: string, path: Path, sw: Switch | null, problems: Problems): HostAddress | null {
  const parsed = withLength(text, path, sw, problems);
  if (parsed === null) return null;
  const address: HostAddress = { ...parsed, text: formatAddress(parsed), path };
  const fault = unusable(address);
  if (fault !== null) {
    problems.error("address", `${text} ${fault}`, path);
    return null;
  }
  const candidates = sw?.subnets.filter((subnet) => subnet.family === address.family) ?? [];
  const subnet = candidates.find((candidate) => contains(candidate, { family: address.family, value: address.value }));
  if (isLinkLocal(address.text) || candidates.length === 0) return address;
  const list = candidates.map(formatPrefix).join(" and ");
  if (subnet === undefined)
    problems.error("address-outside-subnet", `${address.text} is outside ${list} of switch ${sw!.name}`, path, {
      hint: `choose an address in ${list}`,
    });
  else if (subnet.length !== address.length)
    problems.error(
      "address-length",
      `${text} has prefix length ${address.length}, its subnet ${formatPrefix(subnet)} has ${subnet.length}`,
      path,
      { hint: `write ${address.text}/${subnet.length}` },
    );
  return address;
}

/** The address with a prefix length: its own, else that of the switch's subnet it lies in. */
function withLength(text: string, path: Path, sw: Switch | null, problems: Problems): Prefix | null {
  const address = parseAddress(text);
  if (address === null) {
    const full = parseInterfaceAddress(text);
    if (full === null)
      problems.error("address", `${JSON.stringify(text)} is not an address`, path, {
        hint: "write it as 10.0.0.1/24 or 2001:db8::1/64",
      });
    return full;
  }
  const family = sw?.subnets.filter((subnet) => subnet.family === address.family) ?? [];
  const subnet = family.find((candidate) => contains(candidate, address));
  if (subnet !== undefined) return { ...address, length: subnet.length };
  if (family.length > 0) {
    const list = family.map(formatPrefix).join(" and ");
    problems.error("address-outside-subnet", `${text} is outside ${list} of switch ${sw!.name}`, path, {
      hint: `choose an address in ${list}`,
    });
  } else {
    problems.error("address", `${text} has no prefix length`, path, {
      hint: `write ${text}/${address.family === 4 ? 24 : 64}, or the prefix length of its network`,
    });
  }
  return null;
}

/** Why no interface can have this address, or null. */
function unusable(address: HostAddress): string | null {
  const { family, value, length, text } = address;
  const network = networkOf(address, length);
  if (value === 0n) return "is the unspecified address";
  if (family === 4 ? value >> 24n === 127n : value === 1n) return "is a loopback address, which lo has anyway";
  if (family === 4 ? value >> 28n >= 14n : value >> 120n === 0xffn)
    return family === 4 && value >> 28n === 15n ? "is reserved" : "is a multicast address";
  if (length === 0) return "has prefix length 0, which would make every address a neighbour";
  if (value === broadcastOf(network)) return `is the broadcast address of ${formatPrefix(network)}`;
  if (value === network.value && length < bitsOf(family) - 1) {
    return family === 4
      ? `is the network ${formatPrefix(network)} itself, not a host in it`
      : `is the subnet-router anycast address of ${formatPrefix(network)}`;
  }
  return text === "" ? "is empty" : null;
}

/** Gives each port that has none the next free address of each subnet, in the order of the file. */
function pick(sw: Switch, reserved: readonly AddressRange[], problems: Problems): void {
  const waiting = sw.ports.filter((port) => port.body.address === undefined);
  if (waiting.length === 0) return;
  const taken = new Set<string>(
    [...sw.addresses, ...sw.ports.flatMap((port) => port.addresses)].map((address) => address.text),
  );
  const picked = new Map<Port, HostAddress[]>(waiting.map((port) => [port, []]));
  for (const subnet of sw.subnets) {
    const before = problems.list.length;
    let next = firstHost(subnet);
    const last = lastHost(subnet);
    let without = 0;
    for (const port of waiting) {
      let text = "";
      for (; next <= last; next++) {
        const range = reserved.find((each) => each.subnet.family === subnet.family && inRange(each, next));
        if (range !== undefined) next = range.last;
        else if (!taken.has((text = formatAddress({ family: subnet.family, value: next })))) break;
      }
      if (next > last) without++;
      else
        picked.get(port)!.push({ family: subnet.family, value: next++, length: subnet.length, text, path: port.path });
    }
    if (without > 0) exhausted(sw, subnet, waiting, without, problems);
    if (problems.list.length > before) for (const port of waiting) port.node.incomplete = true;
  }
  for (const [port, addresses] of picked) port.addresses = addresses;
}

function exhausted(sw: Switch, subnet: Prefix, waiting: readonly Port[], without: number, problems: Problems): void {
  const first = waiting[waiting.length - without]!;
  const who = without === 1 ? portLabel(first) : `${portLabel(first)} and ${without - 1} more`;
  const index = sw.subnets.indexOf(subnet);
  const path = Array.isArray(sw.body.subnet) ? [...sw.path, "subnet", index] : [...sw.path, "subnet"];
  const needed = sw.ports.length + 3;
  const length = Math.max(1, bitsOf(subnet.family) - Math.ceil(Math.log2(needed)));
  problems.error("subnet-exhausted", `${formatPrefix(subnet)} has no address left for ${who}`, path, {
    hint: `use a larger network, such as ${formatPrefix(networkOf(subnet, Math.min(length, subnet.length - 1)))}`,
  });
}
