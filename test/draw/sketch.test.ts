// The picture for a terminal.

import { expect, test } from "vitest";
import type { Model } from "../../src/model/index.ts";
import { terminalPicture } from "../../src/draw/index.ts";
import { sketchOf } from "../../src/draw/sketch.ts";
import { PLAIN } from "../../src/show/index.ts";
import { resolveTopology, shapeTopology } from "../../src/topology/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { machine } from "./machine.ts";

const model = (topology: Topology): Model => resolveTopology(topology, { name: "lab" }).model;
const picture = (topology: Topology, width = Infinity): string =>
  terminalPicture(model(topology), {}, { ...PLAIN, width });

//   a, b, c ── lan 172.19.0.1 · machine · eth0 ──── eth0 isp; c is down; lost and alone
const OFFICE: Topology = {
  root: { interfaces: { eth0: { link: "isp:eth0", address: "198.51.100.1/24" } } },
  switches: { lan: { subnet: ["172.19.0.0/24", "fd00::/64"], address: ["172.19.0.1/24", "fd00::1/64"] } },
  hosts: {
    a: { interfaces: { eth0: "lan" } },
    "branch-office": { interfaces: { eth0: "lan" } },
    c: { interfaces: { eth0: { link: "lan", up: false } } },
    isp: { interfaces: { eth0: { link: "root:eth0", address: "198.51.100.2/24" } } },
    left: { interfaces: { a: { link: "right:b", address: "10.0.0.1/30", up: false } } },
    right: null,
    lost: null,
  },
};

test("switches as trees, cables as lines, what is down, and who is alone", () => {
  expect(picture(OFFICE)).toBe(`lan
 ├── root           lan   172.19.0.1/24 fd00::1/64
 ├── a              eth0  172.19.0.2/24 fd00::2/64
 ├── branch-office  eth0  172.19.0.3/24 fd00::3/64
 └── c              eth0  172.19.0.4/24 fd00::4/64  down
root eth0 198.51.100.1/24 ───── 198.51.100.2/24 eth0 isp
left a 10.0.0.1/30        ──✗── b right  down
without a cable: lost
`);
});

test("on a narrow terminal nothing is longer than a line", () => {
  const lines = picture(OFFICE, 44).split("\n");
  expect(lines).toContain(" ├── a              eth0  172.19.0.2/24 +1");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(44);
});

test("a link that leads to nothing the model knows", () => {
  const { namespaces, ...rest } = model({ switches: { s: {} }, hosts: { a: null } });
  const vx = {
    kind: "other",
    type: "vxlan",
    name: "vx0",
    up: true,
    mtu: 1450,
    mac: null,
    master: "s",
    altnames: [],
  } as const;
  const found = {
    ...rest,
    namespaces: namespaces.map((each) => (each.name === "root" ? { ...each, links: [...each.links, vx] } : each)),
  };
  expect(terminalPicture(found, {}, PLAIN)).toBe("s\n └── vxlan  vx0\nwithout a cable: a\n");
});

test("a tunnel between switches in two nodes", () => {
  const box = (home: string) =>
    ({
      id: home,
      kind: "switch",
      name: "br0",
      home,
      marks: [],
      notes: [],
      down: false,
      members: [],
      details: [],
    }) as const;
  const end = (home: string) => ({ box: home, link: "vx0", addresses: [], down: false, details: [] });
  const tunnel = { id: "t", kind: "tunnel", ends: [end("m1"), end("m2")], down: false, count: 1 } as const;
  expect(sketchOf({ name: "x", boxes: [box("m1"), box("m2")], cables: [tunnel] }, PLAIN)).toBe(`br0 in m1
br0 in m2
m1/br0 vx0 ┄┄┄┄┄ vx0 m2/br0
`);
});

//   server: bond0 (10.0.0.1, VLAN 10) of s0 and s1, of which tor2 has the second down ── tor1, tor2: a switch each
test("a bond as what it is together, its members with their peers, and what stands on it", () => {
  const { model: found, states } = machine({
    server: {
      s0: { kind: "veth", peer: "tor1:p0", master: "bond0" },
      s1: { kind: "veth", peer: "tor2:p0", master: "bond0", facts: { carrier: false } },
      bond0: { kind: "bond", details: { mode: "active-backup" }, at: ["10.0.0.1/24"] },
      "bond0.10": { kind: "vlan", on: "server:bond0", details: { id: 10 }, at: ["10.10.0.1/24"] },
      "bond0.20": { kind: "vlan", on: "server:bond0", details: { id: 20 }, master: "br20" },
      br20: { kind: "bridge" },
    },
    tor1: { sw: { kind: "bridge" }, p0: { kind: "veth", peer: "server:s0", master: "sw" } },
    tor2: { sw: { kind: "bridge" }, p0: { kind: "veth", peer: "server:s1", master: "sw" } },
  });
  expect(terminalPicture(found, states, { ...PLAIN, width: 80 })).toBe(`bond0 in server  bond active-backup  10.0.0.1/24
 ├── s0      ───── p0 tor1/sw
 ├── s1      ──✗── p0 tor2/sw  down
 ├── vlan 20 ┄┄┄┄┄ bond0.20 server/br20
 └── bond0.10  10.10.0.1/24  vlan 10
br20 in server
 ├── server        br20
 └── server/bond0  bond0.20  vlan 20
sw in tor1
 ├── tor1          sw
 └── server/bond0  s0
sw in tor2
 ├── tor2          sw
 └── server/bond0  s1  down
`);
});

test("a bond that is the port of a switch, and two that lead to each other", () => {
  const port = machine({
    root: {
      br0: { kind: "bridge" },
      bond0: { kind: "bond", master: "br0" },
      e0: { kind: "veth", peer: "a:eth0", master: "bond0" },
    },
    a: { eth0: { kind: "veth", peer: "root:e0", at: ["10.0.0.2/24"] } },
  });
  expect(terminalPicture(port.model, port.states, PLAIN)).toBe(`bond0  bond  port of br0
 └── e0 ───── 10.0.0.2/24 eth0 a
br0
 └── bond0
`);
  const end = (other: string) => ({
    s0: { kind: "veth", peer: `${other}:s0`, master: "team0" },
    team0: { kind: "team" },
  });
  const pair = machine({ a: end("b"), b: end("a") });
  expect(terminalPicture(pair.model, pair.states, PLAIN)).toBe(`team0 in a  team
 └── s0 ───── s0 b/team0
team0 in b  team
 └── s0 ───── s0 a/team0
`);
});

test("what kind of line it is, what stands on an interface, and where loose ends lead", () => {
  const { model: found, states } = machine({
    root: {
      eth0: { kind: "device", at: ["203.0.113.5/24", "2001:db8::5/64"] },
      "eth0.7": { kind: "vlan", on: "root:eth0", details: { id: 7 }, at: ["10.7.0.1/24"] },
      tap0: { kind: "tun", details: { mode: "tap" }, facts: { users: [{ pid: 7, command: "qemu" }] } },
      v0: { kind: "veth", peer: "root:v1" },
      v1: { kind: "veth", peer: "root:v0", at: ["10.1.1.1/24"] },
    },
    a: {
      mv: { kind: "macvlan", on: "root:eth0", details: { mode: "bridge" }, at: ["203.0.113.6/24"] },
      out: { kind: "veth", master: "red" },
      red: { kind: "vrf", details: { table: 9 } },
    },
  });
  expect(terminalPicture(found, states, { ...PLAIN, width: 80 })).toBe(`root eth0 203.0.113.5/24 +1 ┄┄┄┄┄ device
root eth0.7 10.7.0.1/24     ┄┄┄┄┄ vlan 7 on eth0
root tap0                   ┄┄┄┄┄ tap qemu (7)
root v0                     ───── 10.1.1.1/24 v1 root
root eth0                   ┄┄┄┄┄ 203.0.113.6/24 mv a  macvlan bridge
a out in red                ┄┄┄┄┄ unplugged
`);
});

test("nothing, or too much, is no picture; many alike are one line", () => {
  expect(picture({ hosts: { a: null, b: null } })).toBe("");
  expect(picture(shapeTopology("full:12")!)).toBe("");
  expect(picture(shapeTopology("star:500")!).split("\n")).toHaveLength(3);
});
