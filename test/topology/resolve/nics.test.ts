// Interfaces of the real machine: as a port of a switch, and in a node.

import { describe, expect, it } from "vitest";
import { NetloomError } from "../../../src/diagnostic.ts";
import { type Namespace, nicBridges, nicsOf, withoutNics } from "../../../src/model/index.ts";
import { resolveTopology } from "../../../src/topology/index.ts";
import type { Topology } from "../../../src/topology/index.ts";

const model = (topology: Topology) => resolveTopology(topology).model;
const node = (topology: Topology, name: string): Namespace =>
  model(topology).namespaces.find((namespace) => namespace.name === name)!;
const faults = (topology: object): string[] => {
  try {
    resolveTopology(topology);
    return [];
  } catch (error) {
    return (error as NetloomError).diagnostics.map(({ code, subject, summary }) => `${code} ${subject}: ${summary}`);
  }
};

//  the LAN ── eth0 ▸ br-ex ── a
const uplink = { interface: "eth0", bridge: "br-ex" };
const a = { interfaces: { eth0: { link: "br-ex", address: "192.0.2.7/24" } }, gateway: "192.0.2.1" };

describe("uplink: an interface of the machine", () => {
  it("is a port of the switch, which comes into being if need be", () => {
    const root = node({ root: { uplink }, hosts: { a } }, "root");
    expect(root.links.map(({ name, kind, master }) => [name, kind, master])).toEqual([
      ["a-eth0", "veth", "br-ex"],
      ["br-ex", "bridge", null],
      ["eth0", "nic", "br-ex"],
      ["lo", "loopback", null],
    ]);
    expect(root.services).toEqual([]);
    expect(nicBridges(root)).toEqual(new Set(["br-ex"]));
    const subnet = "192.0.2.0/24";
    expect(node({ root: { uplink }, switches: { "br-ex": { subnet } }, hosts: { a } }, "root").links).toEqual(
      root.links,
    );
  });

  it("may have a DHCP server out there", () => {
    const hosts = { a: { interfaces: { eth0: { link: "br-ex", address: "dhcp" } } } };
    expect(faults({ root: { uplink }, hosts })).toEqual([]);
    expect(faults({ switches: { "br-ex": {} }, hosts })).toHaveLength(1);
  });

  it.each([
    [{ interface: "eth0" }, {}, ['topology.missing-key root.uplink: uplink lacks "bridge"']],
    [{ bridge: "br-ex" }, {}, ['topology.missing-key root.uplink: uplink lacks "interface"']],
    [
      { ...uplink, kind: "internet" },
      {},
      ["topology.uplink root.uplink.kind: an uplink through an interface of the machine has no kind"],
    ],
    [
      { ...uplink, interface: "a:b" },
      {},
      ['topology.interface-name root.uplink.interface: the interface name "a:b" contains ":"'],
    ],
    [
      uplink,
      { switches: { "br-ex": { address: "192.0.2.9/24", mtu: 1400 } } },
      [
        "topology.uplink switches.br-ex.address: switch br-ex cannot have address",
        "topology.uplink switches.br-ex.mtu: switch br-ex cannot have mtu",
      ],
    ],
    [
      uplink,
      { switches: { eth0: {} } },
      ["topology.duplicate-name switches.eth0: eth0 is the interface of root's uplink"],
    ],
    [uplink, { hosts: { "br-ex": {} } }, ["topology.duplicate-name root.uplink.bridge: br-ex is a node, not a switch"]],
  ])("%j is wrong", (given, more, expected) => {
    expect(faults({ root: { uplink: given }, ...more })).toEqual(expected);
  });
});

//  the LAN ── eth1 ▸ gw:wan
const wan = { device: "eth1", address: "192.0.2.7/24", mtu: 1400 };

describe("device: an interface of the machine in a node", () => {
  it("has the file's name and addresses; routes leave by it", () => {
    const gw = node({ routers: { gw: { interfaces: { wan }, gateway: "192.0.2.1" } } }, "gw");
    expect(gw.links[1]).toMatchObject({
      kind: "nic",
      name: "wan",
      device: "eth1",
      mac: null,
      mtu: 1400,
      given: ["mtu"],
    });
    expect(gw.addresses).toMatchObject([{ link: "wan", address: "192.0.2.7" }]);
    expect(gw.routes).toMatchObject([{ to: "0.0.0.0/0", nextHops: [{ via: "192.0.2.1", link: "wan" }] }]);
  });

  it("the model can be had without it, and what is on it", () => {
    const sysctls = { "net.ipv6.conf.wan.accept_ra": 0, "net.ipv4.ip_default_ttl": 32 };
    const whole = model({ routers: { gw: { interfaces: { wan }, gateway: "192.0.2.1", sysctls } } });
    const gw = withoutNics(whole, nicsOf(whole)).namespaces[1]!;
    expect(gw.links.map(({ name }) => name)).toEqual(["lo"]);
    expect([gw.addresses, gw.routes]).toEqual([[], []]);
    expect(gw.sysctls).toEqual({ "net.ipv4.ip_default_ttl": "32" });
  });

  it.each([
    [{ device: "eth1", link: "s" }, ["topology.device hosts.a.interfaces.e.device: a:e has both a link and a device"]],
    [{ device: "eth0" }, ["topology.device hosts.a.interfaces.e.device: eth0 is already used by root's uplink"]],
    [{ device: "" }, ['topology.interface-name hosts.a.interfaces.e.device: the interface name "" is empty']],
  ])("%j is wrong", (e, expected) => {
    expect(faults({ root: { uplink }, switches: { s: {} }, hosts: { a: { interfaces: { e } } } })).toEqual(expected);
  });

  it("is not for root, which has it", () => {
    expect(faults({ root: { interfaces: { eth1: { device: "eth1" } } } })).toEqual([
      "topology.device root.interfaces.eth1.device: eth1 is already in root",
    ]);
  });
});
