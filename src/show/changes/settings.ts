/** What a step did to sysctls: of these only those are known that are not as the kernel makes them. */

import type { Model, Setting } from "../../model/index.ts";
import type { ModelChange } from "./compare.ts";

/** By node, then by key. */
export type Settings = Readonly<Record<string, Readonly<Record<string, Setting>>>>;

/** `now`: a setting that went with its node or interface is not a change. */
export function compareSettings(before: Settings, after: Settings, now: Model): ModelChange[] {
  return now.namespaces.flatMap(({ name, links }) => {
    const [old, present] = [before[name] ?? {}, after[name] ?? {}];
    const known = new Set(links.map((link) => link.name.replaceAll(".", "/")));
    const keys = [...new Set([...Object.keys(old), ...Object.keys(present)])];
    return keys.flatMap((key): ModelChange[] => {
      const link = /^net\.ipv[46]\.conf\.([^.]+)\./.exec(key)?.[1];
      if (link !== undefined && link !== "all" && link !== "default" && !known.has(link)) return [];
      const from = old[key]?.value ?? present[key]!.usual;
      const to = present[key]?.value ?? old[key]!.usual;
      if (from === to) return [];
      return [
        { action: "update", kind: "sysctl", node: name, object: key, detail: `${from} → ${to}`, byKernel: false },
      ];
    });
  });
}
