/** Shapes in which every pair is directly connected. */

import { formatPrefix } from "../../model/index.ts";
import type { InterfaceBody, NodeBody, Topology } from "../schema.ts";
import { cableEnd } from "./parts.ts";

//   h1  h2 … hN
//    │   │    │
//   ─┴───┴────┴─ s   10.0.0.0/24, or as large as it takes
export function star(n: number): Topology {
  // Network and broadcast address are not for hosts.
  const length = Math.min(24, 32 - Math.ceil(Math.log2(n + 2)));
  const subnet = formatPrefix({ family: 4, value: 10n << 24n, length });
  const hosts: Record<string, NodeBody> = {};
  for (let i = 1; i <= n; i++) hosts[`h${i}`] = { interfaces: { eth0: "s" } };
  return { switches: { s: { subnet } }, hosts };
}

//   n1 ─── n2
//    │ ╲ ╱ │      a cable with a /30 of its own between every two
//    │ ╱ ╲ │
//   n3 ─── n4
export function full(n: number): Topology {
  const hosts: Record<string, { interfaces: Record<string, InterfaceBody> }> = {};
  for (let i = 1; i <= n; i++) hosts[`n${i}`] = { interfaces: {} };
  let cable = 0;
  for (let i = 1; i <= n; i++) {
    for (let j = i + 1; j <= n; j++, cable++) {
      // On each node, eth0 leads to the first of the others, eth1 to the second, …
      hosts[`n${i}`]!.interfaces[`eth${j - 2}`] = cableEnd(cable, 1, `n${j}:eth${i - 1}`);
      hosts[`n${j}`]!.interfaces[`eth${i - 1}`] = cableEnd(cable, 2);
    }
  }
  return { hosts };
}
