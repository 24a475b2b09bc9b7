// What the engine builds, seen by iproute2 and by packets.

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NetloomError } from "../../src/diagnostic.ts";
import type { Model } from "../../src/model/index.ts";
import { resolveTopology, type Topology } from "../../src/topology/index.ts";
import { build, difference, prove } from "../support/engine.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { inside, ip, ipJson } from "../support/witnesses.ts";

beforeAll(ownMachine);
afterEach(wipe);

const modelOf = (topology: Topology): Model => resolveTopology(topology, { name: "t" }).model;

async function up(topology: Topology): Promise<Model> {
  const model = modelOf(topology);
  await build(model);
  return model;
}

async function failureOf(promise: Promise<unknown>): Promise<NetloomError> {
  return promise.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => error as NetloomError,
  );
}

//   alice ── left ── gw ── right ── bob
const ROUTED: Topology = {
  switches: { left: { subnet: "10.1.0.0/24" }, right: { subnet: "10.2.0.0/24" } },
  hosts: { alice: { interfaces: { eth0: "left" } }, bob: { interfaces: { eth0: "right" } } },
  routers: { gw: { interfaces: { eth0: "left", eth1: "right" } } },
};

describe("two hosts and a router", () => {
  it("is what iproute2 sees", async () => {
    await up(ROUTED);
    expect(ip("netns", "list").match(/^\w+/gm)?.sort()).toEqual(["alice", "bob", "gw"]);
    const [lo, eth0] = ipJson("alice", "addr") as unknown as {
      ifname: string;
      operstate: string;
      addr_info: { local: string }[];
    }[];
    expect(lo).toMatchObject({ ifname: "lo", addr_info: [{ local: "127.0.0.1" }, { local: "::1" }] });
    expect(eth0).toMatchObject({
      ifname: "eth0",
      mtu: 1500,
      operstate: "UP",
      addr_info: [{ local: "10.1.0.2", prefixlen: 24 }],
    });
    expect(ipJson("alice", "route")).toMatchObject([
      { dst: "default", gateway: "10.1.0.1", dev: "eth0" },
      { dst: "10.1.0.0/24" },
    ]);
    const ports = ipJson(null, "link", "show", "master", "left") as unknown as {
      ifname: string;
      link_netnsid: number;
    }[];
    expect(ports.map((port) => port.ifname).sort()).toEqual(["alice-eth0", "gw-eth0"]);
  });

  it("forwards in the router, where sysctl says so, and nowhere else", async () => {
    await up(ROUTED);
    const forwarding = (node: string): string => inside(node, "cat", "/proc/sys/net/ipv4/ip_forward").trim();
    expect(["gw", "alice", "bob"].map(forwarding)).toEqual(["1", "0", "0"]);
  });

  it("carries packets both ways, and fewer when the router stops forwarding", async () => {
    const model = await up(ROUTED);
    const before = await prove(model, null, { timeout: 2000 });
    expect(before.results).toHaveLength(6);
    expect(before.holds).toBe(true);
    inside("gw", "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward");
    const after = await prove(model, null, { timeout: 2000 });
    const lost = after.results
      .filter((result) => !result.holds)
      .map((result) => `${result.source}>${result.destination}`);
    expect(lost.sort()).toEqual(["alice>bob", "bob>alice"]);
  });
});

describe("IPv6 beside IPv4", () => {
  //   a ── s (10.0.0.0/24, fd00::/64) ── b
  const DUAL: Topology = {
    switches: { s: { subnet: ["10.0.0.0/24", "fd00::/64"], address: ["10.0.0.254/24", "fd00::ff/64"] } },
    hosts: { a: { interfaces: { eth0: "s" } }, b: { interfaces: { eth0: "s" } } },
  };

  it("is usable at once: no address is tentative, and both families answer", async () => {
    const model = await up(DUAL);
    expect(ip("-n", "a", "-6", "addr", "show", "dev", "eth0")).not.toContain("tentative");
    expect(ip("-6", "addr", "show", "dev", "s")).toContain("fd00::ff/64");
    const result = await prove(model, null, { timeout: 2000 });
    expect(result.results.map((each) => each.family).filter((family) => family === 6)).toHaveLength(6);
    expect(result.holds).toBe(true);
  });

  it("leaves IPv6 away from links that want none", async () => {
    await up({ switches: { s: { subnet: "10.0.0.0/24" } }, hosts: { a: { interfaces: { eth0: "s" } } } });
    expect(ip("-n", "a", "-6", "addr", "show", "dev", "eth0")).toBe("");
    expect(ip("-6", "addr", "show", "dev", "a-eth0")).toBe("");
    expect(ip("-n", "a", "-4", "addr", "show", "dev", "eth0")).toContain("10.0.0.1/24");
  });
});

describe("routed IPv6", () => {
  //   a ── l (fd00:1::/64) ── gw ── r (fd00:2::/64) ── b
  it("answers at once, and what is thrown away does not", async () => {
    const model = await up({
      switches: { l: { subnet: "fd00:1::/64" }, r: { subnet: "fd00:2::/64" } },
      hosts: {
        a: { interfaces: { eth0: "l" }, routes: [{ to: "fd00:9::/64", type: "blackhole" }] },
        b: { interfaces: { eth0: "r" } },
      },
      routers: { gw: { interfaces: { eth0: "l", eth1: "r" } } },
    });
    expect(inside("gw", "cat", "/proc/sys/net/ipv6/conf/all/forwarding").trim()).toBe("1");
    const lines = ["a -> b icmp", "b -> a tcp/80", "a -x> fd00:9::1 icmp"];
    const { expect: expectations } = resolveTopology({ hosts: { a: null, b: null }, expect: lines });
    const result = await prove(model, expectations, { timeout: 2000 });
    expect(result.results.map((each) => each.outcome)).toEqual(["reply", "reply", "unreachable"]);
  });

  it("is there for links that are made by hand afterwards", async () => {
    await up(ROUTED);
    ip("link", "add", "late0", "type", "veth", "peer", "name", "late1");
    ip("link", "set", "late0", "up");
    ip("link", "set", "late1", "up");
    expect(ip("-6", "addr", "show", "dev", "late0")).toContain("fe80::");
  });
});

describe("everything an interface can be", () => {
  //   one ══ two (cable, MTU 1400)    root ══ one    one ── s ── long-named-host
  const RICH: Topology = {
    root: { forwarding: true, interfaces: { wan0: { link: "one:wan", address: "192.0.2.1/24" } } },
    switches: { s: { subnet: "10.0.0.0/24" } },
    hosts: {
      one: {
        interfaces: {
          lan: { link: "s", address: "10.0.0.7/24", mac: "02:00:00:00:00:07" },
          p2p: { link: "two:p2p", address: "10.9.0.1/30", mtu: 1400 },
          wan: { link: "root:wan0", address: "192.0.2.2/24" },
        },
        gateway: "192.0.2.1",
        routes: [
          { to: "10.77.0.0/16", via: "10.9.0.2", metric: 50 },
          { to: "10.78.0.0/16", type: "blackhole" },
        ],
        sysctls: {
          "net.ipv4.tcp_congestion_control": "reno",
          "net.ipv4.conf.lan.rp_filter": "2",
          "net.ipv4.ip_local_port_range": "20000  30000",
        },
      },
      two: { interfaces: { p2p: { link: "one:p2p", address: "10.9.0.2/30", mtu: 1400 } } },
      "long-named-host": { interfaces: { eth0: "s" } },
    },
  };

  it("is made as written", async () => {
    await up(RICH);
    const [link] = ipJson("one", "link", "show", "lan") as unknown as { address: string }[];
    expect(link!.address).toBe("02:00:00:00:00:07");
    expect(ipJson("one", "link", "show", "p2p")).toMatchObject([{ mtu: 1400 }]);
    expect(ipJson("one", "route", "show", "10.77.0.0/16")).toMatchObject([{ gateway: "10.9.0.2", metric: 50 }]);
    expect(ipJson("one", "route", "show", "10.78.0.0/16")).toMatchObject([{ type: "blackhole" }]);
    expect(inside("one", "cat", "/proc/sys/net/ipv4/tcp_congestion_control").trim()).toBe("reno");
    expect(inside("one", "cat", "/proc/sys/net/ipv4/conf/lan/rp_filter").trim()).toBe("2");
    // Several values in one, which the kernel keeps apart by tabs and people by spaces.
    expect(inside("one", "cat", "/proc/sys/net/ipv4/ip_local_port_range")).toBe("20000\t30000\n");
  });

  it("leaves by the address that was written first, whatever the numbers", async () => {
    const address = ["10.0.0.9/24", "10.0.0.2/24", "10.1.0.9/24", "10.1.0.8/24"];
    await up({
      hosts: {
        a: { interfaces: { eth0: { link: "b:eth0", address } } },
        b: { interfaces: { eth0: { address: "10.0.0.1/24" } } },
      },
    });
    const source = (to: string): string =>
      (ipJson("a", "route", "get", to) as unknown as { prefsrc: string }[])[0]!.prefsrc;
    expect([source("10.0.0.1"), source("10.1.0.1")]).toEqual(["10.0.0.9", "10.1.0.9"]);
  });

  it("keeps the whole name of a shortened port as its alternative name", async () => {
    await up(RICH);
    const ports = ipJson(null, "link", "show", "master", "s") as unknown as { ifname: string; altnames?: string[] }[];
    const port = ports.find((each) => each.altnames?.includes("long-named-host-eth0"));
    expect(port?.ifname.length).toBeLessThanOrEqual(15);
  });

  it("differs from its topology by exactly what is changed by hand", async () => {
    const model = await up(RICH);
    expect(difference(model)).toEqual([]);
    ip("-n", "one", "link", "set", "p2p", "mtu", "1300");
    ip("-n", "one", "route", "delete", "10.77.0.0/16");
    ip("-n", "two", "address", "add", "10.9.9.9/32", "dev", "lo");
    inside("one", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/lan/rp_filter");
    const found = difference(model).map((change) => `${change.action} ${change.namespace} ${change.kind} ${change.id}`);
    expect(found).toContain("update one link p2p");
    expect(found).toContain("update one sysctl net.ipv4.conf.lan.rp_filter");
    expect(found).toContain("create one route 10.77.0.0/16 table 254 metric 50");
    expect(found).toContain("delete two address lo 10.9.9.9/32");
  });
});

describe("refusals", () => {
  it("names what the kernel refused, where, and in whose words", async () => {
    const model = modelOf(ROUTED);
    // No link of alice reaches this gateway: validation would have said so, the kernel has to be asked here.
    const wrong: Model = {
      ...model,
      namespaces: model.namespaces.map((namespace) =>
        namespace.name === "alice"
          ? {
              ...namespace,
              routes: namespace.routes.map((route) => ({
                ...route,
                nextHops: [{ via: "10.99.0.1", link: "eth0", weight: 1 }],
              })),
            }
          : namespace,
      ),
    };
    const error = await failureOf(build(wrong));
    expect(error.diagnostics[0]).toMatchObject({
      summary: "cannot add route 0.0.0.0/0 table 254 metric 0",
      subject: "namespace alice",
      cause: "ENETUNREACH: Nexthop has invalid gateway",
    });
  });

  it("will not build over a lab that runs and differs", async () => {
    await up(ROUTED);
    const error = await failureOf(build(modelOf({ ...ROUTED, hosts: {} })));
    expect(error.diagnostics[0]?.code).toBe("apply.change-running");
    // Control: what is there is still whole.
    expect(difference(modelOf(ROUTED))).toEqual([]);
  });
});
