/**
 * From one interface to another in one send: addresses with their scopes, labels and lifetimes, routes, neighbours. What
 * takes over is there before what it replaces goes, so that no packet finds neither.
 */

import type { AddressMessage, NeighbourMessage, RouteMessage } from "../../netlink/index.ts";
import { Batch, ERRNO, NetlinkError, type NetlinkSocket } from "../../kernel/index.ts";
import type { NicState } from "./state.ts";
import {
  AF_INET6,
  IFA_F_HOMEADDRESS,
  IFA_F_MCAUTOJOIN,
  IFA_F_NODAD,
  IFA_F_NOPREFIXROUTE,
  IFNAMSIZ,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NTF_ROUTER,
  NUD_PERMANENT,
  NUD_STALE,
  RTNH_F_ONLINK,
} from "../../netlink/constants.ts";

/** Those that can be requested; the kernel derives the others. */
const ASKED_FLAGS = IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;
const FOREVER = 0xffffffff;
const GONE = [ERRNO.ENOENT, ERRNO.ESRCH, ERRNO.ENODEV, ERRNO.EADDRNOTAVAIL];
const THERE = [ERRNO.EEXIST];

export interface End {
  readonly index: number;
  readonly name: string;
}

type Message = Parameters<Batch["add"]>[0];

/** Requests for one send, each with the refusals that do not matter. */
export class Transfer {
  readonly #batch = new Batch();
  readonly #ignored: (readonly number[])[] = [];

  add(message: Message, operation: string, flags = 0, ignored: readonly number[] = []): void {
    this.#batch.add(message, flags, operation);
    this.#ignored.push(ignored);
  }

  /** Throws what the kernel has refused first, if it matters. */
  send(socket: NetlinkSocket): void {
    if (this.#batch.length === 0) return;
    const failures = socket.transact(this.#batch);
    const failure = failures.find(({ index, errno }) => this.#ignored[index]?.includes(errno) !== true);
    if (failure !== undefined) throw new NetlinkError(failure, { namespace: "root" });
  }
}

type Adder = Pick<Transfer, "add">;

/** Gives `to` what `from` has by `state`; `from` keeps it. */
export function give({ addresses, routes, neighbours }: NicState, from: End, to: End, transfer: Adder): void {
  for (const address of addresses) {
    const moved = movedAddress(address, from, to);
    transfer.add(moved, `give ${to.name} an address`, NLM_F_CREATE | NLM_F_EXCL, THERE);
    if (((address.flags ?? 0) & IFA_F_NODAD) !== 0 || address.family !== AF_INET6) continue;
    // The address is already in use here and works at once, without duplicate address detection.
    const shown = { ...moved, flags: (moved.flags ?? 0) & ~IFA_F_NODAD };
    transfer.add(shown, `give ${to.name} an address`, NLM_F_REPLACE);
  }
  // A gateway must be on a link when its route is added.
  for (const route of directFirst(routes).flatMap((each) => movedRoutes(each, from, to)))
    transfer.add(route, `give ${to.name} a route`, NLM_F_CREATE | NLM_F_APPEND, THERE);
  for (const neighbour of neighbours)
    transfer.add(movedNeighbour(neighbour, to), `give ${to.name} a neighbour`, NLM_F_CREATE | NLM_F_REPLACE);
}

/** Takes from the interface what it has by `state`. */
export function take({ addresses, routes, neighbours }: NicState, from: End, transfer: Adder): void {
  const what = `take it from ${from.name}`;
  const own = directFirst(routes).flatMap((each) => movedRoutes(each, from, from));
  for (const route of own.reverse()) transfer.add({ ...route, command: "delete" }, what, 0, GONE);
  const { index } = from;
  for (const { family, destination } of neighbours)
    transfer.add(
      { kind: "neighbour", command: "delete", family, index, state: 0, destination: destination! },
      what,
      0,
      GONE,
    );
  // The first of a subnet last: with it the kernel drops the others.
  for (const { family, prefixLength, local, address } of [...addresses].reverse()) {
    const bytes = (local ?? address)!;
    transfer.add(
      { kind: "address", command: "delete", family, prefixLength, index, local: bytes, address: address ?? bytes },
      what,
      0,
      GONE,
    );
  }
}

/** As it was, and what has come since: of what both have, the later. Lifetimes that are over are over. */
export function merged(before: NicState, now: NicState): NicState {
  const passed = Math.round((now.at - before.at) / 1000);
  const later = <T>(old: readonly T[], fresh: readonly T[], key: (each: T) => string): T[] => [
    ...new Map([...old, ...fresh].map((each) => [key(each), each])).values(),
  ];
  const alive = before.addresses.flatMap((each) => aged(each, passed));
  return {
    ...before,
    // The label is the interface's own.
    addresses: later(alive, now.addresses, addressKey).map((each) => {
      const label = before.addresses.find((old) => addressKey(old) === addressKey(each))?.label;
      return label === undefined ? each : { ...each, label };
    }),
    routes: later(before.routes, now.routes, routeKey),
    neighbours: later(before.neighbours, now.neighbours, ({ destination }) => hex(destination)),
  };
}

function aged(address: AddressMessage, seconds: number): AddressMessage[] {
  const { cacheInfo } = address;
  if (cacheInfo === undefined || cacheInfo.valid === FOREVER) return [address];
  if (cacheInfo.valid <= seconds) return [];
  const rest = (time: number): number => (time === FOREVER ? time : Math.max(0, time - seconds));
  return [
    { ...address, cacheInfo: { ...cacheInfo, preferred: rest(cacheInfo.preferred), valid: rest(cacheInfo.valid) } },
  ];
}

const hex = (bytes: Uint8Array | undefined): string => (bytes === undefined ? "" : Buffer.from(bytes).toString("hex"));
const addressKey = ({ local, address, prefixLength }: AddressMessage): string =>
  `${hex(local)} ${hex(address)} ${prefixLength}`;
/** Without the interface, which differs. */
const routeKey = (route: RouteMessage): string =>
  [route.family, route.table, route.priority, route.tos, route.type, route.protocol, route.destinationLength].join(
    " ",
  ) +
  [route.destination, route.gateway, route.preferredSource].map(hex).join(" ") +
  (route.multipath ?? []).map(({ gateway }) => hex(gateway)).join(" ");

function movedAddress(message: AddressMessage, from: End, to: End): AddressMessage {
  const { label, flags = 0, ...rest } = message;
  return {
    ...rest,
    command: "new",
    index: to.index,
    flags: (flags & ASKED_FLAGS) | (message.family === AF_INET6 ? IFA_F_NODAD : 0),
    ...(label === undefined ? {} : { label: movedLabel(label, from, to) }),
  };
}

/** `eth0:1` is `br-ex:1` on the bridge, if that is not too long. */
function movedLabel(label: string, from: End, to: End): string {
  if (label !== from.name && !label.startsWith(`${from.name}:`)) return label;
  const moved = `${to.name}${label.slice(from.name.length)}`;
  return Buffer.byteLength(moved) < IFNAMSIZ ? moved : to.name;
}

/** Removes what the kernel reports about a route but refuses in requests. An IPv6 multipath route is several routes. */
function movedRoutes(message: RouteMessage, from: End, to: End): RouteMessage[] {
  const { cacheInfo, flags = 0, multipath, outputIndex, ...rest } = message;
  const expires = cacheInfo === undefined ? 0 : expiryOf(cacheInfo);
  const common: RouteMessage = {
    ...rest,
    command: "new",
    flags: flags & RTNH_F_ONLINK,
    ...(expires > 0 && message.family === AF_INET6 ? { expires } : {}),
  };
  const on = (index: number): number => (index === from.index ? to.index : index);
  const single = (hop: Pick<RouteMessage, "gateway" | "via">): Partial<RouteMessage> => ({
    ...(hop.gateway === undefined ? {} : { gateway: hop.gateway }),
    ...(hop.via === undefined ? {} : { via: hop.via }),
  });
  if (multipath === undefined)
    return [{ ...common, ...(outputIndex === undefined ? {} : { outputIndex: on(outputIndex) }) }];
  if (message.family !== AF_INET6)
    return [
      {
        ...common,
        multipath: multipath.map((hop) => ({ ...hop, flags: (hop.flags ?? 0) & RTNH_F_ONLINK, index: on(hop.index) })),
      },
    ];
  return multipath
    .filter(({ index }) => index === from.index)
    .map((hop) => ({ ...common, ...single(hop), outputIndex: to.index }));
}

/** struct rta_cacheinfo: rta_expires, in hundredths of a second. */
function expiryOf(info: Uint8Array): number {
  return info.length < 12 ? 0 : Math.ceil(Buffer.from(info).readInt32LE(8) / 100);
}

function directFirst(routes: readonly RouteMessage[]): RouteMessage[] {
  const isDirect = ({ gateway, via, multipath }: RouteMessage): boolean =>
    gateway === undefined && via === undefined && multipath === undefined;
  return [...routes.filter(isDirect), ...routes.filter((route) => !isDirect(route))];
}

/** What was learned is to be looked at again before it is believed. */
function movedNeighbour({ family, state, flags = 0, destination, linkAddress }: NeighbourMessage, to: End) {
  return {
    kind: "neighbour",
    command: "new",
    family,
    index: to.index,
    state: (state & NUD_PERMANENT) !== 0 ? NUD_PERMANENT : NUD_STALE,
    flags: flags & NTF_ROUTER,
    destination: destination!,
    ...(linkAddress === undefined ? {} : { linkAddress }),
  } as const;
}
