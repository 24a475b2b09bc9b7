/** Rows of the database → bridges with their ports. The answer is untrusted: values that are not strings are dropped. Pure. */

import type { LinkRef, OvsBridge, OvsInterface, OvsPort } from "../../model/index.ts";
import { compareNames } from "../../model/index.ts";
import type { Row, Tables } from "./protocol.ts";

/** Patch ports name their peer, and a link is not known by its name alone: both are found later. */
export function toBridges(tables: Tables, namespace: string): OvsBridge[] {
  const { Port, Interface, Controller } = byId(tables);
  const bridges = tables.Bridge.map((row): OvsBridge => ({
    name: text(row["name"]) ?? "",
    namespace,
    datapath: text(row["datapath_type"]) || "system",
    failMode: text(row["fail_mode"]),
    controllers: referred(row["controller"], Controller).map((one) => ({
      target: text(one["target"]) ?? "",
      connected: one["is_connected"] === true,
    })),
    ports: referred(row["ports"], Port)
      .map((port) => toPort(port, Interface))
      .sort((a, b) => compareNames(a.name, b.name)),
  }));
  return withPeers(bridges.sort((a, b) => compareNames(a.name, b.name)));
}

function toPort(row: Row, interfaces: ReadonlyMap<string, Row>): OvsPort {
  return {
    name: text(row["name"]) ?? "",
    tag: elements(row["tag"]).find(isVlan) ?? null,
    trunks: elements(row["trunks"])
      .filter(isVlan)
      .sort((a, b) => a - b),
    vlanMode: text(row["vlan_mode"]),
    bondMode: text(row["bond_mode"]),
    lacp: text(row["lacp"]),
    interfaces: referred(row["interfaces"], interfaces)
      .map(toInterface)
      .sort((a, b) => compareNames(a.name, b.name)),
  };
}

function toInterface(row: Row): OvsInterface {
  return {
    name: text(row["name"]) ?? "",
    type: text(row["type"]) || "system",
    link: null,
    peer: null,
    options: map(row["options"]),
    mac: text(row["mac_in_use"]),
    error: text(row["error"]),
  };
}

function withPeers(bridges: readonly OvsBridge[]): OvsBridge[] {
  // By interface name, which is all that the option contains.
  const places = new Map(
    bridges.flatMap(({ name, ports }) =>
      ports.flatMap((port) => port.interfaces.map((one) => [one.name, { bridge: name, port: port.name }] as const)),
    ),
  );
  return eachInterface(bridges, (one) => {
    const peer = one.type === "patch" ? places.get(one.options["peer"] ?? "") : undefined;
    return peer === undefined ? one : { ...one, peer };
  });
}

/** A link that may be an interface of a switch. */
export interface Candidate {
  readonly name: string;
  readonly mac: string | null;
  /** The switch has made it. */
  readonly switched: boolean;
}

/** By namespace. */
export type LinksOf = ReadonlyMap<string, readonly Candidate[]>;

/** These are links only of the kernel's kinds: there may be others of the same name. */
const LINKS = new Set(["system", "internal", "tap", "afxdp"]);

/** The link of each interface: in the switch's own namespace, or moved to another since. */
export function withLinks(bridges: readonly OvsBridge[], links: LinksOf): OvsBridge[] {
  // There may be thousands of ports.
  const names = new Map([...links].map(([namespace, list]) => [namespace, new Set(list.map(({ name }) => name))]));
  return bridges.flatMap((bridge) =>
    eachInterface([bridge], (one) => {
      const here = names.get(bridge.namespace)?.has(one.name) === true;
      const link = !LINKS.has(one.type)
        ? null
        : here
          ? { namespace: bridge.namespace, link: one.name }
          : movedTo(one, links);
      return link === null ? one : { ...one, link };
    }),
  );
}

function movedTo({ name, type, mac }: OvsInterface, links: LinksOf): LinkRef | null {
  // Internal ports are moved into namespaces like cables. The switch still uses their old name, and may have
  // lost sight of their address.
  if (type !== "internal") return null;
  const isIt = (link: Candidate): boolean => link.name === name && link.switched && (mac === null || link.mac === mac);
  const moved = [...links].filter(([, list]) => list.some(isIt));
  const [only] = moved;
  return only === undefined || moved.length > 1 ? null : { namespace: only[0], link: name };
}

function eachInterface(bridges: readonly OvsBridge[], change: (one: OvsInterface) => OvsInterface): OvsBridge[] {
  return bridges.map((bridge) => ({
    ...bridge,
    ports: bridge.ports.map((port) => ({ ...port, interfaces: port.interfaces.map(change) })),
  }));
}

/** RFC 7047, 5.1: an atom represents a set of one. */
function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value[0] === "set") return Array.isArray(value[1]) ? value[1] : [];
  return value === undefined ? [] : [value];
}

function text(value: unknown): string | null {
  const [first] = elements(value);
  return typeof first === "string" && first !== "" ? first : null;
}

function map(value: unknown): Record<string, string> {
  const pairs: unknown = Array.isArray(value) && value[0] === "map" ? value[1] : [];
  const known = (Array.isArray(pairs) ? pairs : []).filter(
    (pair): pair is [string, string] =>
      Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string"),
  );
  return Object.fromEntries(known.sort(([a], [b]) => compareNames(a, b)));
}

const isVlan = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 4096;

function uuid(value: unknown): string | null {
  return Array.isArray(value) && value[0] === "uuid" && typeof value[1] === "string" ? value[1] : null;
}

function byId(tables: Tables): Record<keyof Tables, ReadonlyMap<string, Row>> {
  const indexed = Object.entries(tables).map(([name, rows]) => [
    name,
    new Map(rows.map((row) => [uuid(row["_uuid"]) ?? "", row])),
  ]);
  return Object.fromEntries(indexed) as Record<keyof Tables, ReadonlyMap<string, Row>>;
}

const referred = (value: unknown, rows: ReadonlyMap<string, Row>): Row[] =>
  elements(value).flatMap((one): readonly Row[] => {
    const row = rows.get(uuid(one) ?? "");
    return row === undefined ? [] : [row];
  });
