/** Published ports, read from the maps that destination NAT looks them up in. */

import type { Namespace, NetfilterSet } from "../model/index.ts";

/** Neighbouring ports that lead to neighbouring ports of one address. */
export interface PortRun {
  /** The address asked for, where the map asks for one. */
  readonly on: string | null;
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
  readonly target: string;
  /** First port there. */
  readonly to: number;
}

const NAME = /^publish_(?:(.+)_)?ip[46]$/;

/** Whether this is one of the maps that `publish` makes. */
export function isPublishMap({ name, dynamic, value }: NetfilterSet): boolean {
  return value !== null && !dynamic && NAME.test(name);
}

/** The link whose leased address such a map is about: its name says so. null: its keys have the address, or it is about every one. */
export function linkOfMap({ name }: NetfilterSet, { links }: Namespace): string | null {
  const part = NAME.exec(name)?.[1];
  if (part === undefined || part === "any") return null;
  return links.find((link) => link.name.replaceAll(/[^A-Za-z0-9]/g, "_") === part)?.name ?? null;
}

/** The link that has the address asked for; null for any address, or one that no link has. */
export function linkOf({ on }: Pick<PortRun, "on">, map: NetfilterSet, namespace: Namespace): string | null {
  if (on === null) return linkOfMap(map, namespace);
  return namespace.addresses.find(({ address }) => address === on)?.link ?? null;
}

/** Of a map from protocol and port, and perhaps address, to address and port: one entry for each port. */
export function publishedPorts({ key, elements }: NetfilterSet): PortRun[] {
  const at = (type: string): number => key.indexOf(type);
  const address = Math.max(at("ipv4_addr"), at("ipv6_addr"));
  const [protocol, number] = [at("inet_proto"), at("inet_service")];
  return elements.map(({ key: parts, value }) => {
    const port = Number(parts[number]);
    return {
      on: address < 0 ? null : (parts[address] ?? null),
      protocol: parts[protocol] ?? "",
      first: port,
      last: port,
      target: value?.[0] ?? "",
      to: Number(value?.[1]),
    };
  });
}

/** Folds neighbours together, in the order of address, protocol and port. `place`: what else must be equal, and comes first. */
export function foldPorts<T extends PortRun>(
  ports: readonly T[],
  place: (port: T) => string = ({ on }) => on ?? "",
): T[] {
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = [...ports].sort(
    (a, b) => order(place(a), place(b)) || order(a.protocol, b.protocol) || a.first - b.first,
  );
  const runs: T[] = [];
  for (const one of sorted) {
    const before = runs.at(-1);
    const follows =
      before !== undefined &&
      place(before) === place(one) &&
      before.protocol === one.protocol &&
      before.target === one.target &&
      before.last + 1 === one.first &&
      before.to + (one.first - before.first) === one.to;
    if (follows) runs[runs.length - 1] = { ...before, last: one.last };
    else runs.push(one);
  }
  return runs;
}
