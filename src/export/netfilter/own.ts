/** What could have made the lab's own table: sections to be compiled and compared, the likeliest first. */

import type { Model, Namespace, NetfilterTable } from "../../model/index.ts";
import { isPublishMap } from "../../packet/index.ts";
import type { FirewallBody, NatBody, PublicationBody } from "../../topology/schema-netfilter.ts";
import { firewallOf } from "./firewall.ts";
import { natOf } from "./nat.ts";
import { publishOf } from "./publish.ts";
import type { Naming } from "./publish.ts";

export interface Sections {
  nat?: NatBody[];
  publish?: PublicationBody[];
  firewall?: FirewallBody;
}

/** The table that a node with these keys would have; null if they are wrong. */
export type Compile = (sections: Sections) => { readonly table: NetfilterTable | null } | null;

export function candidates(table: NetfilterTable, namespace: Namespace, model: Model): Sections[] {
  const nat = natOf(table);
  const firewalls = (["comments", "every comment", "steps"] as const).map((by) => firewallOf(table, by));
  const naming: readonly Naming[] = table.sets.some(isPublishMap) ? ["names", "pairs", "addresses"] : ["addresses"];
  return firewalls.flatMap((firewall) =>
    naming.map((by) => {
      const publish = publishOf(table, namespace, model, by);
      return {
        ...(nat.length === 0 ? {} : { nat }),
        ...(publish.length === 0 ? {} : { publish }),
        ...(firewall === null ? {} : { firewall }),
      };
    }),
  );
}
