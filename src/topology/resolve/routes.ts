/** Fifth pass: default gateways, given or found, and static routes. */

import {
  contains,
  familyOf,
  formatAddress,
  formatPrefix,
  isLinkLocal,
  networkOf,
  parseAddress,
  parseInterfaceAddress,
} from "../../model/index.ts";
import type { Family, IpAddress, NextHop, Prefix, Route } from "../../model/index.ts";
import type { Path } from "../problems.ts";
import type { RouteBody } from "../schema.ts";
import { suggestion } from "../suggest.ts";
import { listed } from "./network.ts";
import type { HostAddress, Network, Node, Port, Switch } from "./network.ts";

const MAIN_TABLE = 254;
/** IP6_RT_PRIO_USER: what the kernel gives an IPv6 route without a metric. */
const IPV6_METRIC = 1024;

/** A link of a node with its addresses; for root also the switches. */
interface Attached {
  readonly link: string;
  readonly up: boolean;
  readonly addresses: readonly HostAddress[];
}

function attachedTo(node: Node, network: Network): Attached[] {
  const links: Attached[] = [...node.ports.values()].map((port) => ({
    link: port.name,
    up: port.body.up ?? true,
    addresses: port.addresses,
  }));
  if (node.section !== "root") return links;
  for (const sw of network.switches.values())
    links.push({ link: sw.name, up: sw.body.up ?? true, addresses: sw.addresses });
  return links;
}

/** Every desired route of a node; faults are reported. */
export function routesOf(node: Node, network: Network): Route[] {
  const links = attachedTo(node, network);
  const routes: Route[] = [];
  const seen = new Set<string>();
  const add = (route: Route | null, path: Path, metricPath: Path): void => {
    if (route === null) return;
    const id = `${route.to} ${route.table} ${route.metric}`;
    if (seen.has(id))
      network.problems.error(
        "duplicate-route",
        `${node.name} already has a route to ${route.to} with metric ${route.metric}`,
        metricPath,
        { hint: "give one of them another metric, or list both gateways in one via" },
      );
    seen.add(id);
    const down = links.find((link) => !link.up && route.nextHops.some((hop) => hop.link === link.link));
    if (down === undefined) routes.push(route);
    // The kernel refuses such a route (ENETDOWN).
    else
      network.problems.warn(
        "route-on-down-link",
        `the route to ${route.to} is left out: ${down.link} of ${node.name} is down`,
        path,
      );
  };
  if (node.body.gateway !== undefined) {
    for (const { text, path } of listed(node.body.gateway, [...node.path, "gateway"]))
      add(gatewayRoute(text, path, node, links, network), path, path);
  } else if (node.section === "hosts" && !givesDefault(node)) {
    routes.push(...foundDefaults(node, network));
  } else if (node.section === "root" && network.uplink !== null && !givesDefault(node)) {
    routes.push(defaultRoute(4, network.uplink.gateway, network.uplink.port.name));
  }
  for (const [i, body] of (node.body.routes ?? []).entries()) {
    const path = [...node.path, "routes", i];
    add(staticRoute(body, path, node, links, network), path, [...path, "to"]);
  }
  return routes;
}

/** A host with an explicit default route gets no other. */
function givesDefault(node: Node): boolean {
  return (node.body.routes ?? []).some(
    (route) => route.to === "default" || route.to === "0.0.0.0/0" || route.to === "::/0",
  );
}

function unicast(family: Family, to: string, nextHops: readonly NextHop[]): Route {
  return {
    family,
    to,
    type: "unicast",
    table: MAIN_TABLE,
    metric: family === 4 ? 0 : IPV6_METRIC,
    source: null,
    nextHops,
    origin: "static",
  };
}

function defaultRoute(family: Family, via: string, link: string): Route {
  return unicast(family, family === 4 ? "0.0.0.0/0" : "::/0", [{ via, link, weight: 1 }]);
}

function gatewayRoute(
  text: string,
  path: Path,
  node: Node,
  links: readonly Attached[],
  network: Network,
): Route | null {
  const hop = nextHop(text, undefined, path, node, links, network);
  return hop === null ? null : defaultRoute(familyOf(hop.via!), hop.via!, hop.link!);
}

/** For each family, from the first interface on a switch that offers a gateway. */
function foundDefaults(node: Node, network: Network): Route[] {
  const routes: Route[] = [];
  for (const family of [4, 6] as const) {
    for (const port of node.ports.values()) {
      if (port.plug?.kind !== "switch" || port.body.up === false) continue;
      const gateway = gatewayOn(port.plug.to, port, family, network);
      if (gateway === null) continue;
      routes.push(defaultRoute(family, gateway, port.name));
      break;
    }
  }
  return routes;
}

/** The switch's own address, else that of the only router on it, if it is in one of the port's subnets. */
function gatewayOn(sw: Switch, port: Port, family: Family, network: Network): string | null {
  const near = (address: HostAddress): boolean =>
    address.family === family &&
    !isLinkLocal(address.text) &&
    port.addresses.some(
      (own) =>
        own.family === family && own.value !== address.value && contains(networkOf(own, own.length), bare(address)),
    );
  const own = sw.addresses.find(near);
  if (own !== undefined) return own.text;
  const routers = routersOn(sw, network);
  if (routers.length === 0 || routers.some((router) => router.node !== routers[0]!.node)) return null;
  return routers.flatMap((router) => router.addresses).find(near)?.text ?? null;
}

// Found once per switch: a thousand hosts ask.
const routerCache = new WeakMap<Switch, Port[]>();

function routersOn(sw: Switch, network: Network): readonly Port[] {
  let routers = routerCache.get(sw);
  if (routers === undefined) routerCache.set(sw, (routers = sw.ports.filter(({ node }) => forwards(node, network))));
  return routers;
}

/** Whether a node was asked to forward. */
export function forwards(node: Node, _network: Network): boolean {
  return node.body.forwarding ?? node.section === "routers";
}

const bare = ({ family, value }: IpAddress): IpAddress => ({ family, value });

/** Checks a gateway and finds the link it is on; null after an error. */
function nextHop(
  text: string,
  dev: string | undefined,
  path: Path,
  node: Node,
  links: readonly Attached[],
  network: Network,
): NextHop | null {
  const { problems } = network;
  const parsed = parseAddress(text);
  if (parsed === null) {
    const hint =
      parseInterfaceAddress(text) === null
        ? "write it as 10.0.0.1 or 2001:db8::1"
        : `write ${text.slice(0, text.indexOf("/"))}, without the prefix length`;
    problems.error("gateway", `${JSON.stringify(text)} is not a gateway's address`, path, { hint });
    return null;
  }
  const via = formatAddress(parsed);
  if (links.some((link) => link.addresses.some((own) => own.text === via))) {
    problems.error("gateway", `${via} is an address of ${node.name} itself`, path, {
      hint: "a gateway is the address of the next router",
    });
    return null;
  }
  // Every link has fe80::/64, so only `dev` can identify the one meant.
  if (isLinkLocal(via) && dev !== undefined) return { via, link: dev, weight: 1 };
  const near = links.filter(
    (link) =>
      (dev === undefined || link.link === dev) &&
      link.addresses.some((own) => contains(networkOf(own, own.length), parsed)),
  );
  if (near.length > 0 && !isLinkLocal(via)) return { via, link: near[0]!.link, weight: 1 };
  if (node.incomplete) return null;
  const subnets = links
    .filter((link) => dev === undefined || link.link === dev)
    .flatMap((link) =>
      link.addresses
        .filter((own) => own.family === parsed.family)
        .map((own) => `${formatPrefix(networkOf(own, own.length))} on ${link.link}`),
    );
  const attached = subnets.length === 0 ? `no IPv${parsed.family} network` : subnets.slice(0, 4).join(", ");
  problems.error("gateway-unreachable", `${node.name} has no network in common with gateway ${via}`, path, {
    cause: `it is attached to ${attached}`,
    hint: isLinkLocal(via) ? "say on which interface with dev:" : "a gateway must be in one of the node's own networks",
  });
  return null;
}

function staticRoute(
  body: RouteBody,
  path: Path,
  node: Node,
  links: readonly Attached[],
  network: Network,
): Route | null {
  const { problems } = network;
  const type = body.type ?? "unicast";
  const before = problems.list.length;
  if (body.dev !== undefined && !links.some((link) => link.link === body.dev)) {
    const hint = suggestion(
      body.dev,
      links.map((link) => link.link),
    );
    problems.error("unknown-interface", `${node.name} has no interface ${JSON.stringify(body.dev)}`, [...path, "dev"], {
      hint,
    });
  }
  const vias = listed(body.via, [...path, "via"]);
  if (type !== "unicast" && (vias.length > 0 || body.dev !== undefined))
    problems.error("route", `a ${type} route leads nowhere: it has neither via nor dev`, [...path, "type"]);
  if (type === "unicast" && vias.length === 0 && body.dev === undefined)
    problems.error("route", "a route needs via or dev", path, { hint: "add via: with the next router's address" });
  const family: Family = body.to === "default" ? (parseAddress(vias[0]?.text ?? "")?.family ?? 4) : familyOf(body.to);
  const to = destination(body.to, family, [...path, "to"], network);
  const source =
    body.source === undefined ? null : sourceAddress(body.source, family, [...path, "source"], node, links, network);
  if (problems.list.length > before) return null;
  const hops = vias.map(({ text, path: at }) => {
    const hop = nextHop(text, body.dev, at, node, links, network);
    if (hop === null || familyOf(hop.via!) === family) return hop;
    problems.error("route", `${text} is not an IPv${family} address, as ${body.to} is`, at);
    return null;
  });
  if (hops.includes(null) || to === null) return null;
  const nextHops =
    type !== "unicast" ? [] : hops.length > 0 ? (hops as NextHop[]) : [{ via: null, link: body.dev!, weight: 1 }];
  return {
    ...unicast(family, formatPrefix(to), nextHops),
    type,
    table: body.table ?? MAIN_TABLE,
    metric: metricOf(body, family),
    source,
  };
}

/** The kernel reads an IPv6 metric of 0 as "the default". */
function metricOf(body: RouteBody, family: Family): number {
  return family === 4 ? (body.metric ?? 0) : body.metric || IPV6_METRIC;
}

function destination(text: string, family: Family, path: Path, { problems }: Network): Prefix | null {
  if (text === "default") return { family, value: 0n, length: 0 };
  const address = parseAddress(text);
  if (address !== null) return { ...address, length: family === 4 ? 32 : 128 };
  const prefix = parseInterfaceAddress(text);
  if (prefix === null) {
    problems.error("route", `${JSON.stringify(text)} is not a destination`, path, {
      hint: "write a network, as 10.9.0.0/16, or default",
    });
    return null;
  }
  const net = networkOf(prefix, prefix.length);
  if (net.value !== prefix.value)
    problems.error("route", `${text} is an address in a network, not a network`, path, {
      hint: `the network is ${formatPrefix(net)}`,
    });
  return net;
}

function sourceAddress(
  text: string,
  family: Family,
  path: Path,
  node: Node,
  links: readonly Attached[],
  { problems }: Network,
): string | null {
  const parsed = parseAddress(text);
  const canonical = parsed === null ? text : formatAddress(parsed);
  if (parsed?.family === family && links.some((link) => link.addresses.some((own) => own.text === canonical)))
    return canonical;
  const own = links.flatMap((link) => link.addresses.filter((a) => a.family === family).map((a) => a.text));
  const hint = suggestion(text, own);
  problems.error("route", `source ${JSON.stringify(text)} is not an address of ${node.name}`, path, { hint });
  return null;
}
