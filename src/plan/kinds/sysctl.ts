/** A sysctl that the topology sets. Any other is left alone: it is not known what it should be. */

import type { Kind } from "./kind.ts";

/** `net.ipv4.conf.eth0/100.forwarding` exists if the link eth0.100 does. */
const OF_A_LINK = /^net\.(?:ipv4|ipv6|mpls)\.(?:conf|neigh)\.([^.]+)\./;
/** Not links: the settings of all of them, and those that new ones begin with. */
const OF_ALL: ReadonlySet<string> = new Set(["all", "default"]);

export const sysctlKind: Kind<"sysctl"> = {
  kind: "sysctl",
  list: ({ sysctls }) => Object.entries(sysctls).map(([key, value]) => ({ key, value })),
  identity: ({ key }) => key,
  difference: (desired, observed) => (desired.value === observed.value ? null : `is ${observed.value}`),
  mayStay: () => true,
  needs: ({ key }, namespace) => {
    const name = OF_A_LINK.exec(key)?.[1];
    return name === undefined || OF_ALL.has(name) ? [] : [{ namespace, link: name.replaceAll("/", ".") }];
  },
};
