/** Shapes whose inner nodes are routers with static routes. */

import type { InterfaceBody, NodeBody, RouteBody, Topology } from "../schema.ts";
import { cableEnd, endAddress, routesTo, sysctlsFor } from "./parts.ts";

//   n1 ──0── n2 ──1── n3 ─ … ── nN     cable i joins n(i+1) and n(i+2); the ends are hosts, the rest routers
export function chain(n: number): Topology {
  const hosts: Record<string, NodeBody> = {};
  const routers: Record<string, NodeBody> = {};
  const extra = sysctlsFor(n);
  const gateway = (address: string): NodeBody => (n > 2 ? { gateway: address } : {});
  hosts.n1 = { interfaces: { eth0: cableEnd(0, 1, "n2:eth0") }, ...gateway(endAddress(0, 2)), ...extra };
  for (let i = 2; i < n; i++) {
    const left = i - 2;
    const right = i - 1;
    routers[`n${i}`] = {
      interfaces: { eth0: cableEnd(left, 2), eth1: cableEnd(right, 1, `n${i + 1}:eth0`) },
      // Beyond the last router's right-hand cable there is nothing more to find.
      ...(i < n - 1 && { gateway: endAddress(right, 2) }),
      routes: routesTo(0, left - 1, endAddress(left, 1)),
      ...extra,
    };
  }
  hosts[`n${n}`] = { interfaces: { eth0: cableEnd(n - 2, 2) }, ...gateway(endAddress(n - 2, 1)), ...extra };
  return { hosts, routers };
}

//   ┌─ n1 ──0── n2 ──1── n3 ─┐
//   └──────── … n(N−1) ──────┘     cable i joins n(i+1) and the next; packets go the shorter way round
export function ring(n: number): Topology {
  const routers: Record<string, NodeBody> = {};
  for (let i = 0; i < n; i++) {
    const left = (i + n - 1) % n;
    routers[`n${i + 1}`] = {
      interfaces: { eth0: cableEnd(left, 2), eth1: cableEnd(i, 1, `n${((i + 1) % n) + 1}:eth0`) },
      routes: ringRoutes(i, n),
      ...sysctlsFor(n / 2),
    };
  }
  return { routers };
}

/** Node i is on cables i and i − 1. The other n − 2, in the order of the circle: the nearer half to the right, the rest to the left. */
function ringRoutes(i: number, n: number): RouteBody[] {
  const half = Math.floor((n - 1) / 2);
  const left = (i + n - 1) % n;
  return [
    ...circular(i + 1, i + half, n, endAddress(i, 2)),
    ...circular(i + half + 1, i + n - 2, n, endAddress(left, 1)),
  ];
}

/** Cables first … last counted modulo n. */
function circular(first: number, last: number, n: number, via: string): RouteBody[] {
  if (first > last) return [];
  const from = first % n;
  const to = last % n;
  return from <= to ? routesTo(from, to, via) : [...routesTo(0, to, via), ...routesTo(from, n - 1, via)];
}

//            r1                depth 2, fan-out 2; numbered as they are met going down, left to right (as Mininet does).
//        ┌───┴───┐             Each subtree has one block of cables, a power of two: one route leads to all of it.
//       r2       r3
//      ┌─┴─┐   ┌─┴─┐
//     h1   h2  h3   h4
export function tree(depth: number, fanout: number): Topology {
  const hosts: Record<string, NodeBody> = {};
  const routers: Record<string, NodeBody> = {};
  const sizes = blockSizes(depth, fanout);

  /** Adds the subtree of this height, its cables in the block that starts at `block`; returns its top node's name. */
  const grow = (height: number, block: number, uplink: InterfaceBody | null, gateway: string | null): string => {
    const name = height === 0 ? `h${Object.keys(hosts).length + 1}` : `r${Object.keys(routers).length + 1}`;
    const interfaces: Record<string, InterfaceBody> = uplink === null ? {} : { eth0: uplink };
    const routes: RouteBody[] = [];
    (height === 0 ? hosts : routers)[name] = { interfaces, ...(gateway !== null && { gateway }), routes };
    if (height === 0) return name;
    const size = sizes[height - 1]!;
    for (let child = 0; child < fanout; child++) {
      // The block's first cable is this node's own uplink, so its children start one block further on.
      const start = block + alignedStart(size, child);
      const port = `eth${child + (uplink === null ? 0 : 1)}`;
      const below = grow(height - 1, start, cableEnd(start, 2), endAddress(start, 1));
      interfaces[port] = cableEnd(start, 1, `${below}:eth0`);
      if (height > 1) routes.push(...routesTo(start, start + size - 1, endAddress(start, 2)));
    }
    return name;
  };
  grow(depth, 0, null, null);
  return { hosts, routers };
}

/** Where in its parent's block a child's block of this size starts: after the parent's own uplink, aligned to its size. */
function alignedStart(size: number, child: number): number {
  return (child + 1) * size;
}

/** Cables in the block of a subtree, by height: its uplink and its children's blocks, rounded up to a power of two. */
function blockSizes(depth: number, fanout: number): number[] {
  const sizes = [1];
  for (let height = 1; height <= depth; height++) {
    const needed = (fanout + 1) * sizes[height - 1]!;
    sizes.push(2 ** Math.ceil(Math.log2(needed)));
  }
  return sizes;
}
