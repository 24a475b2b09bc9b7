/**
 * A machine as tables. In: a Discovery. Out: an overview of the namespaces and how they connect (namespaces.ts,
 * interfaces.ts; fold.ts makes one line of many equal ones), in detail all there is (details.ts), and what could not be seen.
 * Consumed by cli/; pure. Every foreign text goes through table(), which makes it printable.
 */

import type { Discovery } from "../../model/index.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import { enumerate, plural, printable } from "../text.ts";
import { detailSections } from "./details.ts";
import { groupsOf } from "./fold.ts";
import { interfaceTable } from "./interfaces.ts";
import { namespaceTable } from "./namespaces.ts";
import { processText } from "./words.ts";

export { drawable, statesOf } from "./picture.ts";

export interface DiscoveredOptions {
  readonly details: boolean;
  /** Of which `discovery` is a part: where links of the part may lead. */
  readonly whole: Discovery;
}

/** Ends in a newline. */
export function discovered(discovery: Discovery, style: Style, { details, whole }: DiscoveredOptions): string {
  const groups = groupsOf(discovery, whole, details);
  const sections: (readonly [string, string])[] = [
    ["Namespaces", namespaceTable(groups, style)],
    ["Interfaces", interfaceTable(groups, whole, style, details)],
    ...(details ? detailSections(discovery, style) : []),
    ["Not read", unseen(discovery, style)],
  ];
  const shown = sections.filter(([, text]) => text !== "");
  const remarks = discovery.remarks.map((remark) => `${style.colours.yellow("!")} ${printable(remark)}\n`);
  const text = shown.map(([title, body]) => `${style.colours.bold(title)}\n${body}`).join("\n\n");
  return `${text}\n\n${summary(discovery)}\n${remarks.join("")}`;
}

function summary({ namespaces, model, openvswitch, unseen }: Discovery): string {
  const links = namespaces.flatMap((each) => each.links).filter(({ kind }) => kind !== "loopback");
  const bridges = links.filter(({ kind }) => kind === "bridge").length + openvswitch.length;
  // A cable has two ends, but one of them may be elsewhere.
  const ends = links.filter(({ kind }) => kind === "veth");
  const cables = ends.filter(({ peer }) => peer !== null).length / 2 + ends.filter(({ peer }) => peer === null).length;
  const parts = [
    plural(namespaces.length, "namespace"),
    plural(links.length, "interface"),
    ...(bridges > 0 ? [plural(bridges, "bridge")] : []),
    ...(cables > 0 ? [plural(Math.ceil(cables), "cable")] : []),
    ...(unseen.length > 0 ? [`${plural(unseen.length, "namespace")} not read`] : []),
  ];
  return `${model.name}: ${parts.join(", ")}`;
}

const UNSEEN_SHOWN = 20;

function unseen({ unseen: list }: Discovery, style: Style): string {
  if (list.length === 0) return "";
  const rows = list
    .slice(0, UNSEEN_SHOWN)
    .map(({ name, inode, processes, handles, cause }) => [
      name,
      String(inode),
      processes.length > 0 ? enumerate(processes.map(processText), 3) : (handles[0]?.path ?? ""),
      cause,
    ]);
  const columns = [
    { title: "namespace", shrink: 1 },
    { title: "inode" },
    { title: "held by", shrink: 2 },
    { title: "why", shrink: 3, fit: "wrap" },
  ] as const;
  const more = list.length - rows.length;
  return table(columns, rows, style) + (more > 0 ? `\n… and ${plural(more, "more namespace")}` : "");
}
