import { expect, test } from "vitest";
import type { DhcpServer, Resolver, Service } from "../../src/model/index.ts";
import { planServices } from "../../src/plan/index.ts";
import { emptyNamespace } from "../../src/plan/index.ts";

const server: DhcpServer = {
  kind: "dhcp-server",
  link: "eth0",
  range: ["10.0.0.100", "10.0.0.200"],
  prefixLength: 22,
  gateway: "10.0.0.1",
  dns: ["10.0.0.1", "2001:db8::1"],
  domain: "lab.test",
  leaseTime: 600,
  fixed: [{ mac: "02:00:00:00:00:01", address: "10.0.0.50", name: "a" }],
  advertise: ["2001:db8::/64"],
  router: true,
};

const resolver: Resolver = { kind: "resolver", links: ["lo", "eth0", "eth1"], upstream: [], domain: null, hosts: [] };

test("services differ by kind, subject and parts", () => {
  const model = (...services: Service[]) => ({ name: "t", namespaces: [{ ...emptyNamespace("a"), services }] });
  const said = (desired: Service[], observed: Service[]): string[] =>
    planServices(model(...desired), model(...observed)).map(({ action, id, reason }) => `${action} ${id}: ${reason}`);
  expect(said([server, resolver], [server, resolver])).toEqual([]);
  expect(said([{ ...server, leaseTime: 700 }], [server, resolver])).toEqual([
    "delete resolver: the topology does not have it",
    "update dhcp-server eth0: leaseTime differs",
  ]);
  expect(said([server], [])).toEqual(["create dhcp-server eth0: the topology has it, and it does not run"]);
});
