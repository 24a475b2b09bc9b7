/** Changes of links that exist, in place: a packet that comes meanwhile finds the old settings or the new ones. */

import { existsSync } from "node:fs";
import type { Link } from "../model/index.ts";
import { kindOf, lowerOf, macToBytes } from "../model/index.ts";
import { readSysctl, sysctlPath, within, writeSysctl } from "../kernel/index.ts";
import { type LinkBody, NLM_F_CREATE, NLM_F_EXCL } from "../netlink/index.ts";
import type { ChangeOf } from "../plan/index.ts";
import { altNames, changedKind, setDown, setLink, setUp, withoutGeneratedAddresses } from "../rtnl/index.ts";
import type { LinkIndexes } from "./indexes.ts";
import type { Sender } from "./sender.ts";

/** For all links, which is the greatest of both: `arp_notify` in inetdev_event(), `ndisc_notify` in ndisc_netdev_event(). */
const ANNOUNCE = ["net.ipv4.conf.all.arp_notify", "net.ipv6.conf.all.ndisc_notify"];

export function updateLinks(
  updates: readonly ChangeOf<"link">[],
  namespace: string,
  indexes: LinkIndexes,
  sender: Sender,
): void {
  freeNames(updates, (link) => indexes.of(namespace, link), sender);
  for (const { before, after } of updates) update(before!, after!, namespace, indexes, sender);
}

/**
 * Neighbours that remember a MAC address that is no longer used could not be reached for seconds: the kernel announces those
 * that change while `action` runs.
 */
export function announcing(namespace: number, updates: readonly ChangeOf<"link">[], action: () => void): void {
  const moved = updates.some(({ before, after }) => before!.mac !== after!.mac);
  const keys = moved ? ANNOUNCE.filter((key) => existsSync(sysctlPath(key))) : [];
  if (keys.length === 0) return action();
  const values = within(namespace, () => keys.map(readSysctl));
  within(namespace, () => keys.forEach((key) => writeSysctl(key, "1")));
  try {
    action();
  } finally {
    within(namespace, () => keys.forEach((key, i) => writeSysctl(key, values[i]!)));
  }
}

/** A name that two links pass on to one another is free for a moment only when both have a third. */
function freeNames(updates: readonly ChangeOf<"link">[], indexOf: (link: string) => number, sender: Sender): void {
  const renames = updates.filter(({ before, after }) => before!.name !== after!.name);
  const given = new Set(renames.map(({ after }) => after!.name));
  for (const { before, after } of renames) {
    if (!given.has(before!.name)) continue;
    const index = indexOf(after!.name);
    sender.add(setLink(index, { name: `nl-${index}` }), 0, `free the name ${before!.name}`);
  }
}

function update(before: Link, after: Link, namespace: string, indexes: LinkIndexes, sender: Sender): void {
  const { name } = after;
  const index = indexes.of(namespace, name);
  const set = (settings: LinkBody, operation: string): void => sender.add(setLink(index, settings), 0, operation);
  if (before.up && !after.up) sender.add(setDown(index), 0, `set ${name} down`);
  if (before.name !== name) set({ name }, `rename ${before.name} to ${name}`);
  if (before.mac !== after.mac && after.mac !== null) set({ address: macToBytes(after.mac) }, `set the MAC of ${name}`);
  if (before.mtu !== after.mtu) set({ mtu: after.mtu }, `set the MTU of ${name}`);
  if (before.master !== after.master) {
    if (after.master === null) set({ master: 0 }, `take ${name} out of ${before.master}`);
    else set({ master: indexes.of(namespace, after.master) }, `plug ${name} into ${after.master}`);
  }
  const lower = lowerOf(after);
  const lowerIndex = lower === null ? null : indexes.of(lower.namespace, lower.link);
  const kind = changedKind(before, after, lowerIndex);
  if (kind !== null) set(kind, `set the ${kindOf(after)} options of ${name}`);
  updateAltNames(before, after, index, sender);
  if (before.up || !after.up) return;
  // One whose creation was interrupted may still be one that the kernel gives an address, which should be ours to give.
  // Without IPv6 there is no such mode.
  if (after.kind !== "loopback") sender.attempt(withoutGeneratedAddresses(index), 0, `set the address mode of ${name}`);
  sender.add(setUp(index), 0, `set ${name} up`);
}

function updateAltNames(before: Link, after: Link, index: number, sender: Sender): void {
  const old = before.altnames.filter((alt) => !after.altnames.includes(alt));
  const fresh = after.altnames.filter((alt) => !before.altnames.includes(alt));
  if (old.length > 0)
    sender.remove(altNames(index, old, "delete"), `take the name ${old.join(", ")} from ${after.name}`);
  if (fresh.length > 0)
    sender.add(altNames(index, fresh), NLM_F_CREATE | NLM_F_EXCL, `give ${after.name} the name ${fresh.join(", ")}`);
}
