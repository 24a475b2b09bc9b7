/** A namespace as a list of things that can come and go by themselves. */

import {
  detailsOf,
  isOwnTable,
  kindOf,
  lowerOf,
  optionsOf,
  optionWords,
  selectorText,
  tableOf,
} from "../../model/index.ts";
import type { Link, Namespace, NetfilterChain, NetfilterTable, OptionValue, Route, Rule } from "../../model/index.ts";
import { ruleWords } from "../netfilter/index.ts";

export interface Item {
  readonly kind: "link" | "address" | "route" | "policy rule" | "neighbour" | "forwarding" | "filter";
  /** The same thing has the same one before and after; unique in its namespace and kind. */
  readonly id: string;
  readonly object: string;
  /** What a new one is like. */
  readonly born: string;
  /** What can change of it; one without a name needs none to be understood. */
  readonly fields: Readonly<Record<string, string>>;
  readonly byKernel: boolean;
}

/** The field with its own wording. */
export const MASTER = "port of";

const USUAL_MTU = 1500;
const MAIN_TABLE = 254;

export function itemsOf(namespace: Namespace): Item[] {
  const { links, addresses, routes, rules, neighbours, netfilter, forwarding } = namespace;
  return [
    ...links.map(linkItem),
    ...addresses.map(({ link, address, prefixLength, origin }) =>
      item("address", `${link} ${address}/${prefixLength}`, "", {}, origin !== "static"),
    ),
    // Every link with IPv6 has them, so they are not worth showing.
    ...routes.filter(({ to, origin }) => origin === "static" || !/^(fe80|ff00)::\/\d+$/.test(to)).map(routeItem),
    ...rules.map(ruleItem),
    ...neighbours.map(({ link, address, mac }) => item("neighbour", `neighbour ${address} on ${link}`, mac)),
    item("forwarding", "forwarding of IPv4", "", { "": forwarding.ipv4 ? "on" : "off" }),
    item("forwarding", "forwarding of IPv6", "", { "": forwarding.ipv6 ? "on" : "off" }),
    ...netfilter.flatMap(tableItems),
  ];
}

function item(
  kind: Item["kind"],
  object: string,
  born: string,
  fields: Item["fields"] = { "": born },
  byKernel = false,
): Item {
  return { kind, id: object, object, born, fields, byKernel };
}

function linkItem(link: Link): Item {
  const { name, up, mtu, mac, master } = link;
  const what = kindOf(link);
  const other =
    link.kind !== "veth" ? "" : link.peer === null ? "somewhere else" : `${link.peer.namespace} ${link.peer.link}`;
  const state = up ? "up" : "down";
  const hasOptions = tableOf(link.kind)?.inFile === true;
  const lower = lowerOf(link);
  const born = [
    other === "" ? what : `${what} to ${other}`,
    ...(lower === null ? [] : [`on ${lower.link}`]),
    ...Object.entries(hasOptions ? detailsOf(link) : {}).map(([option, value]) => `${option} ${value}`),
    state,
    ...(master === null ? [] : [`port of ${master}`]),
    ...(mtu === USUAL_MTU ? [] : [`MTU ${mtu}`]),
  ];
  const fields = {
    kind: what,
    "other end": other,
    "": state,
    MTU: String(mtu),
    [MASTER]: master ?? "",
    mac: mac ?? "none",
    ...(hasOptions ? optionFields(link) : {}),
  };
  // A bridge without its own hardware address takes that of a port: not worth reporting.
  const { mac: _own, ...bridge } = fields;
  return item(
    "link",
    name,
    born.join(", "),
    link.kind === "bridge" ? { ...bridge, STP: link.stp ? "on" : "off" } : fields,
  );
}

/** All of them: one that is as usual again has changed, too. */
function optionFields(link: Link): Record<string, string> {
  const options: Record<string, OptionValue> = { on: lowerOf(link)?.link ?? null, ...optionsOf(link) };
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [optionWords(name), value === null ? "none" : String(value)]),
  );
}

function ruleItem(rule: Rule): Item {
  const { priority, action } = rule;
  return item(
    "policy rule",
    `rule ${priority}: ${selectorText(rule)}`,
    action.kind === "table" ? `table ${action.table}` : action.kind,
  );
}

function routeItem(route: Route): Item {
  const { to, type, table, metric, source, nextHops, origin } = route;
  const hops = nextHops.map(({ via, link, weight }) =>
    [via === null ? "" : `via ${via}`, link === null ? "" : `dev ${link}`, weight > 1 ? `weight ${weight}` : ""]
      .filter((part) => part !== "")
      .join(" "),
  );
  const usual = route.family === 4 ? 0 : 1024;
  const of = [
    type === "unicast" ? "route" : type,
    to === "0.0.0.0/0" ? "default" : to === "::/0" ? "default (IPv6)" : to,
  ];
  if (table !== MAIN_TABLE) of.push(`in table ${table}`);
  const way = [
    hops.join(", "),
    ...(source === null || origin === "kernel" ? [] : [`from ${source}`]),
    ...(metric === usual || origin === "kernel" ? [] : [`metric ${metric}`]),
  ];
  const found = item(
    "route",
    of.join(" "),
    way.filter((part) => part !== "").join(" "),
    undefined,
    origin !== "static",
  );
  return { ...found, id: `${found.id} ${metric} ${origin === "kernel" ? found.born : ""}` };
}

/** Who made a table, judged by its name. */
function makerOf({ family, name }: NetfilterTable): string {
  if (isOwnTable({ name })) return "netloom";
  if (!["filter", "nat", "mangle", "raw", "security"].includes(name)) return `table ${family} ${name}`;
  return family === "ip" ? `iptables ${name}` : family === "ip6" ? `ip6tables ${name}` : `table ${family} ${name}`;
}

function tableItems(table: NetfilterTable): Item[] {
  const maker = makerOf(table);
  const sets = table.sets.map(({ name, elements }) =>
    item("filter", `${maker} set ${name}`, `${elements.length} elements`, { elements: String(elements.length) }),
  );
  return [...sets, ...table.chains.flatMap((chain) => chainItems(chain, `${maker} ${chain.name}`))];
}

/** Rules are identified by their text; of two equal ones the second gets a number. */
function chainItems({ base, rules }: NetfilterChain, place: string): Item[] {
  const seen = new Map<string, number>();
  const listed = rules.map((rule) => {
    const words = ruleWords(rule);
    const count = (seen.get(words) ?? 0) + 1;
    seen.set(words, count);
    const found = item("filter", `${place}: ${words}`, "", {});
    return count === 1 ? found : { ...found, id: `${found.id} (${count})` };
  });
  // iptables creates its chains on first use: not worth reporting as long as they accept everything.
  if (base !== null)
    return base.policy === "drop" ? [item("filter", `${place}: policy drop`, "", {}), ...listed] : listed;
  return [item("filter", place, "chain"), ...listed];
}
