/** One-line results and short lists: what came up, which labs there are, what this machine can do, what differs. */

import { roleOf } from "../model/index.ts";
import type { Model } from "../model/index.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { duration, grouped, plural, printable } from "./text.ts";

export interface Counts {
  readonly hosts: number;
  readonly routers: number;
  readonly switches: number;
  readonly links: number;
}

/** A link is a cable: a veth pair counts once. */
export function countsOf(model: Model): Counts {
  let hosts = 0;
  let routers = 0;
  let switches = 0;
  let ends = 0;
  let outside = 0;
  for (const namespace of model.namespaces) {
    const role = roleOf(namespace);
    if (role === "host") hosts++;
    if (role === "router") routers++;
    for (const link of namespace.links) {
      if (link.kind === "bridge") switches++;
      if (link.kind === "veth" && link.peer === null) outside++;
      if (link.kind === "veth" && link.peer !== null) ends++;
    }
  }
  return { hosts, routers, switches, links: ends / 2 + outside };
}

/** `4 hosts, 1 router, 2 switches, 7 links` */
export function counts(model: Model): string {
  const { hosts, routers, switches, links } = countsOf(model);
  const parts = [
    hosts > 0 || routers === 0 ? plural(hosts, "host") : "",
    routers > 0 ? plural(routers, "router") : "",
    switches > 0 ? plural(switches, "switch", "switches") : "",
    plural(links, "link"),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

export interface LabSummary {
  readonly name: string;
  /** `up`, or what is wrong with it. */
  readonly state: string;
  /** On the machine itself. */
  readonly host: boolean;
  readonly pid: number | null;
  /** Number of hosts and routers; null if the lab did not answer. */
  readonly nodes: number | null;
  /** Milliseconds. */
  readonly age: number | null;
  readonly file: string | null;
}

/** A table of labs; a sentence when there are none. Ends in a newline. */
export function labs(list: readonly LabSummary[], style: Style): string {
  if (list.length === 0) return "no lab is up\n";
  const columns = [
    { title: "lab" },
    { title: "state" },
    { title: "nodes", align: "right" },
    { title: "age" },
    { title: "pid", align: "right" },
    { title: "file", shrink: 1 },
  ] as const;
  const rows = list.map((lab) => [
    lab.name,
    {
      text: lab.host ? `${lab.state} on this machine` : lab.state,
      paint: lab.state === "up" ? style.colours.green : style.colours.yellow,
    },
    lab.nodes === null ? "" : grouped(lab.nodes),
    lab.age === null ? "" : duration(lab.age),
    lab.pid === null ? "" : String(lab.pid),
    lab.file ?? "",
  ]);
  return `${table(columns, rows, style)}\n`;
}

export interface Check {
  readonly title: string;
  readonly status: "ok" | "warning" | "error";
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** What this machine can do; ends in a newline. */
export function checks(list: readonly Check[], style: Style): string {
  const c = style.colours;
  const sign = { ok: c.green("✓"), warning: c.yellow("!"), error: c.red("✗") };
  return list
    .map((check) => {
      const hint = check.hint?.split("\n").map(printable).join("\n         ");
      const fix = hint === undefined ? "" : `\n    ${c.bold("fix")}: ${hint}`;
      return `${sign[check.status]} ${printable(check.title)}  ${c.dim(printable(check.detail))}${fix}\n`;
    })
    .join("");
}
