/** `publish`: which port of which addresses leads where. */

import { familyOf, formatAddress, parseAddress } from "../../../model/index.ts";
import type { Family } from "../../../model/index.ts";
import { parsePorts, portsText } from "../../firewall-rule.ts";
import type { Path } from "../../problems.ts";
import type { PublicationBody } from "../../schema-netfilter.ts";
import { nearest, suggestion } from "../../suggest.ts";
import type { Network, Node } from "../network.ts";
import { addressesOfNode, allAddresses, linksOf, nearestAddress, ownLink } from "./names.ts";
import type { OwnLink } from "./names.ts";

export interface Publication {
  readonly path: Path;
  /** null: every address of the node. */
  readonly link: OwnLink | null;
  readonly protocols: readonly ("tcp" | "udp")[];
  readonly ports: readonly [number, number];
  /** First port of the target's range. */
  readonly toPort: number;
  readonly targets: ReadonlyMap<Family, string>;
}

export function readPublications(node: Node, network: Network): Publication[] {
  const publications = (node.body.publish ?? []).flatMap(
    (body, i) => readPublication(body, [...node.path, "publish", i], node, network) ?? [],
  );
  checkTwice(publications, network);
  return publications;
}

function checkTwice(publications: readonly Publication[], { problems }: Network): void {
  const seen: Publication[] = [];
  for (const publication of publications) {
    const { path, ports, protocols, link } = publication;
    const other = seen.find(
      (earlier) =>
        earlier.ports[0] <= ports[1] &&
        ports[0] <= earlier.ports[1] &&
        earlier.protocols.some((protocol) => protocols.includes(protocol)) &&
        (earlier.link === null || link === null || earlier.link.name === link.name) &&
        [...publication.targets.keys()].some((family) => earlier.targets.has(family)),
    );
    seen.push(publication);
    if (other === undefined) continue;
    const what = portsText([Math.max(ports[0], other.ports[0]), Math.min(ports[1], other.ports[1])]);
    const where = other.link === null ? "every address" : `the addresses of ${other.link.name}`;
    problems.error("duplicate-publication", `port ${what} on ${where} is already published`, [...path, "port"], {
      hint: "one port leads to one place: choose another port, or another interface with in:",
    });
  }
}

/** More would make maps that take longer to load than everything else. */
const MAX_RANGE = 16_384;

function readPublication(body: PublicationBody, path: Path, node: Node, network: Network): Publication | null {
  const { problems } = network;
  const fail = (
    code: string,
    summary: string,
    key: string,
    hint?: string | (() => string | undefined),
    span?: readonly [number, number],
  ): null => {
    problems.error(code, summary, [...path, key], { hint, ...(span && { span }) });
    return null;
  };
  const link = body.in === undefined ? null : ownLink(body.in, node, network);
  const unknown = link !== null && "fault" in link;
  if (unknown) fail("unknown-interface", link.fault, "in", link.hint);
  const ports = parsePorts(String(body.port));
  if (typeof ports === "string") fail("port", ports, "port", "write it as 8080 or 8000-8010");
  else if (ports[1] - ports[0] >= MAX_RANGE) fail("port", `a published range has at most ${MAX_RANGE} ports`, "port");
  const split = splitTarget(body.to);
  // Of "b:" there is nothing to point at.
  const portSpan = split.portSpan[0] < body.to.length ? split.portSpan : undefined;
  const toPorts = split.ports === null ? ports : parsePorts(split.ports);
  if (typeof toPorts === "string") {
    if (split.ports !== null)
      fail("port", toPorts, "to", "write it as 172.19.0.40:80, [2001:db8::40]:80, b:80 or b", portSpan);
  } else if (typeof ports !== "string" && toPorts[1] - toPorts[0] !== ports[1] - ports[0]) {
    const hint = `write a range of ${ports[1] - ports[0] + 1}, or none: then the ports stay the same`;
    return fail("port", `${portsText(ports)} and ${portsText(toPorts)} differ in length`, "to", hint, portSpan);
  }
  const targets = targetsOf(split.host, node, network, (summary, hint) =>
    fail("publish", summary, "to", hint, split.hostSpan),
  );
  if (typeof ports === "string" || typeof toPorts === "string" || unknown || targets === null) return null;
  const usable = new Map([...targets].filter(([family]) => canHave(family, link, node, network)));
  if (usable.size === 0) {
    if (node.incomplete) return null;
    const version = targets.has(4) ? "IPv4" : "IPv6";
    const who = link === null ? node.name : `${link.name} of ${node.name}`;
    return fail("publish", `${who} has no ${version} address that could be published`, "to", undefined, split.hostSpan);
  }
  const protocols = body.protocol === "both" ? (["tcp", "udp"] as const) : ([body.protocol ?? "tcp"] as const);
  return { path, link, protocols, ports, toPort: toPorts[0], targets: usable };
}

/** Whether there is an address of the family to publish on; leased ones are not known in advance. */
function canHave(family: Family, link: OwnLink | null, node: Node, network: Network): boolean {
  const links = link === null ? linksOf(node, network) : [link];
  return links.some((one) => one.leased || one.addresses.some((address) => address.family === family));
}

interface Split {
  readonly host: string;
  readonly hostSpan: readonly [number, number];
  /** null: none given. */
  readonly ports: string | null;
  readonly portSpan: readonly [number, number];
}

/** `host:port`, `[v6]:port`, `host`, `v6`. */
function splitTarget(text: string): Split {
  const bracket = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const colon = text.lastIndexOf(":");
  if (bracket !== null) {
    const end = 1 + bracket[1]!.length;
    return { host: bracket[1]!, hostSpan: [1, end], ports: bracket[2] ?? null, portSpan: [end + 2, text.length] };
  }
  if (colon < 0 || parseAddress(text) !== null)
    return { host: text, hostSpan: [0, text.length], ports: null, portSpan: [text.length, text.length] };
  return {
    host: text.slice(0, colon),
    hostSpan: [0, colon],
    ports: text.slice(colon + 1),
    portSpan: [colon + 1, text.length],
  };
}

type Report = (summary: string, hint?: string | (() => string | undefined)) => null;

function targetsOf(host: string, node: Node, network: Network, report: Report): Map<Family, string> | null {
  const address = parseAddress(host);
  if (address !== null) {
    const all = allAddresses(network);
    const text = formatAddress(address);
    if (all.has(text) || network.servers.length > 0) return new Map([[familyOf(text), text]]);
    if ([...network.nodes.values()].some((other) => other.incomplete)) return null;
    return report(`no node has the address ${host}`, () => suggestion(host, [...all]));
  }
  const target = network.nodes.get(host);
  if (target === undefined) {
    if (network.switches.has(host)) return report(`${host} is a switch, not a node`);
    if (network.pruned.some((path) => path.length < 3)) return null;
    return report(`there is no node ${JSON.stringify(host)}`, () => {
      const near = nearest(host, network.nodes.keys());
      return near === null ? suggestion(host, [...network.nodes.keys()]) : `did you mean ${JSON.stringify(near)}?`;
    });
  }
  const targets = new Map<Family, string>();
  for (const family of [4, 6] as const) {
    const found = nearestAddress(target, node, family, network);
    if (found !== null) targets.set(family, found);
  }
  if (targets.size > 0) return targets;
  if (target.incomplete) return null;
  const leased = addressesOfNode(target, network).length === 0 && linksOf(target, network).some((link) => link.leased);
  return report(
    `${host} has no address to forward connections to`,
    leased ? "reserve one for it with fixed: in the dhcp of the server" : "give one of its interfaces an address",
  );
}
