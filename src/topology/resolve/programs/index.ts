/**
 * resolve/programs/: the programs that a topology asks for, in the model's words: DHCP servers and clients, resolvers,
 * processes. In: the network with its addresses picked (scopes.ts runs before that). Out: services and the
 * sysctls that go with them; faults are reported.
 */

import type { Link, Namespace, NameService, Service } from "../../../model/index.ts";
import type { Network, Node } from "../network.ts";
import { processesOf } from "./processes.ts";
import { domainOf, hasResolver, resolverOf } from "./resolvers.ts";
import { clientsOf, serversOf } from "./servers.ts";

export { checkScopes } from "./check.ts";
export { clientSysctls, hearsRouters } from "./servers.ts";

/** Everything except the resolvers, which need all addresses first. */
export function servicesOf(node: Node, network: Network, links: ReadonlyMap<string, readonly Link[]>): Service[] {
  return [...serversOf(node, network, links), ...clientsOf(node, network), ...processesOf(node, network)];
}

/** A node with a resolver asks its own. */
export function nameServiceOf(node: Node): NameService | null {
  if (!hasResolver(node)) return null;
  const domain = domainOf(node);
  return { servers: ["127.0.0.1"], search: domain === null ? [] : [domain] };
}

export function withResolvers(namespaces: readonly Namespace[], network: Network): readonly Namespace[] {
  return namespaces.map((namespace) => {
    const node = network.nodes.get(namespace.name)!;
    if (!hasResolver(node)) return namespace;
    return { ...namespace, services: [...namespace.services, resolverOf(node, network, namespaces)] };
  });
}
