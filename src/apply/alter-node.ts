/** What changes on the links that a namespace has already, in one send: a packet that comes meanwhile finds old or new. */

import { existsSync } from "node:fs";
import type { Link, Namespace } from "../model/index.ts";
import { lowerOf, macToBytes } from "../model/index.ts";
import {
  Batch,
  ERRNO,
  type LabContext,
  NetlinkError,
  NetlinkSocket,
  openNode,
  readSysctl,
  sysctlPath,
  within,
  writeSysctl,
} from "../kernel/index.ts";
import { IFF_UP, type LinkMessage, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../netlink/index.ts";
import {
  changedKind,
  encodeAddress,
  encodeNeighbour,
  encodeRoute,
  encodeRule,
  withoutGeneratedAddresses,
} from "../rtnl/index.ts";
import type { Change, ChangeOf } from "../plan/index.ts";
import type { LinkIndexes } from "./indexes.ts";
import { applyTables, flushConnections } from "./netfilter/index.ts";
import { setForwarding } from "./settings.ts";

const SET = NLM_F_CREATE | NLM_F_REPLACE;
const CREATE = NLM_F_CREATE | NLM_F_EXCL;

/** What a deletion may answer when another change has taken the object along: a route goes with its link. */
const GONE: ReadonlySet<number> = new Set([ERRNO.ENOENT, ERRNO.ESRCH, ERRNO.ENODEV, ERRNO.EADDRNOTAVAIL]);

/** For all links, which is the greatest of both: `arp_notify` in inetdev_event(), `ndisc_notify` in ndisc_netdev_event(). */
const ANNOUNCE = ["net.ipv4.conf.all.arp_notify", "net.ipv6.conf.all.ndisc_notify"];

/** `desired` is the whole namespace as it shall be: what the kernel drops along the way is put back from it. */
export function alterNode(
  context: LabContext,
  name: string,
  changes: readonly Change[],
  desired: Namespace,
  indexes: LinkIndexes,
): void {
  using namespace = openNode(context, name);
  using socket = NetlinkSocket.open({ namespace: namespace.fd, name });
  const sender = new Sender(socket, name);
  const indexOf = (link: string): number => indexes.of(name, link);
  const links = changes.filter((change) => change.kind === "link");
  within(namespace.fd, () => {
    for (const change of changes) if (change.kind === "forwarding") setForwarding(change.after!);
  });
  freeNames(links, indexOf, sender);
  announcing(namespace.fd, links, () => {
    for (const change of links) setLink(change.before!, change.after!, indexOf, sender);
    sender.send();
  });
  removeAddressing(changes, indexOf, sender);
  addAddressing(changes, indexOf, sender);
  // The kernel drops the routes that leave by an address or a link that goes, also those that shall stay.
  if (changes.some((change) => change.kind === "address" && change.action === "delete") || links.length > 0)
    restoreRoutes(desired, indexes, sender);
  sender.send();
  const tables = changes.filter((change) => change.kind === "table");
  applyTables({ fd: namespace.fd, name }, tables);
  // After the rules: what begins meanwhile begins by the new ones.
  if (tables.length > 0) flushConnections({ fd: namespace.fd, name }, tables);
  within(namespace.fd, () => {
    for (const change of changes) if (change.kind === "sysctl") writeSysctl(change.after!.key, change.after!.value);
  });
}

/** One DELLINK for each; their namespaces may differ. */
export function deleteLinks(context: LabContext, changes: readonly ChangeOf<"link">[], indexes: LinkIndexes): void {
  const byNamespace = new Map<string, ChangeOf<"link">[]>();
  for (const change of changes) {
    byNamespace.set(change.namespace, [...(byNamespace.get(change.namespace) ?? []), change]);
  }
  for (const [name, own] of byNamespace) {
    using namespace = openNode(context, name);
    using socket = NetlinkSocket.open({ namespace: namespace.fd, name });
    const sender = new Sender(socket, name);
    for (const { before } of own) {
      const index = indexes.of(name, before!.name);
      sender.remove({ kind: "link", command: "delete", index }, `delete link ${before!.name}`);
    }
    sender.send();
  }
}

class Sender {
  readonly #socket: NetlinkSocket;
  readonly #namespace: string;
  readonly #batch = new Batch();
  /** Positions of deletions in the batch. */
  readonly #removals = new Set<number>();
  readonly #attempts = new Set<number>();

  constructor(socket: NetlinkSocket, namespace: string) {
    this.#socket = socket;
    this.#namespace = namespace;
  }

  add(message: Parameters<Batch["add"]>[0], flags: number, operation: string): void {
    this.#batch.add(message, flags, operation);
  }

  remove(message: Parameters<Batch["add"]>[0], operation: string): void {
    this.#removals.add(this.#batch.length);
    this.#batch.add(message, 0, operation);
  }

  /** Whatever the kernel says to it. */
  attempt(message: Parameters<Batch["add"]>[0], flags: number, operation: string): void {
    this.#attempts.add(this.#batch.length);
    this.#batch.add(message, flags, operation);
  }

  send(): void {
    if (this.#batch.length === 0) return;
    const failures = this.#socket
      .transact(this.#batch)
      .filter(({ index, errno }) => !this.#attempts.has(index) && !(this.#removals.has(index) && GONE.has(errno)));
    this.#batch.clear();
    this.#removals.clear();
    this.#attempts.clear();
    if (failures.length > 0) throw new NetlinkError(failures[0]!, { namespace: this.#namespace });
  }
}

/** A name that two links pass on to one another is free for a moment only when both have a third. */
function freeNames(links: readonly ChangeOf<"link">[], indexOf: (link: string) => number, sender: Sender): void {
  const given = new Set(links.filter(isRename).map(({ after }) => after!.name));
  for (const { before, after } of links.filter(isRename)) {
    if (!given.has(before!.name)) continue;
    const index = indexOf(after!.name);
    sender.add({ kind: "link", command: "new", index, name: `nl-${index}` }, 0, `free the name ${before!.name}`);
  }
}

const isRename = ({ before, after }: ChangeOf<"link">): boolean => before!.name !== after!.name;

function setLink(before: Link, after: Link, indexOf: (link: string) => number, sender: Sender): void {
  const index = indexOf(after.name);
  const set = (what: Partial<LinkMessage>, operation: string): void =>
    sender.add({ kind: "link", command: "new", index, ...what }, 0, operation);
  const { name } = after;
  if (before.up && !after.up) set({ flags: 0, change: IFF_UP }, `set ${name} down`);
  if (before.name !== name) set({ name }, `rename ${before.name} to ${name}`);
  if (before.mac !== after.mac && after.mac !== null) set({ address: macToBytes(after.mac) }, `set the MAC of ${name}`);
  if (before.mtu !== after.mtu) set({ mtu: after.mtu }, `set the MTU of ${name}`);
  if (before.master !== after.master) {
    const master = after.master === null ? 0 : indexOf(after.master);
    set(
      { master },
      after.master === null ? `take ${name} out of ${before.master}` : `plug ${name} into ${after.master}`,
    );
  }
  const lower = lowerOf(after);
  const kind = changedKind(before, after, lower && indexOf(lower.link));
  if (kind !== null) set(kind, `set the ${after.kind} options of ${name}`);
  const altNames = (names: readonly string[]) => ({ kind: "linkproperty", index, altNames: names }) as const;
  const old = before.altnames.filter((alt) => !after.altnames.includes(alt));
  const fresh = after.altnames.filter((alt) => !before.altnames.includes(alt));
  if (old.length > 0)
    sender.remove({ ...altNames(old), command: "delete" }, `take the name ${old.join(", ")} from ${name}`);
  if (fresh.length > 0)
    sender.add({ ...altNames(fresh), command: "new" }, CREATE, `give ${name} the name ${fresh.join(", ")}`);
  if (before.up || !after.up) return;
  // One that its maker came to no end with may still be one that the kernel gives an address, which shall be ours to give.
  // Without IPv6 there is no such mode.
  if (after.kind !== "loopback") sender.attempt(withoutGeneratedAddresses(index), 0, `set the address mode of ${name}`);
  set({ flags: IFF_UP, change: IFF_UP }, `set ${name} up`);
}

/** Neighbours that remember a MAC which is no more would be deaf for seconds: the kernel tells them, if it is asked to. */
function announcing(namespace: number, links: readonly ChangeOf<"link">[], action: () => void): void {
  const keys = ANNOUNCE.filter((key) => existsSync(sysctlPath(key)));
  if (keys.length === 0 || links.every(({ before, after }) => before!.mac === after!.mac)) return action();
  const values = within(namespace, () => keys.map(readSysctl));
  within(namespace, () => keys.forEach((key) => writeSysctl(key, "1")));
  try {
    action();
  } finally {
    within(namespace, () => keys.forEach((key, i) => writeSysctl(key, values[i]!)));
  }
}

function removeAddressing(changes: readonly Change[], indexOf: (link: string) => number, sender: Sender): void {
  for (const change of changes) {
    if (change.action !== "delete") continue;
    const operation = `delete ${change.kind} ${change.id}`;
    if (change.kind === "rule") sender.remove(encodeRule(change.before!, "delete"), operation);
    if (change.kind === "route") sender.remove(encodeRoute(change.before!, indexOf, "delete"), operation);
    if (change.kind === "neighbour") sender.remove(encodeNeighbour(change.before!, indexOf, "delete"), operation);
    if (change.kind === "address") sender.remove(encodeAddress(change.before!, indexOf, "delete"), operation);
  }
}

function addAddressing(changes: readonly Change[], indexOf: (link: string) => number, sender: Sender): void {
  for (const kind of ["address", "neighbour", "route", "rule"] as const) {
    for (const change of changes) {
      if (change.kind !== kind || change.after === null) continue;
      const flags = change.action === "update" ? SET : CREATE;
      const operation = `${change.action === "update" ? "set" : "add"} ${kind} ${change.id}`;
      if (change.kind === "address") sender.add(encodeAddress(change.after, indexOf), flags, operation);
      if (change.kind === "neighbour") sender.add(encodeNeighbour(change.after, indexOf), SET, operation);
      // Routes that the kernel has dropped meanwhile are new to it, and those it has not are not.
      if (change.kind === "route") sender.add(encodeRoute(change.after, indexOf), SET, operation);
      if (change.kind === "rule") sender.add(encodeRule(change.after), flags, operation);
    }
  }
}

/** Those that cannot be there yet, for want of a link or a gateway, are added later or found missing at the end. */
function restoreRoutes(desired: Namespace, indexes: LinkIndexes, sender: Sender): void {
  const indexOf = (link: string): number => indexes.of(desired.name, link);
  for (const route of desired.routes) {
    // Connected routes are the kernel's: put there as ours, they would be found too many, and taken away.
    if (route.origin !== "static") continue;
    const known = route.nextHops.every(({ link }) => link !== null && indexes.knows(desired.name, link));
    if (known) sender.attempt(encodeRoute(route, indexOf), SET, `keep route ${route.to}`);
  }
}
