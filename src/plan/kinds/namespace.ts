/** A namespace. What is in it goes with it. */

import type { Namespace } from "../../model/index.ts";
import type { Kind } from "./kind.ts";

export const namespaceKind: Kind<"namespace"> = {
  kind: "namespace",
  list: ({ name }) => [{ name }],
  identity: ({ name }) => name,
  difference: () => null,
};

/** A namespace as the kernel creates it: a loopback that is down, and nothing else. */
export function emptyNamespace(name: string): Namespace {
  return {
    name,
    forwarding: { ipv4: false, ipv6: false },
    links: [
      { kind: "loopback", name: "lo", up: false, mtu: 65536, mac: "00:00:00:00:00:00", master: null, altnames: [] },
    ],
    addresses: [],
    routes: [],
    rules: [],
    neighbours: [],
    sysctls: {},
    netfilter: [],
    services: [],
    nameService: null,
  };
}
