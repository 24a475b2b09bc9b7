// An office behind a gateway, whose rules the tests read.

import { resolveTopology } from "../../src/topology/index.ts";
import type { Topology } from "../../src/topology/index.ts";

type NodeBody = NonNullable<NonNullable<Topology["routers"]>[string]>;

//   a, b ── lan 10.0.0.0/24, fd00:1::/64 ── eth0 gw eth1 ── wan 203.0.113.0/24, 2001:db8::/64 ── s
export function office(gw: NodeBody, more: Partial<Topology> = {}) {
  const interfaces = {
    eth0: { link: "lan", address: ["10.0.0.1/24", "fd00:1::1/64"] },
    eth1: { link: "wan", address: ["203.0.113.1/24", "2001:db8::1/64"] },
  };
  return resolveTopology({
    switches: {
      lan: { subnet: ["10.0.0.0/24", "fd00:1::/64"] },
      wan: { subnet: ["203.0.113.0/24", "2001:db8::/64"] },
    },
    hosts: {
      a: { interfaces: { eth0: "lan" } },
      b: { interfaces: { eth0: "lan" } },
      s: { interfaces: { eth0: "wan" } },
    },
    routers: { gw: { interfaces, ...gw } },
    ...more,
  });
}

export const V4 = "nfproto ipv4";
export const V6 = "nfproto ipv6";
