/** `dns`: resolvers that know the nodes by name. */

import { addressesOf, formatAddress, parseAddress } from "../../../model/index.ts";
import type { Namespace, Resolver } from "../../../model/index.ts";
import { listed } from "../network.ts";
import type { Network, Node } from "../network.ts";
import { domainIn } from "./domain.ts";

/** Names that mean themselves in dnsmasq's configuration; it does not listen on others. */
const PLAIN = /^[A-Za-z0-9_.-]+$/;

export function hasResolver({ body }: Node): boolean {
  return body.dns !== undefined && body.dns !== false;
}

/** As in the file; whether it is valid is checked where the resolver is made. */
export function domainOf({ body }: Node): string | null {
  return typeof body.dns === "object" ? (body.dns.domain?.toLowerCase() ?? null) : null;
}

/** The resolver of a node; `namespaces` are all of the model, whose static addresses it knows. */
export function resolverOf(node: Node, network: Network, namespaces: readonly Namespace[]): Resolver {
  const body = typeof node.body.dns === "object" ? node.body.dns : {};
  const path = [...node.path, "dns"];
  const upstream = listed(body.upstream, [...path, "upstream"]).flatMap(({ text, path: at }) => {
    const address = parseAddress(text);
    if (address !== null) return [formatAddress(address)];
    network.problems.error("dns-upstream", `${JSON.stringify(text)} is not the address of a name server`, at, {
      hint: "write it as 192.0.2.53",
    });
    return [];
  });
  const own = namespaces.find(({ name }) => name === node.name)!;
  const addressed = new Set(addressesOf(own).map(({ link }) => link));
  return {
    kind: "resolver",
    links: own.links
      .map(({ name }) => name)
      .filter((name) => name === "lo" || (addressed.has(name) && PLAIN.test(name))),
    upstream,
    domain: domainIn(body.domain, [...path, "domain"], network),
    hosts: namespaces.flatMap((each) => addressesOf(each).map(({ address }) => ({ name: each.name, address }))),
  };
}
