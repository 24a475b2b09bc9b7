/** What a step set of links that were there, or of those that it made: all that no model has a field for. */

import type { Model } from "../../model/index.ts";
import type { ModelChange } from "./compare.ts";

interface LinkDetail {
  readonly index: number;
  readonly alias: string | null;
  readonly settings: Readonly<Record<string, string | number>>;
}

/** By node, then by link. */
export type LinkDetails = Readonly<Record<string, Readonly<Record<string, LinkDetail>>>>;

/** `now`: only what is in it can have been set. */
export function compareLinkSettings(before: LinkDetails, after: LinkDetails, now: Model): ModelChange[] {
  return now.namespaces.flatMap(({ name: node, links }) => {
    // By ifindex, since a link may have got another name.
    const former = new Map(Object.values(before[node] ?? {}).map((one) => [one.index, settingsOf(one)]));
    return links.flatMap(({ name: object, master }): ModelChange[] => {
      const detail = after[node]?.[object];
      if (detail === undefined) return [];
      // A port that leaves its bridge loses its port settings.
      const past = without(former.get(detail.index) ?? {}, master === null);
      const said = differences(past, settingsOf(detail));
      return said === "" ? [] : [{ action: "update", kind: "link", node, object, detail: said, byKernel: false }];
    });
  });
}

type Values = Readonly<Record<string, string | number>>;

function settingsOf({ settings, alias }: LinkDetail): Values {
  return alias === null ? settings : { ...settings, alias: JSON.stringify(alias) };
}

function without(settings: Values, ports: boolean): Values {
  return ports ? Object.fromEntries(Object.entries(settings).filter(([name]) => !name.startsWith("port "))) : settings;
}

/** `arp off, txqueuelen 5 → 7`; what is gone is as it was made. */
function differences(before: Values, after: Values): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .flatMap((name) => {
      const [from, to] = [before[name], after[name]];
      if (from === to) return [];
      return from === undefined ? `${name} ${to}` : `${name} ${from} → ${to ?? "its default"}`;
    })
    .join(", ");
}
