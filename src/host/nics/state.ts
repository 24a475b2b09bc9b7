/** Everything that an interface of the machine has, as the kernel reports it, so that it can be restored. Reads only. */

import { readdirSync, readFileSync } from "node:fs";
import type { AddressMessage, LinkMessage, NeighbourMessage, RouteMessage } from "../../netlink/index.ts";
import { Batch, type NetlinkSocket } from "../../kernel/index.ts";
import {
  NUD_DELAY,
  NUD_PERMANENT,
  NUD_PROBE,
  NUD_REACHABLE,
  NUD_STALE,
  RT_TABLE_LOCAL,
  RTM_F_CLONED,
} from "../../netlink/constants.ts";

/** States in which its MAC is known. */
const KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
const ANY_ROUTE = { destinationLength: 0, table: 0, protocol: 0, scope: 0, type: 0 };

export interface NicState {
  readonly link: LinkMessage;
  readonly addresses: readonly AddressMessage[];
  /** Those that leave by it, the kernel's own among them; without the local table, which the kernel keeps. */
  readonly routes: readonly RouteMessage[];
  /** Whose MAC is known. */
  readonly neighbours: readonly NeighbourMessage[];
  /** `ipv4/conf/rp_filter` → value. */
  readonly settings: Readonly<Record<string, string>>;
  /** When it was read, milliseconds of the epoch: lifetimes count from then. */
  readonly at: number;
}

/** Must be called in the namespace of the socket. */
export function readNic(socket: NetlinkSocket, index: number): NicState {
  const link = readLink(socket, index);
  const addresses = socket.dump({ kind: "address", command: "get", family: 0, prefixLength: 0, index: 0 });
  const routes = socket.dump({ kind: "route", command: "get", family: 0, ...ANY_ROUTE });
  const neighbours = socket.dump({ kind: "neighbour", command: "get", family: 0, index: 0, state: 0 });
  return {
    link,
    addresses: addresses.filter((each): each is AddressMessage => each.kind === "address" && each.index === index),
    routes: routes.filter((each): each is RouteMessage => each.kind === "route" && isOwn(each, index)),
    neighbours: neighbours.filter(
      (each): each is NeighbourMessage =>
        each.kind === "neighbour" &&
        each.index === index &&
        (each.state & KNOWN) !== 0 &&
        each.destination !== undefined,
    ),
    settings: readSettings(link.name ?? ""),
    at: Date.now(),
  };
}

function readLink(socket: NetlinkSocket, index: number): LinkMessage {
  const batch = new Batch();
  batch.add({ kind: "link", command: "get", index }, 0, "read an interface");
  const [answer] = socket.ask(batch);
  if (answer?.message.kind !== "link") throw new Error(`there is no link with the index ${index}`);
  const { stats64: _counters, ...link } = answer.message;
  return link;
}

function isOwn(route: RouteMessage, index: number): boolean {
  if (route.table === RT_TABLE_LOCAL || ((route.flags ?? 0) & RTM_F_CLONED) !== 0) return false;
  return route.outputIndex === index || route.multipath?.some((hop) => hop.index === index) === true;
}

function readSettings(name: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const family of ["ipv4", "ipv6"]) {
    const folder = settingsFolder(family, name);
    for (const key of entries(folder)) {
      try {
        settings[`${family}/${key}`] = readFileSync(`${folder}/${key}`, "utf8").trim();
      } catch {
        // stable_secret has no value until it is set
      }
    }
  }
  return settings;
}

export function settingsFolder(family: string, name: string): string {
  return `/proc/sys/net/${family}/conf/${name}`;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** As JSON has it. */
export function pack(state: NicState): unknown {
  return JSON.parse(
    JSON.stringify(state, (_, value: unknown) => {
      if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString("hex") };
      return value instanceof Map ? { $map: [...(value as Map<unknown, unknown>)] } : value;
    }),
  ) as unknown;
}

export function unpack(packed: unknown): NicState {
  return JSON.parse(JSON.stringify(packed), (_, value: unknown) => {
    const { $hex, $map } = (value ?? {}) as { $hex?: string; $map?: [unknown, unknown][] };
    if ($hex !== undefined) return new Uint8Array(Buffer.from($hex, "hex"));
    return $map === undefined ? value : new Map($map);
  }) as NicState;
}
