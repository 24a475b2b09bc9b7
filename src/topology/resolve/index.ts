/**
 * From a topology of the right shape to the model: names looked up, defaults filled in, addresses picked.
 * In: a topology object and the lab's name. Out: the model, the expectations, and every problem on the way; pure.
 * The passes are the files of this folder, in the order in which they are called below; each goes on after a problem, so
 * that a user sees them all. A model is meaningless if there was an error among the problems: the caller must look.
 * Names are looked up in maps throughout, so that the cost grows with the size of the topology and not its square.
 */

import { canonical, isLinkLocal, linkLocalFromMac } from "../../model/index.ts";
import type { Address, Expectation, Link, Model, Namespace } from "../../model/index.ts";
import { parseExpectation } from "../expect.ts";
import type { Path, Problem } from "../problems.ts";
import type { Topology } from "../schema.ts";
import { assignAddresses } from "./addresses.ts";
import { collect, plugIn } from "./collect.ts";
import { checkConflicts } from "./conflicts.ts";
import { buildLinks, hasIpv6, settleMtus } from "./links.ts";
import type { HostAddress, Network, Node } from "./network.ts";
import { netfilterOf } from "./netfilter/index.ts";
import { forwards, routesOf } from "./routes.ts";
import {
  checkScopes,
  clientSysctls,
  hearsRouters,
  nameServiceOf,
  servicesOf,
  withResolvers,
} from "./programs/index.ts";
import { plugUplink, withUplink } from "./root-uplink.ts";
import { sysctlsOf } from "./sysctls.ts";

export interface Resolution {
  readonly model: Model;
  readonly expect: readonly Expectation[];
  readonly problems: readonly Problem[];
}

/** @param pruned paths of what was taken out of the topology because its shape was wrong. */
export function resolve(topology: Topology, lab: string, pruned: readonly Path[] = []): Resolution {
  const network = collect(topology, lab, pruned);
  plugIn(network);
  assignAddresses(network);
  plugUplink(topology, network);
  checkConflicts(network);
  checkScopes(network);
  settleMtus(network);
  const links = buildLinks(network);
  const netfilter = netfilterOf(topology, network);
  const nodes = [...network.nodes.values()].map((node) => ({
    ...namespaceOf(node, links, network),
    netfilter: netfilter(node),
  }));
  const namespaces = withUplink(withResolvers(nodes, network), network);
  const expect = expectations(topology, network);
  return { model: canonical({ name: lab, namespaces }), expect, problems: network.problems.list };
}

function namespaceOf(node: Node, every: ReadonlyMap<string, Link[]>, network: Network): Namespace {
  const links = every.get(node.name)!;
  const forwarding = forwards(node, network);
  const ipv6 = hasIpv6(node, network) || [...node.ports.values()].some((port) => hearsRouters(port, network));
  return {
    name: node.name,
    forwarding: { ipv4: forwarding, ipv6: forwarding && ipv6 },
    links,
    addresses: addressesOf(node, links, network),
    routes: routesOf(node, network),
    rules: [],
    neighbours: [],
    sysctls: { ...clientSysctls(node, network), ...sysctlsOf(node, network) },
    netfilter: [],
    services: servicesOf(node, network, every),
    nameService: nameServiceOf(node),
  };
}

/**
 * Static addresses, and on each link that has any for IPv6 also its link-local one: netloom turns the kernel's own
 * generation of them off (addrgenmode none), so that nothing waits for duplicate address detection.
 */
function addressesOf(node: Node, links: readonly Link[], network: Network): Address[] {
  const addresses: Address[] = [];
  for (const link of links) {
    const own =
      node.ports.get(link.name)?.addresses ??
      (link.kind === "bridge" ? network.switches.get(link.name)!.addresses : []);
    addresses.push(...own.map((address) => staticAddress(link.name, address)));
    const six = own.filter((address) => address.family === 6);
    const port = node.ports.get(link.name);
    const speaks = six.length > 0 || (port !== undefined && hearsRouters(port, network));
    if (!speaks || six.some((address) => isLinkLocal(address.text)) || link.mac === null) continue;
    addresses.push({
      link: link.name,
      family: 6,
      address: linkLocalFromMac(link.mac),
      prefixLength: 64,
      origin: "static",
    });
  }
  return addresses;
}

function staticAddress(link: string, { family, text, length }: HostAddress): Address {
  return { link, family, address: text, prefixLength: length, origin: "static" };
}

function expectations(topology: Topology, network: Network): Expectation[] {
  // With a node missing for another reason, its name would be called unknown here.
  if (network.pruned.some((path) => path.length < 3)) return [];
  const lines = topology.expect ?? [];
  return lines.flatMap((line, i) => parseExpectation(line, ["expect", i], network.nodes, network.problems) ?? []);
}
