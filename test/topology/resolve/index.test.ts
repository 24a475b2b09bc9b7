import fc from "fast-check";
import { expect, test } from "vitest";
import { linkLocalFromMac } from "../../../src/model/index.ts";
import { parseTopology, resolveTopology } from "../../../src/topology/index.ts";
import type { Topology } from "../../../src/topology/index.ts";
import { addresses, link, node, routes } from "../helpers.ts";

const office: Topology = {
  name: "office",
  root: { forwarding: true, interfaces: { eth0: { link: "isp:eth0", address: "198.51.100.1/24" } } },
  switches: {
    lan: { subnet: "172.19.0.0/24", address: "172.19.0.1/24" },
    wan: { subnet: "203.0.113.0/24" },
    plain: {},
  },
  hosts: {
    a: { interfaces: { eth0: "lan" } },
    b: {
      interfaces: {
        eth0: { link: "lan", address: "172.19.0.40/24", mac: "02:00:00:00:00:40", mtu: 1450 },
        eth1: { link: "c:eth0", address: "10.0.0.1/30" },
      },
      gateway: "172.19.0.1",
      routes: [{ to: "10.9.0.0/16", via: "172.19.0.9" }],
      sysctls: { "net.ipv4.tcp_congestion_control": "reno", "net.core.somaxconn": 128 },
    },
    c: { interfaces: { eth0: { link: "b:eth1", address: "10.0.0.2/30" } } },
    isp: { interfaces: { eth0: { link: "root:eth0", address: "198.51.100.2/24" } } },
  },
  routers: {
    gw: {
      interfaces: {
        eth0: { link: "lan", address: "172.19.0.254/24" },
        eth1: { link: "wan", address: "203.0.113.2/24" },
      },
    },
  },
  expect: ["a -> b icmp", "a -> b tcp/80", "b -x> a udp/53", "a -> 172.19.0.254"],
};

test("the example of the manual", () => {
  const { model, expect: lines, file, warnings } = resolveTopology(office);
  expect([model.name, file, warnings]).toEqual(["office", null, []]);
  expect(model.namespaces.map((n) => n.name)).toEqual(["root", "a", "b", "c", "gw", "isp"]);
  expect(node(model, "root").links.map((l) => l.name)).toEqual([
    "a-eth0",
    "b-eth0",
    "eth0",
    "gw-eth0",
    "gw-eth1",
    "lan",
    "lo",
    "plain",
    "wan",
  ]);
  expect(addresses(model, "root")).toEqual(["eth0 198.51.100.1/24", "lan 172.19.0.1/24"]);
  expect(addresses(model, "a")).toEqual(["eth0 172.19.0.2/24"]);
  expect(routes(model, "a")).toEqual(["0.0.0.0/0 via 172.19.0.1 dev eth0"]);
  expect(routes(model, "b")).toEqual(["0.0.0.0/0 via 172.19.0.1 dev eth0", "10.9.0.0/16 via 172.19.0.9 dev eth0"]);
  expect([routes(model, "c"), routes(model, "gw"), routes(model, "root")]).toEqual([[], [], []]);
  expect(node(model, "gw").forwarding).toEqual({ ipv4: true, ipv6: false });
  expect(node(model, "a").forwarding).toEqual({ ipv4: false, ipv6: false });
  expect(node(model, "root").forwarding).toEqual({ ipv4: true, ipv6: false });
  expect(node(model, "b").sysctls).toEqual({ "net.core.somaxconn": "128", "net.ipv4.tcp_congestion_control": "reno" });
  expect(lines).toEqual([
    { source: "a", destination: "b", protocol: "icmp", port: null, reachable: true, text: "a -> b icmp" },
    { source: "a", destination: "b", protocol: "tcp", port: 80, reachable: true, text: "a -> b tcp/80" },
    { source: "b", destination: "a", protocol: "udp", port: 53, reachable: false, text: "b -x> a udp/53" },
    {
      source: "a",
      destination: "172.19.0.254",
      protocol: "icmp",
      port: null,
      reachable: true,
      text: "a -> 172.19.0.254",
    },
  ]);
});

test("links: kinds, peers, masters, MTUs and MACs", () => {
  const { model } = resolveTopology(office);
  expect(link(model, "b", "lo")).toEqual({
    kind: "loopback",
    name: "lo",
    up: true,
    mtu: 65536,
    mac: "00:00:00:00:00:00",
    master: null,
    altnames: [],
  });
  expect(link(model, "root", "lan")).toMatchObject({
    kind: "bridge",
    up: true,
    mtu: 1450,
    stp: false,
    multicastSnooping: false,
    master: null,
  });
  expect(link(model, "b", "eth0")).toMatchObject({
    kind: "veth",
    mtu: 1450,
    mac: "02:00:00:00:00:40",
    peer: { namespace: "root", link: "b-eth0" },
  });
  expect(link(model, "root", "b-eth0")).toMatchObject({
    kind: "veth",
    mtu: 1450,
    master: "lan",
    peer: { namespace: "b", link: "eth0" },
  });
  expect(link(model, "b", "eth1")).toMatchObject({ mtu: 1500, master: null, peer: { namespace: "c", link: "eth0" } });
  expect(link(model, "root", "eth0")).toMatchObject({ peer: { namespace: "isp", link: "eth0" }, master: null });
  const macs = model.namespaces.flatMap((n) => n.links.filter((l) => l.kind !== "loopback").map((l) => l.mac));
  expect(new Set(macs).size).toBe(macs.length);
});

test("an end that is not declared comes into being, without an address", () => {
  const { model } = resolveTopology({
    hosts: { a: { interfaces: { eth0: { link: "b:eth7", address: "10.0.0.1/24" } } }, b: null },
  });
  expect(link(model, "b", "eth7")).toMatchObject({ kind: "veth", up: true, peer: { namespace: "a", link: "eth0" } });
  expect(addresses(model, "b")).toEqual([]);
});

test("long names are shortened, keep the full one beside, and stay the same when others come", () => {
  const hosts = {
    "database-primary": { interfaces: { eth0: "s" } },
    "database-replica": { interfaces: { eth0: "s" } },
  };
  const { model } = resolveTopology({ switches: { s: {} }, hosts });
  const ports = node(model, "root").links.filter((l) => l.kind === "veth");
  expect(ports).toHaveLength(2);
  for (const port of ports) expect(port.name).toMatch(/^database-[0-9a-f]{6}$/);
  expect(ports.flatMap((l) => l.altnames).sort()).toEqual(["database-primary-eth0", "database-replica-eth0"]);
  const more = resolveTopology({ switches: { s: {} }, hosts: { ...hosts, z: { interfaces: { eth0: "s" } } } });
  expect(node(more.model, "root").links).toEqual(expect.arrayContaining(ports));
});

test("two interfaces whose names run together still get two names in root", () => {
  const { model } = resolveTopology({
    switches: { s: {}, "x-y": {} },
    hosts: { "a-b": { interfaces: { c: "s" } }, a: { interfaces: { "b-c": "s" } }, x: { interfaces: { y: "s" } } },
  });
  const names = node(model, "root").links.map((l) => l.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain("a-b-c");
  expect(names).toContain("x-y");
});

test("addresses are picked from every subnet, around those given anywhere on the switch", () => {
  const { model } = resolveTopology({
    switches: { s: { subnet: ["10.0.0.0/29", "2001:db8::/64"], address: ["10.0.0.1", "2001:DB8::1"] } },
    hosts: {
      a: { interfaces: { eth0: "s" } },
      b: { interfaces: { eth0: "s" } },
      none: { interfaces: { eth0: { link: "s", address: [] } } },
      given: { interfaces: { eth0: { link: "s", address: ["10.0.0.3", "2001:db8::2/64"] } } },
    },
    routers: { r: { interfaces: { eth0: "s" } } },
  });
  expect(addresses(model, "r")).toEqual(["eth0 10.0.0.2/29", "eth0 2001:db8::3/64"]);
  expect(addresses(model, "a")).toEqual(["eth0 10.0.0.4/29", "eth0 2001:db8::4/64"]);
  expect(addresses(model, "b")).toEqual(["eth0 10.0.0.5/29", "eth0 2001:db8::5/64"]);
  expect(addresses(model, "none")).toEqual([]);
  expect(routes(model, "a")).toEqual(["0.0.0.0/0 via 10.0.0.1 dev eth0", "::/0 via 2001:db8::1 dev eth0"]);
  expect(node(model, "a").routes.map((r) => r.metric)).toEqual([0, 1024]);
  expect(node(model, "r").forwarding).toEqual({ ipv4: true, ipv6: true });
});

test("links with IPv6 have a link-local address made from their MAC; the others have no IPv6 at all", () => {
  const { model } = resolveTopology({
    switches: { s: { subnet: ["10.0.0.0/24", "2001:db8::/64"], address: "2001:db8::1" } },
    hosts: { a: { interfaces: { eth0: "s", eth1: { link: "b:eth0", address: "10.1.0.1/30" } } }, b: null },
  });
  const local = (name: string): string[] =>
    node(model, name)
      .addresses.filter((a) => a.address.startsWith("fe80"))
      .map((a) => `${a.link} ${a.address}/${a.prefixLength}`);
  expect(local("a")).toEqual([`eth0 ${linkLocalFromMac(link(model, "a", "eth0").mac!)}/64`]);
  expect(local("root")).toEqual([`s ${linkLocalFromMac(link(model, "root", "s").mac!)}/64`]);
  expect(local("b")).toEqual([]);
});

test("gateways: the switch's address, else the only router, else none", () => {
  const lan = (routers: string[], address?: string): string[] => {
    const { model } = resolveTopology({
      switches: { s: { subnet: "10.0.0.0/24", ...(address !== undefined && { address }) } },
      hosts: { a: { interfaces: { eth0: { link: "s", address: "10.0.0.99" } } } },
      routers: Object.fromEntries(routers.map((name) => [name, { interfaces: { eth0: "s" } }])),
    });
    return routes(model, "a");
  };
  expect(lan(["r"], "10.0.0.254/24")).toEqual(["0.0.0.0/0 via 10.0.0.254 dev eth0"]);
  expect(lan(["r"])).toEqual(["0.0.0.0/0 via 10.0.0.1 dev eth0"]);
  expect(lan(["r", "q"])).toEqual([]);
  expect(lan([])).toEqual([]);
});

test("a host on several switches takes the first that offers a gateway; gateway: [] takes none", () => {
  const topology = (gateway?: string[]): Topology => ({
    switches: {
      dead: { subnet: "10.1.0.0/24" },
      live: { subnet: "10.2.0.0/24", address: "10.2.0.1/24" },
      late: { subnet: "10.3.0.0/24", address: "10.3.0.1/24" },
    },
    hosts: { a: { interfaces: { eth0: "dead", eth1: "live", eth2: "late" }, ...(gateway && { gateway }) } },
  });
  expect(routes(resolveTopology(topology()).model, "a")).toEqual(["0.0.0.0/0 via 10.2.0.1 dev eth1"]);
  expect(routes(resolveTopology(topology([])).model, "a")).toEqual([]);
  expect(routes(resolveTopology(topology(["10.3.0.1"])).model, "a")).toEqual(["0.0.0.0/0 via 10.3.0.1 dev eth2"]);
});

test("routes of every kind", () => {
  const { model } = resolveTopology({
    switches: { s: { subnet: ["10.0.0.0/24", "2001:db8::/64"] } },
    hosts: {
      a: {
        interfaces: { eth0: { link: "s", address: ["10.0.0.9", "2001:db8::9"] } },
        routes: [
          { to: "default", via: "10.0.0.1" },
          { to: "default", via: "2001:db8::1" },
          { to: "10.7.0.0/16", via: ["10.0.0.3", "10.0.0.2"], metric: 7, table: 100 },
          { to: "10.8.0.0/16", type: "blackhole" },
          { to: "10.9.0.0/16", dev: "eth0", source: "10.0.0.9" },
          { to: "192.0.2.1", via: "10.0.0.1" },
          { to: "fd00::/8", via: "fe80::1", dev: "eth0" },
        ],
      },
    },
  });
  expect(routes(model, "a")).toEqual([
    "10.7.0.0/16 via 10.0.0.2 dev eth0 via 10.0.0.3 dev eth0",
    "0.0.0.0/0 via 10.0.0.1 dev eth0",
    "blackhole 10.8.0.0/16",
    "10.9.0.0/16 dev eth0",
    "192.0.2.1/32 via 10.0.0.1 dev eth0",
    "::/0 via 2001:db8::1 dev eth0",
    "fd00::/8 via fe80::1 dev eth0",
  ]);
  expect(node(model, "a").routes.find((r) => r.to === "10.7.0.0/16")).toMatchObject({
    metric: 7,
    table: 100,
    family: 4,
    origin: "static",
  });
  expect(node(model, "a").routes.find((r) => r.to === "10.9.0.0/16")).toMatchObject({
    source: "10.0.0.9",
    table: 254,
    metric: 0,
  });
});

test("an interface that is down keeps its address and loses its routes, with a word about it", () => {
  const { model, warnings } = resolveTopology({
    switches: { s: { subnet: "10.0.0.0/24", address: "10.0.0.1/24" } },
    hosts: {
      a: { interfaces: { eth0: { link: "s", up: false } } },
      b: { interfaces: { eth0: { link: "s", up: false } }, gateway: "10.0.0.1" },
    },
  });
  expect([link(model, "a", "eth0").up, link(model, "root", "a-eth0").up]).toEqual([false, true]);
  expect([routes(model, "a"), routes(model, "b")]).toEqual([[], []]);
  expect(addresses(model, "a")).toEqual(["eth0 10.0.0.2/24"]);
  expect(warnings.map((w) => [w.code, w.subject])).toEqual([["topology.route-on-down-link", "hosts.b.gateway"]]);
});

test("MTUs: a switch's for its ports, a cable's other end; a difference is told", () => {
  const { model, warnings } = resolveTopology({
    switches: { s: { mtu: 9000 }, t: {} },
    hosts: {
      a: { interfaces: { eth0: "s", eth1: { link: "t", mtu: 1400 }, eth2: { link: "b:eth2", mtu: 1300 } } },
      b: { interfaces: { eth0: { link: "s", mtu: 1500 }, eth1: "t", eth3: { link: "a:eth3", mtu: 1300 } } },
    },
  });
  expect([link(model, "a", "eth0").mtu, link(model, "root", "a-eth0").mtu, link(model, "root", "s").mtu]).toEqual([
    9000, 9000, 9000,
  ]);
  expect([link(model, "root", "t").mtu, link(model, "b", "eth2").mtu, link(model, "a", "eth3").mtu]).toEqual([
    1400, 1300, 1300,
  ]);
  expect(warnings).toEqual([]);
  const differing = resolveTopology({
    hosts: { a: { interfaces: { eth0: { link: "b:eth0", mtu: 1400 } } }, b: { interfaces: { eth0: { mtu: 1500 } } } },
  });
  expect(differing.warnings.map((w) => w.code)).toEqual(["topology.mtu-mismatch"]);
});

test("the lab's name: given, the topology's, the file's", () => {
  expect(resolveTopology({ hosts: {} }).model.name).toBe("lab");
  expect(resolveTopology({ name: "x", hosts: {} }, { name: "y" }).model.name).toBe("y");
  const parsed = parseTopology("hosts: { a: }", "/some where/my lab.yaml");
  expect(resolveTopology(parsed).model.name).toBe("my-lab");
  expect(resolveTopology(parsed, { name: "other" }).model.name).toBe("other");
  expect(resolveTopology(parsed).file).toBe("/some where/my lab.yaml");
});

/** A lab with some hosts on some switches, some with addresses of their own. */
const labs = fc.record({
  switches: fc.integer({ min: 1, max: 3 }),
  hosts: fc.array(
    fc.record({ on: fc.nat(2), six: fc.boolean(), fixed: fc.option(fc.integer({ min: 2, max: 250 }), { nil: null }) }),
    { maxLength: 12 },
  ),
});

function labOf(
  { switches, hosts }: { switches: number; hosts: { on: number; fixed: number | null }[] },
  extra: Topology["hosts"] = {},
): Topology {
  const taken = new Set<string>();
  const value: NonNullable<Topology["hosts"]> = {};
  for (const [i, { on, fixed }] of hosts.entries()) {
    const sw = on % switches;
    const address = `10.0.${sw}.${fixed}`;
    const free = fixed !== null && !taken.has(address);
    if (free) taken.add(address);
    value[`h${i}`] = { interfaces: { eth0: free ? { link: `s${sw}`, address } : `s${sw}` } };
  }
  const all = Array.from({ length: switches }, (_, i) => [
    `s${i}`,
    { subnet: [`10.0.${i}.0/24`, `2001:db8:${i}::/64`], address: `10.0.${i}.1` },
  ]);
  return { switches: Object.fromEntries(all), hosts: { ...value, ...extra } };
}

test("resolving is repeatable, and leaves its input alone", () => {
  fc.assert(
    fc.property(labs, (lab) => {
      const topology = labOf(lab);
      const before = JSON.stringify(topology);
      expect(JSON.stringify(resolveTopology(topology))).toBe(
        JSON.stringify(resolveTopology(structuredClone(topology))),
      );
      expect(JSON.stringify(topology)).toBe(before);
    }),
    { verbose: 1 },
  );
});

test("a host more changes nothing for the others, and no address is given twice", () => {
  fc.assert(
    fc.property(labs, (lab) => {
      const { model } = resolveTopology(labOf(lab));
      const more = resolveTopology(labOf(lab, { newcomer: { interfaces: { eth0: "s0" } } })).model;
      for (const { name } of lab.hosts.map((_, i) => ({ name: `h${i}` })))
        expect(node(more, name)).toEqual(node(model, name));
      const all = more.namespaces.flatMap((n) => n.addresses.map((a) => a.address));
      expect(new Set(all).size).toBe(all.length);
    }),
    { verbose: 1 },
  );
});
