/** A running network as tables: switches, nodes, interfaces with what they are plugged into, routes. */

import { isLinkLocal, ROOT, roleOf } from "../model/index.ts";
import type { Link, LinkRef, Model, Namespace, NextHop, Route } from "../model/index.ts";
import { leases, processes, services } from "./programs.ts";
import type { Programs } from "./programs.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import type { Cell } from "./table.ts";

/** Ends in a newline. With `nodes`, only those. */
export function inspection(
  model: Model,
  style: Style,
  nodes?: readonly string[],
  programs: Programs = { processes: [], leases: [] },
): string {
  const chosen = nodes === undefined ? model.namespaces : model.namespaces.filter(({ name }) => nodes.includes(name));
  const links = new Map(model.namespaces.flatMap((ns) => ns.links.map((link) => [key(ns.name, link.name), link])));
  const sections: (readonly [string, string])[] = [
    ["Switches", nodes === undefined ? switches(model, style) : ""],
    ["Nodes", nodeTable(chosen, style)],
    ["Interfaces", interfaces(chosen, links, style, nodes !== undefined)],
    ["Routes", routes(chosen, style)],
    ["Services", services({ namespaces: chosen }, style)],
    ["Leases", leases(programs.leases, style)],
    ["Processes", processes(programs.processes, style)],
  ];
  const shown = sections.filter(([, text]) => text !== "");
  return `${shown.map(([title, text]) => `${style.colours.bold(title)}\n${text}`).join("\n\n")}\n`;
}

function switches(model: Model, style: Style): string {
  const rows = model.namespaces.flatMap((namespace) =>
    namespace.links
      .filter((link) => link.kind === "bridge")
      .map((link): Cell[] => {
        const ports = namespace.links.filter((port) => port.master === link.name).map((port) => port.name);
        const home = namespace.name === ROOT ? "" : namespace.name;
        return [
          link.name,
          home,
          state(link, style),
          String(link.mtu),
          link.mac ?? "",
          addresses(namespace, link.name),
          String(ports.length),
          ports.join(" "),
        ];
      }),
  );
  const columns = [
    { title: "switch" },
    { title: "in" },
    { title: "state" },
    { title: "mtu", align: "right" },
    { title: "mac" },
    { title: "addresses", shrink: 1 },
    { title: "ports", align: "right" },
    { title: "names", shrink: 2 },
  ] as const;
  return rows.length === 0 ? "" : table(columns, rows, style);
}

function nodeTable(namespaces: readonly Namespace[], style: Style): string {
  const rows = namespaces.map((namespace): Cell[] => {
    const own = namespace.addresses
      .filter(({ link, address }) => link !== "lo" && !isLinkLocal(address))
      .map((one) => `${one.address}/${one.prefixLength}`);
    const gateways = namespace.routes
      .filter((route) => route.to === "0.0.0.0/0" || route.to === "::/0")
      .flatMap((route) => route.nextHops.map(({ via, link }) => via ?? link ?? ""));
    const extra = Object.entries(namespace.sysctls).map(([name, value]) => `${name}=${value}`);
    const role = roleOf(namespace) === "root" ? "machine" : roleOf(namespace);
    const forwards = namespace.forwarding.ipv4
      ? namespace.forwarding.ipv6
        ? "IPv4 IPv6"
        : "IPv4"
      : namespace.forwarding.ipv6
        ? "IPv6"
        : "";
    return [namespace.name, role, own.join(" "), [...new Set(gateways)].join(" "), forwards, extra.join(" ")];
  });
  const columns = [
    { title: "node" },
    { title: "role" },
    { title: "addresses", shrink: 1 },
    { title: "gateway", shrink: 2 },
    { title: "forwards" },
    { title: "sysctls", shrink: 3 },
  ];
  return rows.length === 0 ? "" : table(columns, rows, style);
}

/** Ports of switches are told by the interface at their other end; so the machine's own are not listed again. */
function interfaces(
  namespaces: readonly Namespace[],
  links: ReadonlyMap<string, Link>,
  style: Style,
  all: boolean,
): string {
  const rows = namespaces.flatMap((namespace) =>
    namespace.links
      .filter(
        (link) => all || (link.kind !== "bridge" && !(link.kind === "loopback" && link.up) && !isPort(link, links)),
      )
      .map((link): Cell[] => [
        namespace.name,
        link.name,
        link.kind === "other" ? link.type : link.kind,
        state(link, style),
        String(link.mtu),
        link.mac ?? "",
        addresses(namespace, link.name),
        pluggedInto(link, links),
        link.kind === "veth" && link.peer !== null ? reference(link.peer) : "",
        link.altnames.join(" "),
      ]),
  );
  const columns = [
    { title: "node" },
    { title: "interface" },
    { title: "kind" },
    { title: "state" },
    { title: "mtu", align: "right" },
    { title: "mac", shrink: 3 },
    { title: "addresses", shrink: 1 },
    { title: "plugged into" },
    { title: "peer", shrink: 4 },
    { title: "also", shrink: 5 },
  ] as const;
  return rows.length === 0 ? "" : table(columns, rows, style);
}

function isPort(link: Link, links: ReadonlyMap<string, Link>): boolean {
  return (
    link.master !== null &&
    link.kind === "veth" &&
    link.peer !== null &&
    links.has(key(link.peer.namespace, link.peer.link))
  );
}

/** The switch behind the cable, or the interface at its other end. */
function pluggedInto(link: Link, links: ReadonlyMap<string, Link>): string {
  if (link.master !== null) return link.master;
  if (link.kind !== "veth") return "";
  if (link.peer === null) return "(outside)";
  return links.get(key(link.peer.namespace, link.peer.link))?.master ?? reference(link.peer);
}

function routes(namespaces: readonly Namespace[], style: Style): string {
  const rows = namespaces.flatMap((namespace) =>
    namespace.routes
      .filter(isTelling)
      .map((route): Cell[] => [
        namespace.name,
        route.to === "0.0.0.0/0" || (route.to === "::/0" && route.family === 6)
          ? route.family === 6
            ? "default (IPv6)"
            : "default"
          : route.to,
        route.type === "unicast" ? "" : route.type,
        route.nextHops.map((hop) => via(hop, route.nextHops.length > 1)).join(", "),
        [...new Set(route.nextHops.map(({ link }) => link ?? ""))].join(" "),
        route.metric === (route.family === 6 && route.origin !== "kernel" ? 1024 : 0) ? "" : String(route.metric),
        route.table === 254 ? "" : String(route.table),
        route.origin === "kernel" ? "connected" : route.origin,
      ]),
  );
  const columns = [
    { title: "node" },
    { title: "destination" },
    { title: "type" },
    { title: "via", shrink: 1 },
    { title: "interface", shrink: 2 },
    { title: "metric", align: "right" },
    { title: "table", align: "right" },
    { title: "origin" },
  ] as const;
  return rows.length === 0 ? "" : table(columns, rows, style);
}

/** Not the kernel's bookkeeping (its local and broadcast routes, IPv6 link-local and multicast). */
function isTelling(route: Route): boolean {
  if (route.origin !== "kernel") return true;
  return (
    route.type === "unicast" && route.table === 254 && !route.to.startsWith("fe80:") && !route.to.startsWith("ff00:")
  );
}

function via(hop: NextHop, weighted: boolean): string {
  const where = hop.via ?? (weighted ? (hop.link ?? "") : "");
  return weighted && hop.weight > 1 ? `${where} ×${hop.weight}` : where;
}

function addresses(namespace: Namespace, link: string): string {
  return namespace.addresses
    .filter((one) => one.link === link)
    .map((one) => `${one.address}/${one.prefixLength}`)
    .join(" ");
}

function state(link: Link, style: Style): Cell {
  return { text: link.up ? "up" : "down", paint: link.up ? style.colours.green : style.colours.red };
}

function reference({ namespace, link }: LinkRef): string {
  return `${namespace}:${link}`;
}

function key(namespace: string, link: string): string {
  return `${namespace}\0${link}`;
}
