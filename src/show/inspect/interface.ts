/** One interface: what it is, where it leads, what it has carried, and everything in its node that names it. */

import { detailsOf, lowerOf, tableOf } from "../../model/index.ts";
import type { Link, Namespace } from "../../model/index.ts";
import { namesOf, rulesOf } from "../netfilter/index.ts";
import { services } from "../processes.ts";
import type { Style } from "../style.ts";
import { list, table } from "../table.ts";
import type { Cell } from "../table.ts";
import { grouped, scaled } from "../text.ts";
import { key, kindText, linksOf, macText, reference, stateCell } from "./cells.ts";
import { neighbours, policies, routes, rules, serviceLinks } from "./node.ts";
import { heading, sections } from "./sections.ts";
import type { Inspected, ShownTraffic } from "./types.ts";

/** Ends in a newline. */
export function interfaceInspection(inspected: Inspected, node: Namespace, link: Link, style: Style): string {
  const part = partOf(node, link.name);
  const known = (inspected.neighbours[node.name] ?? []).filter((one) => one.link === link.name);
  const named = rulesOf(node, namesOf(inspected.model)).filter(({ links }) =>
    links.some((one) => names(one, link.name)),
  );
  return sections(
    [
      ["", heading(`${node.name}:${link.name}`, `in lab ${inspected.model.name}`, style)],
      ["", list(facts(inspected, node.name, link, style), style)],
      ["Ports", link.kind === "bridge" ? ports(inspected, node, link.name, style) : ""],
      ["Addresses", addresses(part, style)],
      ["Routes through it", routes(part, style)],
      ["Policy rules that name it", policies(part.rules, style)],
      ["Neighbours behind it", neighbours(known, style)],
      ["NAT and firewall rules that name it", rules(named, style)],
      ["Services on it", services({ namespaces: [part] }, style)],
    ],
    style,
  );
}

function addresses({ addresses: own }: Namespace, style: Style): string {
  const rows = own.map(({ address, prefixLength, origin }) => [
    `${address}/${prefixLength}`,
    origin === "kernel" ? "by the kernel" : origin,
  ]);
  return rows.length === 0 ? "" : table([{ title: "address" }, { title: "origin" }], rows, style);
}

/** What of a node is about one interface. */
export function partOf(node: Namespace, link: string): Namespace {
  return {
    ...node,
    links: node.links.filter((one) => one.name === link),
    addresses: node.addresses.filter((one) => one.link === link),
    routes: node.routes.filter(({ nextHops }) => nextHops.some((hop) => hop.link === link)),
    rules: node.rules.filter(({ inputLink, outputLink }) => inputLink === link || outputLink === link),
    neighbours: node.neighbours.filter((one) => one.link === link),
    services: node.services.filter((service) => serviceLinks(service).includes(link)),
  };
}

/** `veth*` names all that begin so. */
export function names(pattern: string, link: string): boolean {
  return pattern.endsWith("*") ? link.startsWith(pattern.slice(0, -1)) : pattern === link;
}

function facts({ model, details, counters }: Inspected, node: string, link: Link, style: Style): [string, Cell][] {
  const detail = details[node]?.[link.name];
  const carried = counters[node]?.[link.name];
  const peer = link.kind === "veth" ? link.peer : null;
  const lower = lowerOf(link);
  const behind = peer === null ? undefined : linksOf(model).get(key(peer.namespace, peer.link))?.master;
  return [
    ["kind", link.kind === "bridge" ? `bridge${link.stp ? ", spanning tree" : ""}` : kindText(link)],
    ["state", stateCell(node, link, details, style)],
    ["peer", peer === null ? (link.kind === "veth" ? "outside what is visible here" : "") : reference(peer)],
    ["plugged into", behind ? `switch ${behind}` : ""],
    ["on", lower === null ? "" : reference(lower)],
    ["options", optionsText(link)],
    ["master", link.master ?? ""],
    ["mac", macText(link)],
    ["mtu", `${grouped(link.mtu)} bytes`],
    ["also called", link.altnames.join(" ")],
    ["alias", detail?.alias ?? ""],
    [
      "set",
      Object.entries(detail?.settings ?? {})
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
    ["index", detail === undefined ? "" : String(detail.index)],
    ...(carried === undefined ? [] : traffic("received", carried.received, style)),
    ...(carried === undefined ? [] : traffic("sent", carried.sent, style)),
  ];
}

/** As in a file; of a bridge its kind says the rest. */
function optionsText(link: Link): string {
  if (tableOf(link.kind)?.inFile !== true) return "";
  return Object.entries(detailsOf(link))
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function traffic(title: string, { bytes, packets, errors, dropped }: ShownTraffic, style: Style): [string, Cell][] {
  const text = `${scaled(bytes, "B")} in ${grouped(packets)} packets, ${grouped(dropped)} dropped, ${grouped(errors)} errors`;
  const paint = dropped + errors > 0 ? style.colours.yellow : (words: string): string => words;
  return [[title, { text, paint }]];
}

function ports({ details, model }: Inspected, node: Namespace, bridge: string, style: Style): string {
  const links = linksOf(model);
  const rows = node.links
    .filter((port) => port.master === bridge)
    .map((port): Cell[] => {
      const peer = port.kind === "veth" ? port.peer : null;
      const other = peer === null ? undefined : links.get(key(peer.namespace, peer.link));
      return [
        port.name,
        stateCell(node.name, port, details, style),
        peer === null ? (port.kind === "veth" ? "(outside)" : kindText(port)) : reference(peer),
        other === undefined || peer === null ? "" : stateCell(peer.namespace, other, details, style),
        String(port.mtu),
      ];
    });
  const columns = [
    { title: "port", shrink: 1, fit: "middle" },
    { title: "state" },
    { title: "plugged in", shrink: 2, fit: "middle" },
    { title: "its state" },
    { title: "mtu", align: "right", spare: 1 },
  ] as const;
  return rows.length === 0 ? "" : table(columns, rows, style);
}
