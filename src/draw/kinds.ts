/** Short descriptions of links that are neither cables nor switches, to fit in a picture. */

import { kindOf, labelOf, tableOf } from "../model/index.ts";
import type { DiscoveredLink, Link } from "../model/index.ts";

/** What is known about a link beyond the model; empty for a link drawn from a file. */
export type LinkFacts = Partial<
  Pick<DiscoveredLink, "carrier" | "kind" | "peer" | "parent" | "elsewhere" | "details" | "users">
>;

/** Tunnel kinds without a table. */
const TUNNELS = new Set([
  "geneve",
  "gre",
  "gretap",
  "erspan",
  "ip6gre",
  "ip6gretap",
  "ip6erspan",
  "ipip",
  "sit",
  "ip6tnl",
  "vti",
  "vti6",
  "wireguard",
  "l2tp",
  "gtp",
]);
const BUNDLES = new Set(["bond", "team"]);

/** Whether its packets are encapsulated in others. */
export function isTunnel(link: Link): boolean {
  const kind = kindOf(link);
  return tableOf(kind)?.tunnel === true || TUNNELS.has(kind);
}

/** Several links that act as one. */
export function isBundle(link: Link | undefined): boolean {
  return link?.kind === "other" && BUNDLES.has(link.type);
}

/** `vlan 20`, `vxlan 42`, `gre key 7`, `macvlan bridge`, `tap`: the kernel's name of the kind, and what distinguishes this link. */
export function kindWith(kind: string, details: DiscoveredLink["details"]): string {
  const known = tableOf(kind);
  if (known !== null) return labelOf(known, details);
  const { id, table, mode } = details;
  const key = details["output key"] ?? details["input key"];
  const more = id ?? table ?? mode ?? (key === undefined ? undefined : `key ${key}`);
  return more === undefined ? kind : `${kind} ${more}`;
}

export function kindWords(link: Link, { details = {} }: LinkFacts = {}): string {
  if (link.kind === "nic") return `card ${link.device}`;
  return kindWith(kindOf(link), details);
}

const USERS_SHOWN = 2;

/** Where it leads, as far as its own machine knows: the far end of a tunnel, the programs that have a tap open. */
export function beyondWords({ details = {}, users = [] }: LinkFacts): string[] {
  const { remote, group, port } = details;
  const far = remote ?? group;
  const to = far === undefined ? [] : [`to ${far}${port === undefined || port === 4789 ? "" : ` udp ${port}`}`];
  const by = users.slice(0, USERS_SHOWN).map(({ command, pid }) => `${command} (${pid})`);
  const more = users.length > USERS_SHOWN ? [`and ${users.length - USERS_SHOWN} more`] : [];
  return [...to, ...by, ...more];
}

/** For the text on hover. */
export function factWords({ details = {}, parent }: LinkFacts): string[] {
  const words = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  const on = parent === undefined || parent === null ? [] : [`on ${parent.namespace}:${parent.link}`];
  return words.length + on.length === 0 ? [] : [[...on, ...words].join(" · ")];
}
