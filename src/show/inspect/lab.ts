/** A running network as tables: switches, nodes, interfaces with what they are plugged into, routes, NAT, programs. */

import { isLinkLocal, ROOT, roleOf } from "../../model/index.ts";
import type { Namespace } from "../../model/index.ts";
import { namesOf, rulesOf } from "../netfilter/index.ts";
import { leases, processes, services } from "../processes.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import type { Cell, Column } from "../table.ts";
import { counts } from "../summary.ts";
import { enumerate, fold, grouped, plural } from "../text.ts";
import {
  addressesText,
  isPort,
  isTelling,
  kindText,
  linksOf,
  macText,
  pluggedInto,
  portsOf,
  reference,
  ROUTE_COLUMNS,
  routeCells,
  stateCell,
} from "./cells.ts";
import type { Links } from "./cells.ts";
import { heading, sections } from "./sections.ts";
import type { Inspected } from "./types.ts";

/** Of more nodes than this, those that are alike share a line on a terminal. A pipe gets every line: it may be searched. */
const MANY = 64;
/** The most rules shown per node; `inspect NODE` shows all. */
const RULES_SHOWN = 16;

/** Ends in a newline. With `nodes`, only those. */
export function inspection(inspected: Inspected, style: Style, nodes?: readonly string[]): string {
  const { model, leases: lent, processes: run } = inspected;
  const chosen = nodes === undefined ? model.namespaces : model.namespaces.filter(({ name }) => nodes.includes(name));
  const short = nodes === undefined && chosen.length > MANY && style.width !== Infinity;
  return sections(
    [
      ["", nodes === undefined ? heading(model.name, counts(model), style) : ""],
      ["Switches", nodes === undefined ? switches(inspected, style) : ""],
      ["Nodes", nodeTable(chosen, style, short)],
      ["Interfaces", interfaces(chosen, linksOf(model), inspected, style, nodes !== undefined, short)],
      ["Routes", routes(chosen, style)],
      ["NAT and firewall", rules(inspected, chosen, style)],
      ["Services", services({ namespaces: chosen }, style)],
      ["Leases", leases(lent, style)],
      ["Processes", processes(run, style)],
    ],
    style,
  );
}

function switches({ model, details }: Inspected, style: Style): string {
  const rows = model.namespaces.flatMap((namespace) =>
    namespace.links
      .filter((link) => link.kind === "bridge")
      .map((link): Cell[] => {
        const ports = portsOf(namespace, link.name);
        const home = namespace.name === ROOT ? "" : namespace.name;
        const own = addressesText(namespace, link.name, false);
        const state = stateCell(namespace.name, link, details, style);
        return [link.name, home, state, String(link.mtu), link.mac ?? "", own, String(ports.length), fold(ports)];
      }),
  );
  const columns = [
    { title: "switch", shrink: 1, fit: "middle" },
    { title: "in", shrink: 1, fit: "middle" },
    { title: "state" },
    { title: "mtu", align: "right", spare: 1 },
    { title: "mac", spare: 2 },
    { title: "addresses", shrink: 2, fit: "list" },
    { title: "ports", align: "right" },
    { title: "plugged in", shrink: 3 },
  ] as const;
  return rows.length === 0 ? "" : table(columns, rows, style);
}

const NODE_COLUMN: Column = { title: "node", shrink: 1, fit: "middle" };

function nodeTable(namespaces: readonly Namespace[], style: Style, short: boolean): string {
  const rows = namespaces.map((namespace): string[] => {
    const own = namespace.addresses
      .filter(({ link, address }) => link !== "lo" && !isLinkLocal(address))
      .map((one) => `${one.address}/${one.prefixLength}`);
    const gateways = namespace.routes
      .filter((route) => route.to === "0.0.0.0/0" || route.to === "::/0")
      .flatMap((route) => route.nextHops.map(({ via, link }) => via ?? link ?? ""));
    const extra = Object.entries(namespace.sysctls).map(([name, value]) => `${name}=${value}`);
    const role = roleOf(namespace) === "root" ? "machine" : roleOf(namespace);
    const { ipv4, ipv6 } = namespace.forwarding;
    const forwards = [...(ipv4 ? ["IPv4"] : []), ...(ipv6 ? ["IPv6"] : [])].join(" ");
    return [namespace.name, role, own.join(" "), [...new Set(gateways)].join(" "), forwards, extra.join(" ")];
  });
  const columns: readonly Column[] = [
    NODE_COLUMN,
    { title: "role" },
    { title: "addresses", shrink: 2, fit: "list" },
    { title: "gateway", shrink: 1, fit: "list" },
    { title: "forwards" },
    { title: "sysctls", shrink: 3, spare: 1 },
  ];
  return rows.length === 0 ? "" : table(columns, short ? alike(rows, [2]) : rows, style);
}

function interfaces(
  namespaces: readonly Namespace[],
  links: Links,
  { details }: Inspected,
  style: Style,
  all: boolean,
  short: boolean,
): string {
  const rows = namespaces.flatMap((namespace) =>
    namespace.links
      .filter(
        (link) => all || (link.kind !== "bridge" && !(link.kind === "loopback" && link.up) && !isPort(link, links)),
      )
      .map((link): Cell[] => [
        namespace.name,
        link.name,
        kindText(link),
        stateCell(namespace.name, link, details, style),
        String(link.mtu),
        macText(link),
        addressesText(namespace, link.name, all),
        pluggedInto(link, links),
        link.kind === "veth" && link.peer !== null ? reference(link.peer) : "",
        link.altnames.join(" "),
      ]),
  );
  const columns = [
    NODE_COLUMN,
    { title: "interface", fit: "middle" },
    { title: "kind", spare: 1 },
    { title: "state" },
    { title: "mtu", align: "right", spare: 2 },
    { title: "mac", spare: 3 },
    { title: "addresses", shrink: 2, fit: "list" },
    { title: "plugged into", shrink: 1, fit: "middle" },
    { title: "peer", spare: 4 },
    { title: "also", spare: 5 },
  ] as const;
  return rows.length === 0 ? "" : table(columns, short ? alike(rows, [5, 6, 8, 9]) : rows, style);
}

/** Nodes with the same route share a line. */
function routes(namespaces: readonly Namespace[], style: Style): string {
  const rows = namespaces.flatMap((namespace) =>
    namespace.routes.filter(isTelling).map((route): string[] => [namespace.name, ...routeCells(route)]),
  );
  const columns: readonly Column[] = [{ ...NODE_COLUMN, shrink: 4 }, ...ROUTE_COLUMNS];
  return rows.length === 0 ? "" : table(columns, alike(rows, []), style);
}

const NAMES_SHOWN = 4;

/** Rows that differ in their node and in these columns only, as one, in place of their first. */
function alike(rows: readonly (readonly Cell[])[], varying: readonly number[]): Cell[][] {
  const groups = new Map<string, (readonly Cell[])[]>();
  for (const row of rows) {
    const same = row.map((cell, at) => (at === 0 || varying.includes(at) ? "" : textOf(cell))).join("\0");
    const group = groups.get(same);
    if (group === undefined) groups.set(same, [row]);
    else group.push(row);
  }
  return [...groups.values()].map((group) => {
    const [first = []] = group;
    if (group.length === 1) return [...first];
    return first.map((cell, at) => {
      if (at === 0) return namesText(group.map((row) => textOf(row[0])));
      return varying.includes(at) ? enumerate([...new Set(group.map((row) => textOf(row[at])))], 1) : cell;
    });
  });
}

function namesText(names: readonly string[]): string {
  const folded = fold(names);
  if (folded.split(", ").length <= NAMES_SHOWN) return folded;
  return `${names.slice(0, NAMES_SHOWN - 1).join(", ")} and ${grouped(names.length - NAMES_SHOWN + 1)} more`;
}

const textOf = (cell: Cell | undefined): string => (typeof cell === "object" ? cell.text : (cell ?? ""));

function rules({ model }: Inspected, namespaces: readonly Namespace[], style: Style): string {
  const nameOf = namesOf(model);
  const rows = namespaces.flatMap((namespace) => {
    const telling = rulesOf(namespace, nameOf).filter(({ derived }) => !derived);
    const shown = style.width === Infinity ? telling : telling.slice(0, RULES_SHOWN);
    const more = telling.length - shown.length;
    const rest = more === 0 ? [] : [[namespace.name, "", `… and ${plural(more, "more rule", "more rules")}`]];
    return [...shown.map(({ at, text }) => [namespace.name, at, text]), ...rest];
  });
  const columns: readonly Column[] = [
    NODE_COLUMN,
    { title: "part of", shrink: 2, fit: "middle" },
    { title: "what it does", shrink: 3, fit: "wrap" },
  ];
  return rows.length === 0 ? "" : table(columns, rows, style);
}
