/** What runs in a lab and who has which address on loan, as tables; and the lines of logs. */

import { compareNodes } from "../model/index.ts";
import type { Model, Service } from "../model/index.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import type { Cell } from "./table.ts";
import { printable } from "./text.ts";

/** A process of the lab, as its holder reports it. */
export interface ShownProcess {
  readonly node: string;
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly restarts: number;
  readonly ending: string | null;
  readonly command: readonly string[];
}

export interface ShownLease {
  readonly server: string;
  readonly address: string;
  readonly mac: string;
  readonly name: string | null;
  readonly expires: string | null;
}

export interface Programs {
  readonly processes: readonly ShownProcess[];
  readonly leases: readonly ShownLease[];
}

export function services(model: Pick<Model, "namespaces">, style: Style): string {
  const rows = model.namespaces.flatMap(({ name, services: own }) =>
    own.filter(({ kind }) => kind !== "process").map((service): Cell[] => [name, ...wordsOf(service)]),
  );
  const columns = [
    { title: "node" },
    { title: "service" },
    { title: "on", shrink: 1 },
    { title: "what", shrink: 2, fit: "wrap" },
  ] as const;
  return rows.length === 0 ? "" : table(columns, rows, style);
}

function wordsOf(service: Service): [kind: string, where: string, what: string] {
  switch (service.kind) {
    case "dhcp-server": {
      const { range, gateway, dns, leaseTime, advertise } = service;
      const parts = [
        ...(range === null ? [] : [`${range[0]}–${range[1]}`]),
        ...(gateway === null ? [] : [`gateway ${gateway}`]),
        ...(dns.length === 0 ? [] : [`dns ${dns.join(" ")}`]),
        ...(range === null ? [] : [`lease ${leaseTime} s`]),
        ...(advertise.length === 0 ? [] : [`advertises ${advertise.join(" ")}`]),
      ];
      return ["DHCP server", service.link, parts.join(", ")];
    }
    case "dhcp-client":
      return ["DHCP client", service.link, service.families.map((family) => `IPv${family}`).join(" ")];
    case "resolver": {
      const { upstream, domain, hosts, links } = service;
      const parts = [`${hosts.length} addresses`, ...(domain === null ? [] : [`domain ${domain}`])];
      if (upstream.length > 0) parts.push(`asks ${upstream.join(" ")}`);
      return ["resolver", links.join(" "), parts.join(", ")];
    }
    case "uplink":
      return ["uplink", service.link, service.forward.map(({ protocol, from }) => `${protocol}/${from}`).join(" ")];
    case "process":
      return ["process", "", service.command.join(" ")];
  }
}

export function processes(list: readonly ShownProcess[], style: Style): string {
  const { green, red, yellow } = style.colours;
  const paint = (state: string, ending: string | null): Cell => {
    const failed = state === "ended" && ending !== "exit status 0";
    return { text: state, paint: state === "running" ? green : failed ? red : yellow };
  };
  const sorted = [...list].sort((a, b) => compareNodes(a.node, b.node));
  const rows = sorted.map(({ node, name, state, pid, restarts, ending, command }): Cell[] => [
    node,
    name,
    paint(state, ending),
    pid === null ? "" : String(pid),
    restarts === 0 ? "" : String(restarts),
    ending ?? "",
    command.map(printable).join(" "),
  ]);
  const columns = [
    { title: "node" },
    { title: "process" },
    { title: "state" },
    { title: "pid", align: "right" },
    { title: "restarts", align: "right" },
    { title: "ended last" },
    { title: "command", shrink: 1 },
  ] as const;
  return rows.length === 0 ? "" : table(columns, rows, style);
}

export function leases(list: readonly ShownLease[], style: Style): string {
  const rows = list.map(({ server, address, mac, name, expires }): Cell[] => [
    address,
    mac,
    name === null ? "" : printable(name),
    server,
    expires === null ? "never" : expires.replace("T", " ").replace(/\.\d+Z$/, "Z"),
  ]);
  const columns = [{ title: "leased address" }, { title: "mac" }, { title: "to" }, { title: "by" }, { title: "until" }];
  return rows.length === 0 ? "" : table(columns, rows, style);
}

/** `14:03:07.123 web| text`; netloom's own notes are dim. Ends in a newline. */
export function logLine(
  line: { readonly process: string; readonly time: string; readonly stream: string; readonly text: string },
  style: Style,
): string {
  const { dim, red } = style.colours;
  const text = printable(line.text.replaceAll("\t", "    "));
  const said = line.stream === "note" ? dim(`— ${text}`) : line.stream === "err" ? red(text) : text;
  return `${dim(line.time.slice(11, 23))} ${printable(line.process)} ${dim("|")} ${said}\n`;
}
