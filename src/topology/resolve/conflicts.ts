/** Fourth pass: addresses, hardware addresses and subnets that get in each other's way. */

import { contains, formatPrefix, networkOf, overlaps } from "../../model/index.ts";
import type { Prefix } from "../../model/index.ts";
import { portLabel } from "./network.ts";
import type { HostAddress, Network, Node, Port, Switch } from "./network.ts";

export function checkConflicts(network: Network): void {
  duplicateAddresses(network);
  overlappingSubnets(network);
}

interface Owner {
  readonly label: string;
  /** The switch, or the cable's first end: equal for two interfaces that hear each other. */
  readonly segment: Switch | Port | null;
  readonly node: Node | null;
}

function segmentOf(port: Port): Switch | Port | null {
  if (port.plug === null) return port;
  if (port.plug.kind === "switch") return port.plug.to;
  return portLabel(port) < portLabel(port.plug.to) ? port : port.plug.to;
}

function duplicateAddresses(network: Network): void {
  const { problems } = network;
  const owners = new Map<string, Owner[]>();
  const claim = (address: HostAddress, owner: Owner): void => {
    const others = owners.get(address.text) ?? [];
    const clash = others.find((other) => other.segment === owner.segment || other.node === owner.node);
    if (clash !== undefined) {
      problems.error("duplicate-address", `${address.text} is already the address of ${clash.label}`, address.path, {
        hint: "give one of them another address",
      });
    } else if (others.length > 0 && address.path.includes("address")) {
      problems.warn(
        "duplicate-address",
        `${address.text} is also the address of ${others[0]!.label}, on another network`,
        address.path,
      );
    }
    owners.set(address.text, [...others, owner]);
  };
  const root = network.nodes.get("root")!;
  for (const sw of network.switches.values()) {
    for (const address of sw.addresses) claim(address, { label: `switch ${sw.name}`, segment: sw, node: root });
  }
  for (const node of network.nodes.values()) {
    for (const port of node.ports.values()) {
      const segment = segmentOf(port);
      for (const address of port.addresses) claim(address, { label: portLabel(port), segment, node });
    }
  }
}

interface Subnet {
  readonly prefix: Prefix;
  readonly owner: Switch;
  readonly index: number;
}

/** Sorted by first address, a subnet that overlaps any earlier one overlaps the widest-reaching before it. */
function overlappingSubnets(network: Network): void {
  const subnets: Subnet[] = [...network.switches.values()].flatMap((owner) =>
    owner.subnets.map((prefix, index) => ({ prefix, owner, index })),
  );
  subnets.sort(
    (a, b) =>
      a.prefix.family - b.prefix.family || compare(a.prefix.value, b.prefix.value) || a.prefix.length - b.prefix.length,
  );
  let outer: Subnet | undefined;
  for (const subnet of subnets) {
    if (outer !== undefined && overlaps(outer.prefix, subnet.prefix) && outer.owner !== subnet.owner)
      report(network, outer, subnet);
    if (outer === undefined || !contains(outer.prefix, subnet.prefix)) outer = subnet;
  }
}

function report({ problems, nodes }: Network, a: Subnet, b: Subnet): void {
  const both = [...nodes.values()].find((node) => reaches(node, a) && reaches(node, b));
  const path = [...b.owner.path, "subnet", ...(Array.isArray(b.owner.body.subnet) ? [b.index] : [])];
  const what = `${formatPrefix(b.prefix)} of switch ${b.owner.name} overlaps ${formatPrefix(a.prefix)} of switch ${a.owner.name}`;
  if (both === undefined) problems.warn("subnet-overlap", `${what}: fine as long as the two never meet`, path);
  else
    problems.error("subnet-overlap", `${what}, and ${both.name} is attached to both`, path, {
      hint: "give one of the switches another subnet",
    });
}

/** Whether a node has an address in the subnet on that switch. */
function reaches(node: Node, { owner, prefix }: Subnet): boolean {
  const inside = (address: HostAddress): boolean => contains(prefix, networkOf(address, address.length));
  if (node.section === "root" && owner.addresses.some(inside)) return true;
  return owner.ports.some((port) => port.node === node && port.addresses.some(inside));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
