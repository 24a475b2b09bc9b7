import { describe, expect, it } from "vitest";
import { NetloomError } from "../../../src/diagnostic.ts";
import type { Namespace, Uplink } from "../../../src/model/index.ts";
import { resolveTopology } from "../../../src/topology/index.ts";
import type { Topology } from "../../../src/topology/index.ts";

const nodes = (topology: Topology): Map<string, Namespace> =>
  new Map(resolveTopology(topology).model.namespaces.map((node) => [node.name, node]));
const rootOf = (topology: Topology): Namespace => nodes(topology).get("root")!;
const uplinkOf = (topology: Topology): Uplink =>
  rootOf(topology).services.find((service): service is Uplink => service.kind === "uplink")!;
const faults = (topology: object): string[] => {
  try {
    resolveTopology(topology);
    return [];
  } catch (error) {
    return (error as NetloomError).diagnostics.map(
      ({ code, subject, summary, hint }) => `${code} ${subject}: ${summary}${hint === undefined ? "" : ` (${hint})`}`,
    );
  }
};

describe("uplink: internet", () => {
  it("is a tap in root with an address, a default route and a name server", () => {
    const root = rootOf({ root: { uplink: "internet" } });
    expect(root.links.map(({ name, kind }) => [name, kind])).toEqual([
      ["lo", "loopback"],
      ["uplink0", "tun"],
    ]);
    expect(root.addresses).toMatchObject([{ link: "uplink0", address: "10.0.2.100", prefixLength: 24 }]);
    expect(root.routes).toMatchObject([{ to: "0.0.0.0/0", nextHops: [{ via: "10.0.2.2", link: "uplink0" }] }]);
    expect(root.nameService).toEqual({ servers: ["10.0.2.3"], search: [] });
    expect(uplinkOf({ root: { uplink: { kind: "internet" } } })).toEqual({
      kind: "uplink",
      link: "uplink0",
      subnet: "10.0.2.0/24",
      address: "10.0.2.100",
      gateway: "10.0.2.2",
      nameServer: "10.0.2.3",
      loopback: true,
      forward: [],
    });
  });

  it("takes another network where the lab has that one, and the one that is given", () => {
    const switches = { lan: { subnet: "10.0.0.0/16" } };
    expect(uplinkOf({ root: { uplink: "internet" }, switches }).subnet).toBe("192.168.202.0/24");
    const uplink = { kind: "internet", subnet: "10.9.0.0/25", loopback: false };
    expect(uplinkOf({ root: { uplink }, switches })).toMatchObject({
      gateway: "10.9.0.2",
      address: "10.9.0.100",
      loopback: false,
    });
  });

  it("leaves root's own default route as it is, and then its names", () => {
    const interfaces = { eth0: { link: "isp:eth0", address: "198.51.100.1/24" } };
    const hosts = { isp: { interfaces: { eth0: { address: "198.51.100.2/24" } } } };
    const root = rootOf({ root: { uplink: "internet", gateway: "198.51.100.2", interfaces }, hosts });
    expect(root.routes).toMatchObject([{ nextHops: [{ via: "198.51.100.2" }] }]);
    expect(root.nameService).toBeNull();
  });

  it("forwards what root publishes on every interface or on it, and nothing else", () => {
    const interfaces = { eth0: { link: "h:eth1", address: "198.51.100.1/24" } };
    const hosts = { h: { interfaces: { eth0: "lan", eth1: { address: "198.51.100.2/24" } } } };
    const publish = [
      { port: 8080, to: "h:80" },
      { port: "5000-5002", to: "h", protocol: "udp" as const, in: "uplink0" },
      { port: 99, to: "h", in: "eth0" },
    ];
    const switches = { lan: { subnet: "10.1.0.0/24", address: "10.1.0.1/24" } };
    const uplink = { kind: "internet", listen: "0.0.0.0" };
    const topology = { root: { uplink, interfaces, publish, forwarding: true }, switches, hosts };
    expect(uplinkOf(topology).forward).toEqual([
      { protocol: "tcp", from: 8080, to: 8080, listen: "0.0.0.0" },
      { protocol: "udp", from: 5000, to: 5002, listen: "0.0.0.0" },
    ]);
    expect(uplinkOf({ ...topology, root: { ...topology.root, uplink: "internet" } }).forward[0]?.listen).toBe(
      "127.0.0.1",
    );
  });
});

//   inner ── deep ── gw ── lan ── root ──▶ uplink      island ── apart
describe("the name server", () => {
  const lab = (root: object): Topology => ({
    root: { uplink: "internet", forwarding: true, nat: [{ masquerade: "uplink0" }], ...root },
    switches: {
      lan: { subnet: "172.19.0.0/24", address: "172.19.0.1/24" },
      deep: { subnet: "172.20.0.0/24" },
      apart: { subnet: "172.21.0.0/24" },
    },
    routers: {
      gw: { interfaces: { eth0: "lan", eth1: { link: "deep", address: "172.20.0.1/24" } }, gateway: "172.19.0.1" },
    },
    hosts: {
      near: { interfaces: { eth0: "lan" } },
      inner: { interfaces: { eth0: "deep" } },
      island: { interfaces: { eth0: "apart" } },
    },
  });
  const told = (topology: Topology): string[] =>
    [...nodes(topology).values()].flatMap(({ name, nameService }) => (nameService === null ? [] : [name]));

  it("is told to every node whose default routes lead out, when root translates", () => {
    expect(told(lab({}))).toEqual(["root", "gw", "inner", "near"]);
  });

  it("is told to root alone when the others' packets could not come back", () => {
    expect(told(lab({ nat: [] }))).toEqual(["root"]);
    expect(told(lab({ forwarding: false }))).toEqual(["root"]);
  });

  it("is asked by a resolver, unless it has another", () => {
    const upstream = (dns: true | { upstream: string }): unknown =>
      rootOf(lab({ dns })).services.find((service) => service.kind === "resolver");
    expect(upstream(true)).toMatchObject({ upstream: ["10.0.2.3"] });
    expect(upstream({ upstream: "192.0.2.53" })).toMatchObject({ upstream: ["192.0.2.53"] });
    expect(rootOf(lab({ dns: true })).nameService).toEqual({ servers: ["127.0.0.1"], search: [] });
  });
});

describe("what is wrong with an uplink", () => {
  it.each([
    ["Internet", ['topology.uplink root.uplink: "Internet" is not a kind of uplink (did you mean "internet"?)']],
    [
      {},
      [
        'topology.missing-key root.uplink: uplink lacks "kind" (add kind: internet; or, with --host, interface: eth0 and bridge: br-ex)',
      ],
    ],
    [
      { interface: "eth0", bridge: true },
      ['topology.type root.uplink.bridge: bridge must be a string, not true (put it in quotes: "true")'],
    ],
    [
      { kind: "internet", subnet: "10.0.2.0/30" },
      [
        'topology.subnet root.uplink.subnet: "10.0.2.0/30" is not an IPv4 network of /8 to /25 (write it as 10.0.2.0/24)',
      ],
    ],
    [
      { kind: "internet", listen: "localhost" },
      [
        'topology.listen root.uplink.listen: "localhost" is not an IPv4 address (write 127.0.0.1 for this machine only, 0.0.0.0 for everyone who can reach it)',
      ],
    ],
    [true, ['topology.type root.uplink: uplink must be a string or a mapping, not true (put it in quotes: "true")']],
  ])("%j", (uplink, expected) => {
    expect(faults({ root: { uplink } })).toEqual(expected);
  });

  it("is said of names that clash, and of nodes that have none", () => {
    expect(faults({ root: { uplink: "internet" }, switches: { uplink0: {} } })).toEqual([
      "topology.duplicate-name switches.uplink0: uplink0 is the name of root's uplink (rename it)",
    ]);
    expect(faults({ hosts: { a: { uplink: "internet" } } })[0]).toContain('"uplink" is not a key of a node');
  });
});
