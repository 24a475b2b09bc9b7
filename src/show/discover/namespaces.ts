/** Which namespaces there are, what for, and what runs in them. */

import type { DiscoveredNamespace, Namespace } from "../../model/index.ts";
import { marksOf } from "../../draw/marks.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import { fold, grouped } from "../text.ts";
import type { Group } from "./fold.ts";
import { listensText, originText, processesText } from "./words.ts";

export function namespaceTable(groups: readonly Group[], style: Style): string {
  if (groups.length === 0) return "";
  const rows = groups.map(({ namespace, model, names }) => [
    { text: namesText(names), paint: style.colours.bold },
    names.length > 1 && namespace.container !== null ? namespace.container.engine : originText(namespace),
    does(model, namespace),
    listensText(namespace),
    processesText(namespace.processes),
  ]);
  const columns = [
    { title: "namespace", shrink: 5 },
    { title: "what", shrink: 3, fit: "wrap" },
    { title: "does", shrink: 2, fit: "wrap" },
    { title: "listens", shrink: 1, fit: "wrap" },
    { title: "processes", shrink: 4, fit: "wrap" },
  ] as const;
  return table(columns, rows, style);
}

/** `h1…h12 (12)`; of a lab `office/h1…h12 (12)`. */
export function namesText(names: readonly string[]): string {
  const [first = ""] = names;
  if (names.length === 1) return first;
  const lab = first.slice(0, first.indexOf("/") + 1);
  const own = names.every((name) => name.startsWith(lab)) ? names.map((name) => name.slice(lab.length)) : names;
  return `${own === names ? "" : lab}${fold(own)} (${grouped(names.length)})`;
}

/** `forwards IPv4, NAT eth0, firewall` */
function does(namespace: Namespace, { ipsec, otherRoutes }: DiscoveredNamespace): string {
  const { ipv4, ipv6 } = namespace.forwarding;
  const forwards = [ipv4 ? "IPv4" : "", ipv6 ? "IPv6" : ""].filter((text) => text !== "").join(" ");
  return [
    ...(forwards === "" ? [] : [`forwards ${forwards}`]),
    ...Object.keys(otherRoutes).map((family) => `routes ${family}`),
    ...(ipsec.policies + ipsec.states > 0 ? ["IPsec"] : []),
    ...marksOf(namespace).map(({ text }) => text),
  ].join(", ");
}
