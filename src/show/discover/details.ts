/** Everything known about a namespace, one table per kind of object. */

import type {
  DiscoveredLink,
  DiscoveredNamespace,
  Discovery,
  Namespace,
  OvsBridge,
  Route,
  RouteNote,
} from "../../model/index.ts";
import type { Style } from "../style.ts";
import type { Cell, Column } from "../table.ts";
import { table } from "../table.ts";
import { enumerate, grouped, plural } from "../text.ts";
import { rulesOf } from "../netfilter/index.ts";
import { aboutPort, ovsVlans, switchText } from "./openvswitch.ts";
import { processText, qdiscText } from "./words.ts";

/** Ten thousand routes have a place in --json, not on a screen. */
const ROWS_SHOWN = 40;

const MAIN = 254;

type Rows = (namespace: DiscoveredNamespace, model: Namespace, switches: readonly OvsBridge[]) => Cell[][];

interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: Rows;
}

export function detailSections(discovery: Discovery, style: Style): (readonly [string, string])[] {
  const models = new Map(discovery.model.namespaces.map((each) => [each.name, each]));
  const several = discovery.namespaces.length > 1;
  return SECTIONS.map(({ title, columns, rows }) => {
    let left = 0;
    const all = discovery.namespaces.flatMap((namespace) => {
      const model = models.get(namespace.name);
      const switches = discovery.openvswitch.filter((bridge) => bridge.namespace === namespace.name);
      const own = model === undefined ? [] : rows(namespace, model, switches);
      left += Math.max(0, own.length - ROWS_SHOWN);
      return own.slice(0, ROWS_SHOWN).map((cells) => (several ? [namespace.name, ...cells] : cells));
    });
    const head = several ? [{ title: "namespace", shrink: 1 }, ...columns] : columns;
    const more = left === 0 ? "" : `\n… and ${grouped(left)} more (--json has them all)`;
    return [title, all.length === 0 ? "" : table(head, all, style) + more] as const;
  });
}

const SECTIONS: readonly Section[] = [
  {
    title: "Links",
    columns: [
      { title: "interface" },
      { title: "mtu", align: "right" },
      { title: "mac", spare: 1 },
      { title: "received", align: "right" },
      { title: "sent", align: "right" },
      { title: "lost", align: "right" },
      { title: "queue", shrink: 1, fit: "wrap" },
      { title: "about", shrink: 2, fit: "wrap" },
    ],
    rows: ({ links }, model) => {
      const models = new Map(model.links.map((link) => [link.name, link]));
      return links.map((link) => {
        const own = models.get(link.name);
        const { received, sent } = link;
        const lost = received.dropped + received.errors + sent.dropped + sent.errors;
        const about = [
          ...Object.entries(link.details).map(([name, value]) => `${name} ${value}`),
          ...settingsText(link),
          ...(link.promiscuous ? ["promiscuous"] : []),
          ...(link.alias === null ? [] : [link.alias]),
          ...(own === undefined || own.altnames.length === 0 ? [] : [`also ${own.altnames.join(" ")}`]),
        ];
        return [
          link.name,
          own === undefined ? "" : String(own.mtu),
          own?.kind === "loopback" ? "" : (own?.mac ?? ""),
          bytes(received.bytes),
          bytes(sent.bytes),
          lost === 0 ? "" : grouped(lost),
          link.qdiscs.map(qdiscText).join("; "),
          about.join(", "),
        ];
      });
    },
  },
  {
    title: "Open vSwitch",
    columns: [
      { title: "bridge" },
      { title: "port" },
      { title: "interface" },
      { title: "type" },
      { title: "vlan", shrink: 2, fit: "wrap" },
      { title: "about", shrink: 1, fit: "wrap" },
    ],
    rows: (_namespace, _model, switches) =>
      switches.flatMap((bridge) => [
        [bridge.name, "", "", bridge.datapath, "", switchText(bridge)],
        ...bridge.ports.flatMap((port) =>
          port.interfaces.map((one) => ["", port.name, one.name, one.type, ovsVlans(port), aboutPort(port, one)]),
        ),
      ]),
  },
  {
    title: "Routes",
    columns: [
      { title: "destination" },
      { title: "type" },
      { title: "via", shrink: 1 },
      { title: "interface", shrink: 2 },
      { title: "source", shrink: 3 },
      { title: "metric", align: "right" },
      { title: "table", align: "right" },
      { title: "origin" },
      { title: "about", shrink: 4, fit: "wrap" },
    ],
    rows: ({ localRoutes, routeNotes, selectiveRoutes }, { routes }) => {
      const notes = new Map(routeNotes.map((note) => [noteKey(note), noteText(note)]));
      const telling = routes.filter(isTelling);
      // The table that everybody thinks of first.
      const ordered = [
        ...telling.filter(({ table }) => table === MAIN),
        ...telling.filter(({ table }) => table !== MAIN),
      ];
      return [
        ...ordered.map((route) => [...routeRow(route), notes.get(noteKey(route)) ?? ""]),
        ...selectiveRoutes.map((route) => [...routeRow(route), route.about]),
        ...localRoutes.map((route) => [...routeRow(route), ""]),
      ];
    },
  },
  {
    title: "Rules",
    columns: [
      { title: "priority", align: "right" },
      { title: "selects", shrink: 1, fit: "wrap" },
      { title: "action", shrink: 2, fit: "wrap" },
    ],
    rows: ({ rules }) =>
      rules.map(({ priority, family, selects, action, gone }) => [
        String(priority),
        family === 6 ? `IPv6 ${selects}` : selects,
        gone ? `${action}, removed` : action,
      ]),
  },
  {
    title: "Neighbours",
    columns: [{ title: "address" }, { title: "mac" }, { title: "interface", shrink: 1 }, { title: "state" }],
    rows: ({ neighbours }) =>
      neighbours.map(({ address, mac, link, state, router }) => [
        address,
        mac ?? "",
        link,
        router ? `${state}, router` : state,
      ]),
  },
  {
    title: "MAC tables",
    columns: [
      { title: "bridge", shrink: 1 },
      { title: "mac" },
      { title: "port", shrink: 1 },
      { title: "vlan", align: "right" },
      { title: "remote" },
      { title: "state" },
    ],
    rows: ({ forwarding }) =>
      forwarding.map((one) => [
        one.bridge ?? one.link,
        one.mac,
        one.bridge === null ? "" : one.link,
        one.vlan === null ? "" : String(one.vlan),
        one.remote ?? "",
        one.state,
      ]),
  },
  {
    title: "Netfilter",
    columns: [
      { title: "table" },
      { title: "of" },
      { title: "chain", shrink: 1 },
      { title: "hook" },
      { title: "policy" },
      { title: "rules", align: "right" },
    ],
    rows: ({ netfilter }) =>
      netfilter.flatMap(({ family, table: name, origin, chains, sets }) => {
        const whose = `${family} ${name}`;
        const rows = chains.map((chain) => [
          whose,
          origin,
          chain.name,
          chain.hook ?? "",
          chain.policy ?? "",
          String(chain.rules),
        ]);
        const rest = sets > 0 ? [[whose, origin, plural(sets, "set"), "", "", ""]] : [];
        return rows.length + rest.length === 0 ? [[whose, origin, "", "", "", ""]] : [...rows, ...rest];
      }),
  },
  {
    title: "Firewall and NAT",
    columns: [
      { title: "in", shrink: 2 },
      { title: "rule", shrink: 1, fit: "wrap" },
    ],
    rows: (_, model) => rulesOf(model).map(({ at, text, meaning }) => [at, meaning ?? text]),
  },
  {
    title: "Listening",
    columns: [
      { title: "protocol" },
      { title: "address", shrink: 2 },
      { title: "port", align: "right" },
      { title: "interface", shrink: 3 },
      { title: "processes", shrink: 1 },
    ],
    rows: ({ sockets }) =>
      sockets.map(({ protocol, address, port, link, processes }) => [
        protocol,
        address,
        String(port),
        link ?? "",
        enumerate(processes.map(processText), 3),
      ]),
  },
  {
    title: "Processes",
    columns: [
      { title: "pid", align: "right" },
      { title: "command", shrink: 1 },
    ],
    rows: ({ processes }) => processes.map(({ pid, command }) => [String(pid), command]),
  },
  {
    title: "Held by",
    columns: [{ title: "path", shrink: 1 }, { title: "process" }],
    rows: ({ handles }) => handles.map(({ path, process }) => [path, process === null ? "" : processText(process)]),
  },
];

/** Not the kernel's bookkeeping: IPv6 multicast and link-local. */
function isTelling({ origin, type, to }: Route): boolean {
  return origin !== "kernel" || (type === "unicast" && !to.startsWith("fe80:") && !to.startsWith("ff00:"));
}

const noteKey = ({ family, to, table, metric }: RouteNote | Route): string => `${family} ${to} ${table} ${metric}`;

/** A bridge's ageing is already in seconds. */
function settingsText({ settings }: DiscoveredLink): string[] {
  return Object.entries(settings).flatMap(([name, value]) => (name === "ageing_time" ? [] : [`${name} ${value}`]));
}

function noteText({ about, by }: RouteNote): string {
  return [...(about === "" ? [] : [about]), ...(by === null ? [] : [`by ${by}`])].join(", ");
}

function routeRow(route: Route): Cell[] {
  const { family, to, type, nextHops, source, metric, table: number, origin } = route;
  const everything = to === "0.0.0.0/0" ? "default" : to === "::/0" && family === 6 ? "default (IPv6)" : to;
  const weight = (value: number): string => (value > 1 ? ` ×${value}` : "");
  return [
    everything,
    type === "unicast" ? "" : type,
    nextHops
      .map((hop) => (hop.via === null ? "" : `${hop.via}${weight(hop.weight)}`))
      .filter((text) => text !== "")
      .join(", "),
    [...new Set(nextHops.map(({ link }) => link ?? ""))].join(" "),
    // Of a connected route it is the address that it comes from.
    origin === "kernel" ? "" : (source ?? ""),
    metric === 0 ? "" : String(metric),
    number === MAIN ? "" : number === 255 ? "local" : String(number),
    origin === "kernel" ? "connected" : origin,
  ];
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `0 B`, `12.3 kB`: powers of 1,000. */
function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`;
}
