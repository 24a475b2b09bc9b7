/** Default gateways and static routes of a node. */

import { contains, isLinkLocal, networkOf, parseAddress, ROOT } from "../model/index.ts";
import type { Namespace, NextHop, Route } from "../model/index.ts";
import type { NodeBody, RouteBody } from "../topology/schema.ts";
import type { Findings } from "./findings.ts";
import type { Wiring } from "./wiring.ts";

const MAIN_TABLE = 254;
const TYPES: readonly Route["type"][] = ["unicast", "blackhole", "unreachable", "prohibit"];

/** A gateway is spelt out, and so is having none. */
export function routesOf(
  namespace: Namespace,
  wiring: Wiring,
  findings: Findings,
): Pick<NodeBody, "gateway" | "routes"> {
  const links = linksOf(namespace, wiring);
  const gateway: string[] = [];
  const routes: RouteBody[] = [];
  for (const route of namespace.routes.filter(({ origin }) => origin === "static")) {
    const fault = faultOf(route, links);
    if (fault !== null) findings.lose(`${namespace.name} route to ${route.to}`, fault);
    else if (isGateway(route, namespace, links)) gateway.push(route.nextHops[0]!.via!);
    else routes.push(routeBody(route, namespace, links));
  }
  return { gateway, ...(routes.length === 0 ? {} : { routes }) };
}

/** In the order in which netloom looks for the link to a gateway. */
function linksOf(namespace: Namespace, { sockets, switches }: Wiring): string[] {
  const own = [...(sockets.get(namespace.name)?.keys() ?? [])];
  if (namespace.name !== ROOT) return own;
  const uplinks = namespace.services.flatMap((service) => (service.kind === "uplink" ? [service.link] : []));
  return [...own, ...uplinks, ...switches.map(({ name }) => name)];
}

function faultOf({ family, type, nextHops }: Route, links: readonly string[]): string | null {
  if (!TYPES.includes(type)) return `a route of the type ${type}`;
  if (type === "unicast" && nextHops.length === 0) return "a route that leads nowhere";
  if (nextHops.some(({ weight }) => weight !== 1)) return "a route whose gateways have weights";
  const strange = nextHops.find(({ link }) => link !== null && !links.includes(link))?.link;
  if (strange !== undefined && strange !== null) return `it leaves through ${strange}, which the file does not have`;
  if (nextHops.length > 1 && nextHops.some(({ via }) => via === null)) return "a route over several links";
  const foreign = nextHops.find(({ via }) => via !== null && via.includes(":") !== (family === 6));
  return foreign === undefined ? null : `its gateway ${foreign.via} is of the other IP version`;
}

function isDefault({ to }: Route): boolean {
  return to === "0.0.0.0/0" || to === "::/0";
}

function usualMetric({ family }: Route): number {
  return family === 4 ? 0 : 1024;
}

function isGateway(route: Route, namespace: Namespace, links: readonly string[]): boolean {
  const [hop] = route.nextHops;
  const plain = isDefault(route) && route.type === "unicast" && route.table === MAIN_TABLE && route.source === null;
  return (
    plain &&
    route.metric === usualMetric(route) &&
    route.nextHops.length === 1 &&
    hop!.via !== null &&
    linkTo(hop!.via, namespace, links) === hop!.link
  );
}

/** The link on which netloom finds a gateway by itself. */
function linkTo(via: string, { addresses }: Namespace, links: readonly string[]): string | null {
  if (isLinkLocal(via)) return null;
  const gateway = parseAddress(via)!;
  const near = (link: string): boolean =>
    addresses.some(
      (own) =>
        own.link === link &&
        own.origin === "static" &&
        contains(networkOf(parseAddress(own.address)!, own.prefixLength), gateway),
    );
  return links.find(near) ?? null;
}

function routeBody(route: Route, namespace: Namespace, links: readonly string[]): RouteBody {
  const { to, type, table, metric, source, nextHops } = route;
  const vias = nextHops.flatMap(({ via }) => via ?? []);
  const found = nextHops.every((hop: NextHop) => hop.via !== null && linkTo(hop.via, namespace, links) === hop.link);
  const dev = nextHops[0]?.link ?? null;
  return {
    to: isDefault(route) && (route.family === 4 || vias.length > 0) ? "default" : shortened(to),
    ...(vias.length === 0 ? {} : { via: vias.length === 1 ? vias[0]! : vias }),
    ...(found || dev === null ? {} : { dev }),
    ...(metric === usualMetric(route) ? {} : { metric }),
    ...(table === MAIN_TABLE ? {} : { table }),
    ...(source === null ? {} : { source }),
    ...(type === "unicast" ? {} : { type: type as NonNullable<RouteBody["type"]> }),
  };
}

/** A single address goes without a length. */
function shortened(to: string): string {
  return to.replace(to.includes(":") ? /\/128$/ : /\/32$/, "");
}
