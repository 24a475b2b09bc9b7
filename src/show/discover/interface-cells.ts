/** The cells of one interface in the table of interfaces. */

import type { DiscoveredLink, Link, LinkRef, Namespace, OvsBridge, OvsPort } from "../../model/index.ts";
import { isLinkLocal } from "../../model/index.ts";
import type { Style } from "../style.ts";
import type { Cell } from "../table.ts";
import { enumerate, plural } from "../text.ts";
import { type Group, linkKey } from "./fold.ts";
import { ovsKind, ovsVlans } from "./openvswitch.ts";
import { kindText, processText, referenceText, tunnelText, vlansText } from "./words.ts";

export interface Context {
  readonly masters: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly switches: readonly OvsBridge[];
  /** Ports of switches of other namespaces: by `linkKey`, the switch. */
  readonly away: ReadonlyMap<string, string>;
  readonly style: Style;
  readonly all: boolean;
}

/** An interface. */
export interface Both {
  readonly link: DiscoveredLink;
  readonly model: Link;
  /** It is a port of such a switch. */
  readonly port: OvsPort | null;
}

export const indented = (name: string, depth: number): string =>
  `${"  ".repeat(Math.max(0, depth - 1))}${depth > 0 ? "└ " : ""}${name}`;

export const vlanText = ({ link, port }: Both): string => (port === null ? vlansText(link.vlans) : ovsVlans(port));

/** Its line without the namespace; `depth` is its nesting below other interfaces. */
export function lineOf({ link, model, port }: Both, depth: number, group: Group, context: Context): Cell[] {
  const own = group.model.addresses.filter(
    (one) => one.link === link.name && (context.all || !isLinkLocal(one.address)),
  );
  const texts = own.map(({ address, prefixLength }) => {
    const far = link.pointToPoint[address];
    return far === undefined ? `${address}/${prefixLength}` : `${address} peer ${far}`;
  });
  const addresses = group.names.length > 1 && texts.length > 0 ? `${texts[0]} …` : texts.join(" ");
  const away = context.away.get(linkKey({ namespace: group.namespace.name, link: link.name })) ?? "";
  const leads = [portCount(link, group), away, goal(link, group, context)].filter((text) => text !== "").join(", ");
  return [
    indented(link.name, depth),
    kindOf({ link, model, port }),
    stateCell({ link, model, port }, context.style),
    vlanText({ link, model, port }),
    addresses,
    leads,
  ];
}

/** What the switch has made is a tap to the kernel, or nothing that it has a word for. */
function kindOf({ link, port }: Both): string {
  const one = port?.interfaces.find(({ name }) => name === link.name);
  return one === undefined || one.type === "system" ? kindText(link) : ovsKind(one);
}

const counts = new WeakMap<Namespace, ReadonlyMap<string, number>>();

/** How many links each link has below it; counted once, for there may be thousands. */
function countsOf(model: Namespace): ReadonlyMap<string, number> {
  const known = counts.get(model);
  if (known !== undefined) return known;
  const counted = new Map<string, number>();
  for (const { master } of model.links) if (master !== null) counted.set(master, (counted.get(master) ?? 0) + 1);
  counts.set(model, counted);
  return counted;
}

/** Of what has others below it: bridges, bonds, teams, VRFs. */
function portCount({ name, kind, details }: DiscoveredLink, { model }: Group): string {
  const count = countsOf(model).get(name) ?? 0;
  if (kind === "bridge") return plural(count, "port");
  const { active } = details;
  return count === 0 ? "" : `${plural(count, "link")}${active === undefined ? "" : `, ${active} active`}`;
}

function goal(link: DiscoveredLink, group: Group, { masters }: Context): string {
  const users = link.users.length === 0 ? [] : [enumerate(link.users.map(processText), 2)];
  if (link.peer !== null) return cable(link.peer, group, masters);
  if (link.elsewhere !== null) return `ifindex ${link.elsewhere} of a namespace that was not read`;
  const parent =
    link.parent === null
      ? []
      : [`on ${link.parent.namespace === group.namespace.name ? link.parent.link : referenceText(link.parent)}`];
  const tunnel = tunnelText(link);
  return [...(tunnel === "" ? [] : [tunnel]), ...parent, ...users].join(", ");
}

/** With the bridge that the other end is a port of; for many, where they all lead. */
function cable(peer: LinkRef, { names }: Group, masters: ReadonlyMap<string, string>): string {
  const bridge = masters.get(linkKey(peer));
  if (names.length > 1 && bridge !== undefined) return `${peer.namespace}, in ${bridge}`;
  return `${referenceText(peer)}${bridge === undefined ? "" : ` in ${bridge}`}`;
}

export function stateText({ link, model }: Both): string {
  if (!model.up) return "down";
  if (link.portState !== null && link.portState !== "forwarding" && link.portState !== "disabled")
    return link.portState;
  return link.carrier ? "up" : "no carrier";
}

export function stateCell(both: Both, style: Style): Cell {
  const text = stateText(both);
  const { green, red, yellow } = style.colours;
  return { text, paint: text === "up" ? green : text === "down" ? red : yellow };
}
