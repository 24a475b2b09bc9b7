import { describe, expect, test } from "vitest";
import type { DhcpServer, Resolver, Service } from "../../src/model/index.ts";
import { dnsmasqConfig, parseLeases } from "../../src/services/dnsmasq.ts";

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

const configOf = (...services: Service[]): string[] =>
  (dnsmasqConfig({ services }, { leases: "/l", hosts: "/h" }) ?? "").split("\n");

describe("dnsmasq's configuration", () => {
  test("of DHCP alone: no port for names, nothing on lo", () => {
    const lines = configOf(server);
    expect(lines).toEqual(expect.arrayContaining(["port=0", "interface=eth0", "except-interface=lo", "no-hosts"]));
    expect(lines).toContain("dhcp-range=set:s0,10.0.0.100,10.0.0.200,255.255.252.0,600");
    expect(lines).toContain("dhcp-option=tag:s0,option:router,10.0.0.1");
    expect(lines).toContain("dhcp-option=tag:s0,option:dns-server,10.0.0.1");
    expect(lines).toContain("dhcp-option=tag:s0,option6:dns-server,[2001:db8::1]");
    expect(lines).toContain("dhcp-host=02:00:00:00:00:01,10.0.0.50,a");
    expect(lines).toContain("dhcp-range=set:s0,2001:db8::,ra-only,64,600");
    expect(lines).toContain("dhcp-lease-max=102");
  });

  test("says so when there is no gateway and no name server: by itself it would name itself", () => {
    const lines = configOf({ ...server, gateway: null, dns: [], router: false });
    expect(lines).toContain("dhcp-option=tag:s0,option:router");
    expect(lines).toContain("dhcp-option=tag:s0,option:dns-server");
    expect(lines).toContain("ra-param=eth0,60,0");
  });

  test("of a resolver: no DHCP on its links, and nobody to ask unless somebody is named", () => {
    const alone = configOf(resolver);
    expect(alone).toEqual(
      expect.arrayContaining(["interface=lo", "interface=eth1", "no-dhcp-interface=eth1", "local=/#/"]),
    );
    expect(alone.some((line) => line.startsWith("dhcp-range"))).toBe(false);
    const asking = configOf({ ...resolver, upstream: ["192.0.2.1"] }, server);
    expect(asking).toContain("server=192.0.2.1");
    expect(asking).not.toContain("local=/#/");
    expect(asking).not.toContain("no-dhcp-interface=eth0");
  });

  test("none for a node without either", () => {
    expect(dnsmasqConfig({ services: [] }, { leases: "", hosts: "" })).toBeNull();
  });
});

test("leases as dnsmasq writes them", () => {
  const text =
    "1795272822 ae:8a:b1:38:02:32 10.0.0.180 cc 01:ae\n0 02:00:00:00:00:01 10.0.0.50 * *\nduid 00:01\n1 2 2001:db8::1 x y\n";
  expect(parseLeases(text)).toEqual([
    { address: "10.0.0.180", mac: "ae:8a:b1:38:02:32", name: "cc", expires: new Date(1795272822000).toISOString() },
    { address: "10.0.0.50", mac: "02:00:00:00:00:01", name: null, expires: null },
  ]);
});
