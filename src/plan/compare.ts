/** Field by field: how an object that both models have differs, as a sentence. null when it does not. */

import { isFixed, kindOf, lowerOf, optionOf, optionWords, tableOf } from "../model/index.ts";
import type { Link, LinkRef, NextHop, Route } from "../model/index.ts";

function sentence(parts: readonly (string | null)[]): string | null {
  const said = parts.filter((part): part is string => part !== null);
  return said.length === 0 ? null : said.join(", ");
}

type Value = string | number | boolean | null;

function field(name: string, desired: Value, observed: Value): string | null {
  return desired === observed ? null : `${name} is ${show(observed)}, should be ${show(desired)}`;
}

function show(value: Value): string {
  return value === null || value === "" ? "none" : String(value);
}

const endText = (end: LinkRef | null): string | null => (end ? `${end.namespace}:${end.link}` : null);

/** Both must have the same name. A difference of kind or peer cannot be fixed in place: see `mustReplace`. */
export function linkDifference(desired: Link, observed: Link): string | null {
  if (desired.kind === "loopback" && observed.kind === "loopback") return field("up", desired.up, observed.up);
  return sentence([
    field("kind", kindOf(desired), kindOf(observed)),
    desired.kind === "veth" && observed.kind === "veth"
      ? field("peer", endText(desired.peer), endText(observed.peer))
      : null,
    field("up", desired.up, observed.up),
    field("mtu", desired.mtu, observed.mtu),
    field("mac", desired.mac, observed.mac),
    field("master", desired.master, observed.master),
    field("altnames", desired.altnames.join(" "), observed.altnames.join(" ")),
    ...optionDifferences(desired, observed),
  ]);
}

/** Of its table. */
function optionDifferences(desired: Link, observed: Link): (string | null)[] {
  const table = tableOf(desired.kind);
  if (table === null || desired.kind !== observed.kind) return [];
  const lower = table.lower === undefined ? [] : [field("on", endText(lowerOf(desired)), endText(lowerOf(observed)))];
  const options = Object.keys(table.options).map((name) =>
    field(optionWords(name), optionOf(desired, name), optionOf(observed, name)),
  );
  return [...lower, ...options];
}

/** What is fixed when a link is born: its kind, its peer, and what its table says. Such a difference means delete and create. */
export function mustReplace(desired: Link, observed: Link): boolean {
  if (kindOf(desired) !== kindOf(observed)) return true;
  if (desired.kind === "veth" && observed.kind === "veth") return endText(desired.peer) !== endText(observed.peer);
  const table = tableOf(desired.kind);
  if (table === null) return false;
  if (table.lower?.fixed === true && endText(lowerOf(desired)) !== endText(lowerOf(observed))) return true;
  return Object.entries(table.options).some(([name, option]) =>
    isFixed(option, optionOf(desired, name), optionOf(observed, name)),
  );
}

const hopText = (hop: NextHop): string =>
  [
    hop.via ? `via ${hop.via}` : null,
    hop.link ? `dev ${hop.link}` : null,
    hop.weight > 1 ? `weight ${hop.weight}` : null,
  ]
    .filter(Boolean)
    .join(" ");

/** Next hops as `ip route` writes them; multipath joined by ` | `. */
export function nextHopsText(route: Route): string {
  return route.nextHops.map(hopText).join(" | ");
}

export function routeDifference(desired: Route, observed: Route): string | null {
  return sentence([
    field("type", desired.type, observed.type),
    field("next hop", nextHopsText(desired), nextHopsText(observed)),
    field("source", desired.source, observed.source),
  ]);
}
