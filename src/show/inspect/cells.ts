/** What interfaces, addresses and routes look like in every table of them. */

import type { Link, LinkRef, Model, Namespace, NextHop, Route } from "../../model/index.ts";
import { detailsOf, isLinkLocal, kindOf, labelOf, lowerOf, ROOT, tableOf } from "../../model/index.ts";
import type { Style } from "../style.ts";
import type { Cell } from "../table.ts";
import type { Inspected } from "./types.ts";

export const key = (namespace: string, link: string): string => `${namespace}\0${link}`;

export type Links = ReadonlyMap<string, Link>;

export function linksOf(model: Model): Links {
  return new Map(model.namespaces.flatMap((ns) => ns.links.map((link) => [key(ns.name, link.name), link])));
}

export function reference({ namespace, link }: LinkRef): string {
  return `${namespace}:${link}`;
}

/** Loopback has one of zeros. */
export function macText(link: Link): string {
  return link.kind === "loopback" ? "" : (link.mac ?? "");
}

/** A bridge has no carrier before its first port; for other links it means that the other end is down. */
export function stateCell(node: string, link: Link, details: Inspected["details"], style: Style): Cell {
  const { green, red, yellow } = style.colours;
  if (!link.up) return { text: "down", paint: red };
  return details[node]?.[link.name]?.carrier === false
    ? { text: "no carrier", paint: yellow }
    : { text: "up", paint: green };
}

/** Link-local addresses, which every interface with IPv6 has, are included only with `all`. */
export function addressesText(namespace: Namespace, link: string, all: boolean): string {
  return namespace.addresses
    .filter((one) => one.link === link && (all || !isLinkLocal(one.address)))
    .map((one) => `${one.address}/${one.prefixLength}`)
    .join(" ");
}

/** The switch behind the cable, or the interface at its other end; what it is on, or where a tunnel leads. */
export function pluggedInto(link: Link, links: Links): string {
  if (link.master !== null) return link.master;
  const lower = lowerOf(link);
  if (lower !== null) return `on ${lower.link}`;
  if (tableOf(link.kind)?.tunnel === true) return farEnd(detailsOf(link));
  if (link.kind !== "veth") return "";
  if (link.peer === null) return "(outside)";
  return links.get(key(link.peer.namespace, link.peer.link))?.master ?? reference(link.peer);
}

function farEnd({ remote, group }: Readonly<Record<string, string | number>>): string {
  const far = remote ?? group;
  return far === undefined ? "" : `to ${far}`;
}

/** The kind of a link, with what tells it from others of its kind: `vxlan 42`. */
export function kindText(link: Link): string {
  const table = tableOf(link.kind);
  return table === null ? kindOf(link) : labelOf(table, detailsOf(link));
}

/** Switch ports are represented by the interface at their other end, so those of the machine are not listed again. */
export function isPort(link: Link, links: Links): boolean {
  return (
    link.master !== null &&
    link.kind === "veth" &&
    link.peer !== null &&
    links.has(key(link.peer.namespace, link.peer.link))
  );
}

/** Who is plugged in: nodes where there are any, else names of ports. */
export function portsOf(namespace: Namespace, bridge: string): string[] {
  return namespace.links
    .filter((port) => port.master === bridge)
    .map((port) =>
      port.kind === "veth" && port.peer !== null && port.peer.namespace !== namespace.name
        ? port.peer.namespace
        : port.name,
    );
}

export function destination({ to, family }: Pick<Route, "to" | "family">): string {
  if (to === "0.0.0.0/0") return "default";
  return to === "::/0" && family === 6 ? "default (IPv6)" : to;
}

/** Not the kernel's bookkeeping: IPv6 link-local and multicast, what is in the local table. */
export function isTelling(route: Route): boolean {
  if (route.origin !== "kernel") return true;
  return (
    route.type === "unicast" && route.table === 254 && !route.to.startsWith("fe80:") && !route.to.startsWith("ff00:")
  );
}

export const ROUTE_COLUMNS = [
  { title: "destination" },
  { title: "type" },
  { title: "via", shrink: 1 },
  { title: "interface", shrink: 2, fit: "middle" },
  { title: "metric", align: "right", spare: 2 },
  { title: "table", align: "right" },
  { title: "source", spare: 3 },
  { title: "origin", spare: 1 },
] as const;

export function routeCells(route: Route): string[] {
  const { nextHops, origin, type, metric, table, source } = route;
  return [
    destination(route),
    type === "unicast" ? "" : type,
    nextHops.map((hop) => hopText(hop, nextHops.length > 1)).join(", "),
    [...new Set(nextHops.map(({ link }) => link ?? ""))].join(" "),
    metric === (route.family === 6 && origin !== "kernel" ? 1024 : 0) ? "" : String(metric),
    table === 254 ? "" : String(table),
    // The kernel's own routes carry the address they come from, which adds nothing.
    origin === "kernel" ? "" : (source ?? ""),
    origin === "kernel" ? "connected" : origin,
  ];
}

function hopText({ via, link, weight }: NextHop, several: boolean): string {
  const where = via ?? (several ? (link ?? "") : "");
  return several && weight > 1 ? `${where} ×${weight}` : where;
}

/** `router, forwards IPv4`. */
export function roleText({ name, forwarding: { ipv4, ipv6 } }: Namespace): string {
  const families = [...(ipv4 ? ["IPv4"] : []), ...(ipv6 ? ["IPv6"] : [])].join(" and ");
  if (name === ROOT) return families === "" ? "the machine" : `the machine, forwards ${families}`;
  return families === "" ? "host" : `router, forwards ${families}`;
}
