/** Which links go before anything is made, and which when all else is done. Pure. */

import type { Link } from "../model/index.ts";
import { kindOf, tableOf } from "../model/index.ts";
import { type ChangeOf, needsOf } from "../plan/index.ts";
import { type End, endKey } from "./creations.ts";

export interface Removals {
  readonly early: readonly End[];
  readonly late: readonly End[];
}

/** What takes over is there before what it replaces goes, unless the two cannot exist side by side. */
export function removalsOf(changes: readonly ChangeOf<"link">[]): Removals {
  const names = new Set<string>();
  const kinds = new Set<string>();
  for (const { namespace, action, after } of changes) {
    if (after === null) continue;
    names.add(endKey(namespace, after.name));
    if (action === "create") kinds.add(kindOf(after));
  }
  const inTheWay = ({ namespace, link }: End): boolean =>
    names.has(endKey(namespace, link.name)) || (isExclusive(link) && kinds.has(kindOf(link)));
  const all = changes.flatMap(({ namespace, before, after }) => (after === null ? [{ namespace, link: before! }] : []));
  const gone = uppersFirst(all);
  const dead = new Set<string>();
  return {
    early: onceEach(gone.filter(inTheWay), dead),
    late: onceEach(
      gone.filter((end) => !inTheWay(end)),
      dead,
    ),
  };
}

/** Two of them cannot have the same id, or not on the same lower link. */
function isExclusive(link: Link): boolean {
  const table = tableOf(kindOf(link));
  return table?.made === "netlink" && table.members !== true;
}

/** A link goes before what it needs. */
function uppersFirst(ends: readonly End[]): readonly End[] {
  const byKey = new Map(ends.map((end) => [endKey(end.namespace, end.link.name), end]));
  const ordered = new Set<End>();
  const visited = new Set<End>();
  const visit = (end: End): void => {
    if (visited.has(end)) return;
    visited.add(end);
    for (const need of needsOf("link", end.link, end.namespace)) {
      const needed = need.link === null ? undefined : byKey.get(endKey(need.namespace, need.link));
      if (needed !== undefined) visit(needed);
    }
    ordered.add(end);
  };
  for (const end of ends) visit(end);
  return [...ordered].reverse();
}

/** Deleting one end of a cable deletes the other. */
function onceEach(ends: readonly End[], dead: Set<string>): End[] {
  return ends.filter(({ namespace, link }) => {
    if (dead.has(endKey(namespace, link.name))) return false;
    if (link.kind === "veth" && link.peer !== null) dead.add(endKey(link.peer.namespace, link.peer.link));
    return true;
  });
}
