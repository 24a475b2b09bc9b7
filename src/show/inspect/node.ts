/** One node in full: its interfaces, addresses, routes, rules, neighbours, NAT, firewall and what runs in it. */

import type { Namespace, Rule, Service } from "../../model/index.ts";
import { namesOf, rulesOf } from "../netfilter/index.ts";
import type { RuleText } from "../netfilter/index.ts";
import { leases, processes, services } from "../processes.ts";
import type { Style } from "../style.ts";
import { list, table } from "../table.ts";
import type { Cell, Column } from "../table.ts";
import { plural, printable, scaled } from "../text.ts";
import {
  kindText,
  linksOf,
  macText,
  pluggedInto,
  reference,
  roleText,
  ROUTE_COLUMNS,
  routeCells,
  stateCell,
} from "./cells.ts";
import { heading, sections } from "./sections.ts";
import type { Inspected, ShownNeighbour } from "./types.ts";

/** Ends in a newline. */
export function nodeInspection(inspected: Inspected, node: Namespace, style: Style): string {
  const { model } = inspected;
  const { name } = node;
  const servers = node.nameService === null ? [] : node.nameService.servers;
  return sections(
    [
      ["", heading(name, `${roleText(node)}, in lab ${model.name}`, style)],
      ["Interfaces", interfaces(inspected, node, style)],
      ["Addresses", addresses(node, style)],
      ["Routes", routes(node, style)],
      ["Policy rules", policies(node.rules, style)],
      ["Neighbours", neighbours(inspected.neighbours[name] ?? [], style)],
      ["NAT and firewall", rules(rulesOf(node, namesOf(model)), style)],
      ["Sysctls", list(Object.entries(node.sysctls), style)],
      ["Name servers", servers.map(printable).join("\n")],
      ["Services", services({ namespaces: [node] }, style)],
      [
        "Leases",
        leases(
          inspected.leases.filter((one) => one.server === name || one.name === name),
          style,
        ),
      ],
      [
        "Processes",
        processes(
          inspected.processes.filter((one) => one.node === name),
          style,
        ),
      ],
    ],
    style,
  );
}

function interfaces({ model, details, counters }: Inspected, { name, links: own }: Namespace, style: Style): string {
  const links = linksOf(model);
  const rows = own.map((link): Cell[] => {
    const carried = counters[name]?.[link.name];
    return [
      link.name,
      kindText(link),
      stateCell(name, link, details, style),
      String(link.mtu),
      macText(link),
      pluggedInto(link, links),
      link.kind === "veth" && link.peer !== null ? reference(link.peer) : "",
      carried === undefined ? "" : scaled(carried.received.bytes, "B"),
      carried === undefined ? "" : scaled(carried.sent.bytes, "B"),
      link.altnames.join(" "),
    ];
  });
  const columns = [
    { title: "interface", shrink: 1, fit: "middle" },
    { title: "kind", spare: 1 },
    { title: "state" },
    { title: "mtu", align: "right" },
    { title: "mac" },
    { title: "plugged into", shrink: 2, fit: "middle" },
    { title: "peer", shrink: 3, spare: 3, fit: "middle" },
    { title: "received", align: "right", spare: 2 },
    { title: "sent", align: "right", spare: 2 },
    { title: "also", spare: 4 },
  ] as const;
  return table(columns, rows, style);
}

function addresses({ addresses: own }: Namespace, style: Style): string {
  const rows = own.map(({ link, address, prefixLength, origin }) => [
    link,
    `${address}/${prefixLength}`,
    origin === "kernel" ? "by the kernel" : origin,
  ]);
  const columns: readonly Column[] = [
    { title: "interface", shrink: 1, fit: "middle" },
    { title: "address" },
    { title: "origin" },
  ];
  return rows.length === 0 ? "" : table(columns, rows, style);
}

/** All of them, but those that every interface with IPv6 has. */
export function routes({ routes: own }: Pick<Namespace, "routes">, style: Style): string {
  const rows = own.filter(({ to, origin }) => to !== "ff00::/8" || origin !== "kernel").map(routeCells);
  return rows.length === 0 ? "" : table(ROUTE_COLUMNS, rows, style);
}

export function policies(own: readonly Rule[], style: Style): string {
  const rows = own.map(({ family, priority, from, to, inputLink, outputLink, mark, action }) => [
    String(priority),
    `IPv${family}`,
    [
      ...(from === null ? [] : [`from ${from}`]),
      ...(to === null ? [] : [`to ${to}`]),
      ...(inputLink === null ? [] : [`in ${inputLink}`]),
      ...(outputLink === null ? [] : [`out ${outputLink}`]),
      ...(mark === null ? [] : [`mark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}`]),
    ].join(" ") || "all",
    action.kind === "table" ? `table ${action.table}` : action.kind,
  ]);
  const columns: readonly Column[] = [
    { title: "priority", align: "right" },
    { title: "version" },
    { title: "packets", shrink: 1 },
    { title: "action" },
  ];
  return rows.length === 0 ? "" : table(columns, rows, style);
}

export function neighbours(known: readonly ShownNeighbour[], style: Style): string {
  const { green, red, dim } = style.colours;
  const rows = known.map(({ link, address, mac, state }): Cell[] => {
    const paint =
      state === "reachable" || state === "permanent" ? green : state === "failed" || state === "incomplete" ? red : dim;
    return [address, mac ?? "", link, { text: state, paint }];
  });
  const columns: readonly Column[] = [
    { title: "address" },
    { title: "mac" },
    { title: "interface", shrink: 1, fit: "middle" },
    { title: "state" },
  ];
  return rows.length === 0 ? "" : table(columns, rows, style);
}

/** The rules written by the user or by others, and how many rules are derived from them. */
export function rules(texts: readonly RuleText[], style: Style): string {
  const { dim } = style.colours;
  const written = texts.filter(({ derived }) => !derived);
  const rest = texts.length - written.length;
  const rows = written.map(({ at, text, meaning }): Cell[] => [at, text, { text: meaning ?? "", paint: dim }]);
  const columns: readonly Column[] = [
    { title: "part of", shrink: 1, fit: "middle" },
    { title: "what it does", shrink: 2, fit: "wrap" },
    { title: "that is", spare: 1 },
  ];
  if (rows.length === 0) return "";
  const more = rest === 0 ? [] : [dim(`and ${plural(rest, "rule", "rules")} derived from these`)];
  return [table(columns, rows, style), ...more].join("\n");
}

/** Which interfaces a service is on. */
export function serviceLinks(service: Service): readonly string[] {
  if (service.kind === "process") return [];
  return service.kind === "resolver" ? service.links : [service.link];
}
