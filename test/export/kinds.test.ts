import { expect, test } from "vitest";
import { exportTopology, writeTopology } from "../../src/export/index.ts";
import type { Link, Model } from "../../src/model/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { resolveTopology } from "../../src/topology/index.ts";

const topology: Topology = {
  name: "tunnels",
  switches: { core: { subnet: "192.0.2.0/24" } },
  hosts: {
    a: {
      interfaces: {
        eth0: { link: "core", address: "192.0.2.1/24" },
        vx0: {
          kind: "vxlan",
          id: 42,
          local: "192.0.2.1",
          remote: "192.0.2.2",
          port: 4789,
          ttl: 9,
          address: "10.9.0.1/24",
        },
        vx1: { kind: "vxlan", on: "eth0", id: 43, group: "239.1.1.1", learning: false, df: "set", mtu: 1400 },
        mv0: { kind: "macvlan", on: "eth0", mode: "bridge", address: ["10.8.0.1/24", "fd00::1/64"] },
        mv1: { kind: "macvlan", on: "vx0", up: false, mac: "02:00:00:00:00:40" },
      },
    },
    b: {
      interfaces: {
        eth0: { link: "core", address: "192.0.2.2/24" },
        p0: { kind: "macvlan", on: "eth0", mode: "passthru" },
        vx0: { kind: "vxlan", id: 42, local: "192.0.2.2", remote: "192.0.2.1", port: 4789, address: "dhcp" },
      },
    },
  },
};

test("what is exported makes the same network, and says no more than is needed", () => {
  const { model } = resolveTopology(topology);
  const exported = exportTopology(model);
  expect(exported.unexpressed).toEqual([]);
  expect(resolveTopology(exported.topology).model).toEqual(model);
  expect(writeTopology(exported)).toBe(`name: tunnels
switches:
  core: { subnet: 192.0.2.0/24 }
hosts:
  a:
    interfaces:
      eth0: core
      mv0: { kind: macvlan, on: eth0, mode: bridge, address: [10.8.0.1/24, fd00::1/64] }
      mv1: { kind: macvlan, on: vx0, mac: 02:00:00:00:00:40, up: false }
      vx0:
        kind: vxlan
        id: 42
        local: 192.0.2.1
        remote: 192.0.2.2
        port: 4789
        ttl: 9
        address: 10.9.0.1/24
      vx1: { kind: vxlan, on: eth0, id: 43, group: 239.1.1.1, df: set, learning: false, mtu: 1400 }
  b:
    interfaces:
      eth0: core
      p0: { kind: macvlan, on: eth0, mode: passthru }
      vx0: { kind: vxlan, id: 42, local: 192.0.2.2, remote: 192.0.2.1, port: 4789, address: dhcp }
`);
});

/** The same network with another mv0. */
function withOther(change: (link: Extract<Link, { kind: "macvlan" }>) => Link): Model {
  const { model } = resolveTopology(topology);
  const namespaces = model.namespaces.map((each) => ({
    ...each,
    links: each.links.map((link) => (link.kind === "macvlan" && link.name === "mv0" ? change(link) : link)),
  }));
  return { ...model, namespaces };
}

test.each<[what: string, change: (link: Extract<Link, { kind: "macvlan" }>) => Link, unexpressed: [string, string][]]>([
  [
    "a mode that cannot be asked for",
    (link) => ({ ...link, mode: "source" }),
    [["hosts.a.interfaces.mv0.mode", 'mode must be private, vepa, bridge or passthru, not the string "source"']],
  ],
  [
    "a lower link in another node",
    (link) => ({ ...link, lower: { namespace: "b", link: "eth0" } }),
    [
      [
        "a mv0",
        "it is on eth0 of b, and an interface of a file is on one of its own node; with it goes 10.8.0.1/24 and fd00::1/64 and",
      ],
    ],
  ],
  [
    "a lower link outside",
    (link) => ({ ...link, lower: null }),
    [["a mv0", "the link that it is on is outside the lab; with it goes 10.8.0.1/24 and fd00::1/64 and"]],
  ],
  [
    "a port",
    (link) => ({ ...link, master: "br0" }),
    [["a mv0", "a macvlan that is a port of br0; with it goes 10.8.0.1/24 and fd00::1/64 and"]],
  ],
])("what a file cannot say is listed: %s", (_, change, unexpressed) => {
  const exported = exportTopology(withOther(change));
  expect(exported.unexpressed).toEqual(
    unexpressed.map(([place, why]) => ({ place, why: expect.stringContaining(why), weight: "lost" })),
  );
});
