/** Sysctls of a node, but for those that a file has no place for. */

import { ROOT } from "../model/index.ts";
import type { Namespace } from "../model/index.ts";
import type { Findings } from "./findings.ts";
import type { Wiring } from "./wiring.ts";

/** What a file takes for a key; see resolve/sysctls.ts. */
const KEY = /^net(\.[A-Za-z0-9_@-]+){2,}$/;
const OF_LINK = /^net\.ipv[46]\.(?:conf|neigh)\.([^.]+)\./;

export function sysctlsOf(namespace: Namespace, wiring: Wiring, findings: Findings): Record<string, string> {
  const { name, sysctls } = namespace;
  const switches = name === ROOT ? wiring.switches.map((link) => link.name) : [];
  const known = new Set(["all", "default", "lo", ...(wiring.sockets.get(name)?.keys() ?? []), ...switches]);
  const links = new Set(namespace.links.map((link) => link.name));
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(sysctls)) {
    const link = OF_LINK.exec(key)?.[1]?.replaceAll("/", ".");
    const place = `${name} sysctl ${key} = ${value}`;
    if (link !== undefined && !known.has(link) && links.has(link))
      findings.lose(place, "the file has no interface of that name");
    else if (KEY.test(key)) kept[key] = value;
    else findings.lose(place, "a file has no key for an interface with such a name");
  }
  return kept;
}
