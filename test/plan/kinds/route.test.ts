import { expect, test } from "vitest";
import type { Route } from "../../../src/model/index.ts";
import { emptyNamespace } from "../../../src/plan/kinds/namespace.ts";
import { nextHopsText, routeKind } from "../../../src/plan/kinds/route.ts";

const route: Route = {
  family: 4,
  to: "10.9.0.0/16",
  type: "unicast",
  table: 254,
  metric: 0,
  source: null,
  nextHops: [{ via: "10.0.0.254", link: "eth0", weight: 1 }],
  origin: "static",
};
const both: Route = {
  ...route,
  nextHops: [...route.nextHops, { via: null, link: "eth1", weight: 3 }],
};

test("it is known by destination, table and metric, as the kernel knows it", () => {
  expect(routeKind.identity(route)).toBe("10.9.0.0/16 table 254 metric 0");
  expect(routeKind.identity({ ...both, type: "blackhole" })).toBe(routeKind.identity(route));
});

test("it differs by type, next hops and source", () => {
  expect(routeKind.difference(both, route)).toBe(
    "next hop is via 10.0.0.254 dev eth0, should be via 10.0.0.254 dev eth0 | dev eth1 weight 3",
  );
  expect(routeKind.difference({ ...route, type: "blackhole", nextHops: [] }, route)).toBe(
    "type is unicast, should be blackhole, next hop is via 10.0.0.254 dev eth0, should be none",
  );
  expect(routeKind.difference(route, { ...route, source: "10.0.0.1" })).toBe("source is 10.0.0.1, should be none");
  expect(routeKind.difference(route, route)).toBeNull();
  expect(nextHopsText(both)).toBe("via 10.0.0.254 dev eth0 | dev eth1 weight 3");
});

test("those that nobody configured are in no plan", () => {
  const routes = [route, { ...route, origin: "kernel" as const }, { ...route, origin: "dhcp" as const }];
  expect(routeKind.list({ ...emptyNamespace("a"), routes })).toEqual([route]);
});

test("it needs the links that it leaves by", () => {
  expect(routeKind.needs!(both, "a")).toEqual([
    { namespace: "a", link: "eth0" },
    { namespace: "a", link: "eth1" },
  ]);
  expect(routeKind.needs!({ ...route, nextHops: [] }, "a")).toEqual([]);
});
