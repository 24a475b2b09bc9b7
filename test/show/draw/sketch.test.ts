// The picture for a terminal.

import { expect, test } from "vitest";
import type { Model } from "../../../src/model/index.ts";
import { terminalPicture } from "../../../src/show/draw/index.ts";
import { sketchOf } from "../../../src/show/draw/sketch.ts";
import { PLAIN } from "../../../src/show/index.ts";
import { resolveTopology, shapeTopology } from "../../../src/topology/index.ts";
import type { Topology } from "../../../src/topology/index.ts";

const model = (topology: Topology): Model => resolveTopology(topology, { name: "lab" }).model;
const picture = (topology: Topology, width = Infinity): string => terminalPicture(model(topology), {}, { ...PLAIN, width }); // prettier-ignore

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
  const vx = { kind: "other", type: "vxlan", name: "vx0", up: true, mtu: 1450, mac: null, master: "s", altnames: [] } as const; // prettier-ignore
  const found = { ...rest, namespaces: namespaces.map((each) => (each.name === "root" ? { ...each, links: [...each.links, vx] } : each)) }; // prettier-ignore
  expect(terminalPicture(found, {}, PLAIN)).toBe("s\n └── vxlan  vx0\nwithout a cable: a\n");
});

test("a tunnel between switches in two nodes", () => {
  const box = (home: string) => ({ id: home, kind: "switch", name: "br0", home, marks: [], notes: [], down: false, members: [], details: [] }) as const; // prettier-ignore
  const end = (home: string) => ({ box: home, link: "vx0", addresses: [], down: false, details: [] });
  const tunnel = { id: "t", kind: "tunnel", ends: [end("m1"), end("m2")], down: false, count: 1 } as const;
  expect(sketchOf({ name: "x", boxes: [box("m1"), box("m2")], cables: [tunnel] }, PLAIN)).toBe(`br0 in m1
br0 in m2
m1/br0 vx0 ┄┄┄┄┄ vx0 m2/br0
`);
});

test("nothing, or too much, is no picture; many alike are one line", () => {
  expect(picture({ hosts: { a: null, b: null } })).toBe("");
  expect(picture(shapeTopology("full:12")!)).toBe("");
  expect(picture(shapeTopology("star:500")!).split("\n")).toHaveLength(3);
});
