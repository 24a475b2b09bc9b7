/** Named sets that rules look addresses up in, as `groups`. */

import type { NetfilterTable } from "../../model/index.ts";
import { prefixesIn } from "./words.ts";

/** A set of a group is called after it and after the IP version. */
const SET = /^(.+)_v([46])$/;
const KEYS = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;

export function groupsOf(tables: readonly NetfilterTable[]): Record<string, string[]> {
  const groups = new Map<string, Map<string, string[]>>();
  for (const { name, key, value, dynamic, elements } of tables.flatMap(({ sets }) => sets)) {
    const [, group, version] = SET.exec(name) ?? [];
    if (group === undefined || value !== null || dynamic || key[0] !== KEYS[version === "4" ? 4 : 6]) continue;
    const members = groups.get(group) ?? new Map<string, string[]>();
    groups.set(
      group,
      members.set(
        version!,
        elements.flatMap((element) => prefixesIn(element.key[0]!)),
      ),
    );
  }
  return Object.fromEntries([...groups].map(([name, members]) => [name, [...members.values()].flat()]));
}
