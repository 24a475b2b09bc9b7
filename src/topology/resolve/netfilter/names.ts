/** What the words of `firewall`, `nat`, `publish` and `groups` name: interfaces, addresses, nodes, switches, groups. */

import {
  contains,
  familyOf,
  formatAddress,
  formatPrefix,
  isLinkLocal,
  networkOf,
  parseAddress,
  parseInterfaceAddress,
} from "../../../model/index.ts";
import type { Family, Prefix } from "../../../model/index.ts";
import { suggestion } from "../../suggest.ts";
import type { HostAddress, Network, Node } from "../network.ts";
import { isLeased } from "../programs/scopes.ts";

/** An interface of a node; of root also a switch. */
export interface OwnLink {
  readonly name: string;
  readonly addresses: readonly HostAddress[];
  /** Its address is known only when the lab is up. */
  readonly leased: boolean;
  /** The switch that it is, or is plugged into. */
  readonly segment: string | null;
}

export function linksOf(node: Node, network: Network): OwnLink[] {
  const links: OwnLink[] = [...node.ports.values()].map((port) => ({
    name: port.name,
    addresses: port.addresses,
    leased: isLeased(port),
    segment: port.plug?.kind === "switch" ? port.plug.to.name : null,
  }));
  if (node.section === "root")
    for (const { name, addresses } of network.switches.values())
      links.push({ name, addresses, leased: false, segment: name });
  return links;
}

/** An interface of the node by its name, or what is wrong. */
export function ownLink(
  name: string,
  node: Node,
  network: Network,
): OwnLink | { readonly fault: string; readonly hint: string | undefined } {
  const links = linksOf(node, network);
  const found = links.find((link) => link.name === name);
  if (found !== undefined) return found;
  const on = links.find((link) => link.segment === name);
  return {
    fault: `${node.name} has no interface ${JSON.stringify(name)}`,
    hint:
      on === undefined
        ? suggestion(
            name,
            links.map((link) => link.name),
          )
        : `its interface on switch ${name} is ${on.name}`,
  };
}

/** Every address of a node that others can aim at, also those that a DHCP server keeps for it. */
export function addressesOfNode(node: Node, network: Network): { readonly address: string; readonly in: Prefix }[] {
  const own = linksOf(node, network).flatMap((link) => link.addresses);
  const kept = network.servers.flatMap((server) =>
    server.fixed
      .filter((lease) => lease.client === node.name)
      .map(({ text, subnet }) => ({ address: text, in: subnet })),
  );
  return [
    ...own
      .filter((address) => !isLinkLocal(address.text))
      .map((address) => ({ address: address.text, in: networkOf(address, address.length) })),
    ...kept,
  ];
}

/** The address of a node to lead connections to: one that is on a network of the node that leads them, else its first. */
export function nearestAddress(target: Node, from: Node, family: Family, network: Network): string | null {
  const candidates = addressesOfNode(target, network).filter(({ address }) => familyOf(address) === family);
  const own = linksOf(from, network).flatMap((link) => link.addresses);
  const near = candidates.find((candidate) => own.some((address) => contains(candidate.in, address)));
  return (near ?? candidates[0])?.address ?? null;
}

/** The addresses of all nodes, to report unknown ones. Built once for each network. */
export function allAddresses(network: Network): ReadonlySet<string> {
  let all = known.get(network);
  if (all === undefined) {
    all = new Set([...network.nodes.values()].flatMap((node) => addressesOfNode(node, network).map((a) => a.address)));
    known.set(network, all);
  }
  return all;
}

const known = new WeakMap<Network, ReadonlySet<string>>();

/** An address or a network, in nft's way of writing: `10.0.0.1`, `10.0.0.0/24`; null when it is neither. */
export function parseNetwork(text: string): { readonly prefix: Prefix; readonly exact: boolean } | null {
  const address = parseAddress(text);
  if (address !== null) return { prefix: { ...address, length: address.family === 4 ? 32 : 128 }, exact: true };
  const prefix = parseInterfaceAddress(text);
  if (prefix === null) return null;
  const whole = networkOf(prefix, prefix.length);
  return { prefix: whole, exact: whole.value === prefix.value };
}

/** Of one family, as nft writes them, without what lies within another: the kernel takes no ranges that overlap. */
export function disjoint(prefixes: readonly Prefix[]): string[] {
  const sorted = [...prefixes].sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.length - b.length));
  const kept = new Set<Prefix>();
  let outer: Prefix | undefined;
  for (const prefix of sorted) {
    if (outer !== undefined && contains(outer, prefix)) continue;
    kept.add((outer = prefix));
  }
  return prefixes.filter((prefix) => kept.has(prefix)).map(prefixText);
}

export function prefixText(prefix: Prefix): string {
  const host = prefix.length === (prefix.family === 4 ? 32 : 128);
  return host ? formatAddress(prefix) : formatPrefix(prefix);
}
