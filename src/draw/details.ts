/** The text shown on hover. */

import { isLoopback, kindOf, roleOf } from "../model/index.ts";
import type { Link, Namespace, NextHop, Route } from "../model/index.ts";

const ROUTES_SHOWN = 16;

export function linkDetails(link: Link, addresses: readonly string[]): string[] {
  const about = [kindOf(link), link.up ? "up" : "down", `mtu ${link.mtu}`, ...(link.mac === null ? [] : [link.mac])];
  const master = link.master === null ? [] : [`in ${link.master}`];
  return [
    [...about, ...master].join(" · "),
    ...(link.altnames.length === 0 ? [] : [`also ${link.altnames.join(", ")}`]),
    ...(addresses.length === 0 ? [] : [addresses.join(", ")]),
  ];
}

export function namespaceDetails(namespace: Namespace): string[] {
  const { name, links, addresses, routes, sysctls } = namespace;
  const role = roleOf(namespace);
  const { ipv4, ipv6 } = namespace.forwarding;
  const forwards = ipv4 || ipv6 ? [`forwards ${[ipv4 ? "IPv4" : "", ipv6 ? "IPv6" : ""].join(" ").trim()}`] : [];
  const own = links
    .filter(({ kind }) => kind !== "loopback")
    .filter(({ master }) => master === null)
    .map((link) => {
      const at = addresses.filter((one) => one.link === link.name && !isLoopback(one.address));
      const texts = at.map((one) => `${one.address}/${one.prefixLength}`);
      return [`${link.name}${link.up ? "" : " (down)"}`, link.mac ?? "", `mtu ${link.mtu}`, ...texts].join("  ");
    });
  const telling = routes.filter(isTelling);
  const shown = telling.slice(0, ROUTES_SHOWN).map(routeText);
  const more = telling.length - shown.length;
  return [
    [`${name}: ${role === "root" ? "the machine" : role}`, ...forwards].join(", "),
    ...own,
    ...shown,
    ...(more > 0 ? [`… and ${more} more routes`] : []),
    ...Object.entries(sysctls).map(([key, value]) => `${key} = ${value}`),
  ];
}

/** Leaves out routes that follow from the addresses anyway. */
function isTelling({ origin, type }: Route): boolean {
  return origin !== "kernel" && type !== "local" && type !== "broadcast" && type !== "multicast";
}

function routeText({ family, to, type, nextHops, table }: Route): string {
  const where = to === "0.0.0.0/0" ? "default" : to === "::/0" && family === 6 ? "default (IPv6)" : to;
  const what = type === "unicast" ? nextHops.map(hopText).join(", ") : type;
  return `${where} ${what}${table === 254 ? "" : ` (table ${table})`}`;
}

function hopText({ via, link }: NextHop): string {
  return [...(via === null ? [] : [`via ${via}`]), ...(link === null ? [] : [`dev ${link}`])].join(" ");
}
