/** `uplink` of root: the interface that leads out, and which nodes use its name server. */

import { formatAddress, formatPrefix, networkOf, overlaps, parseAddress, parsePrefix } from "../../model/index.ts";
import { ROOT } from "../../model/index.ts";
import type { Namespace, NetfilterRule, Prefix, Service, Uplink } from "../../model/index.ts";
import { parsePorts } from "../firewall-rule.ts";
import type { Path } from "../problems.ts";
import type { Topology } from "../schema.ts";
import { suggestion } from "../suggest.ts";
import { lost } from "./lost.ts";
import type { HostAddress, Network, Node, Port, UplinkPort } from "./network.ts";
import { checkNic, isNic } from "./nics.ts";

/** What it is called in root. */
const LINK = "uplink0";
const KINDS = ["internet"];
/** The first is what slirp4netns has always used; each is taken only if the lab does not use it. */
const SUBNETS = ["10.0.2.0/24", "192.168.202.0/24", "172.31.202.0/24", "100.64.202.0/24"];
const MTU = 1500;
/** Hosts of the subnet, as slirp4netns numbers them. */
const GATEWAY = 2n;
const NAME_SERVER = 3n;
const OWN = 100n;

/** Adds the interface to root. After every address of the lab is known, before anything asks which interfaces root has. */
export function plugUplink(topology: Topology, network: Network): void {
  const value = topology.root?.uplink;
  if (value === undefined) return;
  const path: Path = ["root", "uplink"];
  const body = typeof value === "string" ? { kind: value } : value;
  if (isNic(body)) return checkNic(body, path, network);
  const at = typeof value === "string" ? path : [...path, "kind"];
  const { problems } = network;
  const root = network.nodes.get(ROOT)!;
  if (body.kind === undefined) {
    if (!lost(network, path))
      problems.error("missing-key", 'uplink lacks "kind"', path, {
        hint: "add kind: internet; or, with --host, interface: eth0 and bridge: br-ex",
      });
    return;
  }
  if (!KINDS.includes(body.kind)) {
    const hint = suggestion(body.kind, KINDS);
    problems.error("uplink", `${JSON.stringify(body.kind)} is not a kind of uplink`, at, { hint });
    return;
  }
  const taken = root.ports.get(LINK)?.path ?? network.switches.get(LINK)?.path;
  if (taken !== undefined) {
    problems.error("duplicate-name", `${LINK} is the name of root's uplink`, taken, { at: "key", hint: "rename it" });
    return;
  }
  const subnet =
    "subnet" in body && body.subnet !== undefined ? givenSubnet(body.subnet, path, network) : freeSubnet(network);
  const listen =
    "listen" in body && body.listen !== undefined ? listenAddress(body.listen, path, network) : "127.0.0.1";
  if (subnet === null || listen === null) return;
  const own = hostOf(subnet, OWN, path);
  const port: Port = {
    node: root,
    name: LINK,
    path,
    body: { mtu: MTU },
    plug: null,
    made: null,
    addresses: [own],
    mtu: MTU,
  };
  root.ports.set(LINK, port);
  network.uplink = {
    port,
    subnet,
    gateway: hostOf(subnet, GATEWAY, path).text,
    nameServer: hostOf(subnet, NAME_SERVER, path).text,
    loopback: !("loopback" in body) || body.loopback !== false,
    listen,
  };
}

function hostOf(subnet: Prefix, number: bigint, path: Path): HostAddress {
  const address = { family: subnet.family, value: subnet.value + number };
  return { ...address, length: subnet.length, text: formatAddress(address), path };
}

function givenSubnet(text: string, path: Path, { problems }: Network): Prefix | null {
  const prefix = parsePrefix(text);
  if (prefix !== null && prefix.family === 4 && prefix.length >= 8 && prefix.length <= 25) return prefix;
  problems.error("subnet", `${JSON.stringify(text)} is not an IPv4 network of /8 to /25`, [...path, "subnet"], {
    hint: "write it as 10.0.2.0/24",
  });
  return null;
}

function freeSubnet(network: Network): Prefix {
  const used = [...network.switches.values()].flatMap((sw) => [...sw.subnets, ...networksOf(sw.addresses)]);
  for (const node of network.nodes.values())
    for (const port of node.ports.values()) used.push(...networksOf(port.addresses));
  const candidates = SUBNETS.map((text) => parsePrefix(text)!);
  return candidates.find((candidate) => !used.some((other) => overlaps(candidate, other))) ?? candidates[0]!;
}

function networksOf(addresses: readonly HostAddress[]): Prefix[] {
  return addresses.map((address) => networkOf(address, address.length));
}

function listenAddress(text: string, path: Path, { problems }: Network): string | null {
  const address = parseAddress(text);
  if (address?.family === 4) return formatAddress(address);
  problems.error("listen", `${JSON.stringify(text)} is not an IPv4 address`, [...path, "listen"], {
    hint: "write 127.0.0.1 for this machine only, 0.0.0.0 for everyone who can reach it",
  });
  return null;
}

/** The service, and the name server for nodes whose packets can get out and back. */
export function withUplink(namespaces: readonly Namespace[], network: Network): readonly Namespace[] {
  const { uplink } = network;
  if (uplink === null) return namespaces;
  const service = serviceOf(uplink, network.nodes.get(ROOT)!);
  const leadsOut = pathFinder(namespaces, uplink);
  return namespaces.map((namespace) => {
    const own = namespace.name === ROOT ? [service] : [];
    if (!leadsOut(namespace)) return { ...namespace, services: [...namespace.services, ...own] };
    const services = namespace.services.map((each) => askingOutside(each, namespace.name, network));
    const nameService = namespace.nameService ?? { servers: [uplink.nameServer], search: [] };
    return { ...namespace, services: [...services, ...own], nameService };
  });
}

/** A resolver forwards to it and a DHCP server hands it out, unless they were given another. */
function askingOutside(service: Service, node: string, { uplink, servers }: Network): Service {
  const { nameServer } = uplink!;
  if (service.kind === "resolver" && service.upstream.length === 0) return { ...service, upstream: [nameServer] };
  if (service.kind !== "dhcp-server" || service.dns.length > 0) return service;
  const own = servers.filter((server) => server.node.name === node);
  const given = own.some(
    ({ body, port, segment }) => body.dns !== undefined && (port ?? segment)?.name === service.link,
  );
  return given ? service : { ...service, dns: [nameServer] };
}

function serviceOf({ port, subnet, gateway, nameServer, loopback, listen }: UplinkPort, root: Node): Uplink {
  const forward = (root.body.publish ?? []).flatMap(({ port: text, in: link, protocol }) => {
    const ports = parsePorts(String(text));
    // Errors in it were reported where it was parsed.
    if (typeof ports === "string" || (link !== undefined && link !== port.name)) return [];
    const protocols = protocol === "both" ? (["tcp", "udp"] as const) : ([protocol ?? "tcp"] as const);
    return protocols.map((each) => ({ protocol: each, from: ports[0], to: ports[1], listen }));
  });
  const address = port.addresses[0]!.text;
  return {
    kind: "uplink",
    link: port.name,
    subnet: formatPrefix(subnet),
    address,
    gateway,
    nameServer,
    loopback,
    forward,
  };
}

/** Whether a node's packets reach the uplink by default routes, and leave it with root's own address. */
function pathFinder(namespaces: readonly Namespace[], uplink: UplinkPort): (from: Namespace) => boolean {
  const byName = new Map(namespaces.map((namespace) => [namespace.name, namespace]));
  const owners = new Map(namespaces.flatMap((each) => each.addresses.map(({ address }) => [address, each] as const)));
  const root = byName.get(ROOT)!;
  const hop = (node: Namespace): string | null =>
    node.routes.find(({ to, type }) => to === "0.0.0.0/0" && type === "unicast")?.nextHops[0]?.via ?? null;
  const out = hop(root) === uplink.gateway;
  const translated =
    root.forwarding.ipv4 &&
    root.netfilter.some(({ chains }) =>
      chains.some(
        ({ base, rules }) => base?.hook === "postrouting" && rules.some((rule) => translatesAt(rule, uplink.port.name)),
      ),
    );
  return (from) => {
    if (from === root || !out || !translated) return from === root && out;
    const seen = new Set<Namespace>();
    for (let node: Namespace | undefined = from; node !== undefined && !seen.has(node);) {
      if (node === root) return true;
      if (node !== from && !node.forwarding.ipv4) return false;
      seen.add(node);
      const via = hop(node);
      node = via === null ? undefined : owners.get(via);
    }
    return false;
  };
}

/** Masquerade or source NAT of what leaves by that interface. */
function translatesAt({ steps }: NetfilterRule, link: string): boolean {
  const elsewhere = steps.some(
    (step) => step.kind === "match" && step.fields[0] === "oifname" && step.values.includes(link) === step.not,
  );
  return !elsewhere && steps.some(({ kind }) => kind === "masquerade" || kind === "snat");
}
