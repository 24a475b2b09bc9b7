/** What the shapes have in common: cables numbered from 0, each with a /30 of 10.0.0.0/8, and ranges of them as routes. */

import { formatAddress, formatPrefix, rangeToPrefixes } from "../../model/index.ts";
import type { InterfaceBody, NodeBody, RouteBody } from "../schema.ts";

const BASE = 10n << 24n;

/** How far from the hosts' usual 64 hops the farthest pair may be before the TTL has to be raised. */
const FAR = 60;

/** `10.0.0.1`: the address of one end (1 or 2) of a cable. */
export function endAddress(cable: number, end: 1 | 2): string {
  return formatAddress({ family: 4, value: BASE + BigInt(cable) * 4n + BigInt(end) });
}

export function cableEnd(cable: number, end: 1 | 2, link?: string): InterfaceBody {
  return { ...(link !== undefined && { link }), address: `${endAddress(cable, end)}/30` };
}

/** Routes to the networks of cables first … last, as few as cover them and nothing else. */
export function routesTo(first: number, last: number, via: string): RouteBody[] {
  if (first > last) return [];
  const start = BASE + BigInt(first) * 4n;
  const end = BASE + BigInt(last) * 4n + 3n;
  return rangeToPrefixes(4, start, end).map((prefix) => ({ to: formatPrefix(prefix), via }));
}

/** Packets start with a TTL of 64: too few for a long way. */
export function sysctlsFor(hops: number): Pick<NodeBody, "sysctls"> {
  return hops > FAR ? { sysctls: { "net.ipv4.ip_default_ttl": 255 } } : {};
}
