import { describe, expect, it } from "vitest";
import { folded } from "../../src/draw/fold.ts";
import { sceneOf } from "../../src/draw/scene.ts";
import { drawingOf, pictureOf } from "../../src/draw/index.ts";
import { linesOf } from "../../src/draw/layout/sizes.ts";
import type { Scene } from "../../src/draw/types.ts";
import { crossedText, strayCables } from "./geometry.ts";
import { type Machine, machine } from "./machine.ts";
import { faultsOf, hiddenText } from "./support.ts";

function sceneFor(namespaces: Machine): Scene {
  const { model, states } = machine(namespaces);
  return sceneOf(model, states);
}

/** Kind, then the two ends with all that is written there. */
const cables = (scene: Scene): string[] =>
  scene.cables.map(({ kind, ends, down }) => {
    const [a, b] = ends.map((end) => [end.box, ...linesOf(end).map(({ text }) => text)].join(" "));
    return `${kind}${down ? " down" : ""}: ${a} | ${b}`;
  });

const loose = (scene: Scene): string[] =>
  scene.boxes.filter(({ kind }) => kind === "end").map(({ name, notes }) => [name, ...notes].join(" "));

/** Two namespaces on a cable, as an underlay. */
const under = {
  a: { eth0: { kind: "veth", peer: "b:eth0", at: ["192.0.2.1/30"] } },
  b: { eth0: { kind: "veth", peer: "a:eth0", at: ["192.0.2.2/30"] } },
} as const;

describe("what stands on another link", () => {
  it("leads there from another namespace", () => {
    const scene = sceneFor({
      ...under,
      guest: { mv0: { kind: "macvlan", on: "a:eth0", details: { mode: "bridge" }, at: ["192.0.2.3/30"] } },
      tagged: { "eth0.20": { kind: "vlan", on: "a:eth0", details: { id: 20 }, down: true } },
    });
    expect(cables(scene)).toEqual([
      "cable: node:a eth0 192.0.2.1/30 | node:b eth0 192.0.2.2/30",
      "stacked: node:a eth0 · macvlan bridge | node:guest mv0 192.0.2.3/30",
      "stacked down: node:a eth0 · vlan 20 | node:tagged eth0.20",
    ]);
    expect(loose(scene)).toEqual([]);
  });

  it("shares the cable in the same namespace, VLANs in VLANs too", () => {
    const scene = sceneFor({
      ...under,
      a: {
        ...under.a,
        "eth0.10": { kind: "vlan", on: "a:eth0", details: { id: 10 }, at: ["10.10.0.1/24"] },
        "eth0.10.5": { kind: "vlan", on: "a:eth0.10", details: { id: 5 } },
      },
    });
    expect(cables(scene)).toEqual([
      "cable: node:a eth0 192.0.2.1/30 eth0.10 · vlan 10 10.10.0.1/24 eth0.10.5 · vlan 5 | node:b eth0 192.0.2.2/30",
    ]);
  });

  it("leads from the switch that it is a port of, and to the switch that it stands on", () => {
    const scene = sceneFor({
      ...under,
      a: {
        ...under.a,
        br0: { kind: "bridge" },
        "eth0.30": { kind: "vlan", on: "a:eth0", details: { id: 30 }, master: "br0" },
      },
      c: { mv0: { kind: "macvlan", on: "a:br0", details: { mode: "private" } } },
    });
    expect(cables(scene)).toEqual([
      "own: node:a br0 | switch:a:br0",
      "cable: node:a eth0 192.0.2.1/30 | node:b eth0 192.0.2.2/30",
      "stacked: node:a eth0 · vlan 30 | switch:a:br0 eth0.30",
      "stacked: switch:a:br0 macvlan private | node:c mv0",
    ]);
  });

  it("is a loose end where what it stands on is not in the picture", () => {
    const scene = sceneFor({ a: { mv0: { kind: "macvlan", details: { mode: "bridge" } } } });
    expect(loose(scene)).toEqual(["macvlan bridge"]);
  });
});

describe("a tunnel", () => {
  const vxlan = (local: string, remote: string, id = 42) =>
    ({ kind: "vxlan", details: { id, local, remote, port: 4789 } }) as const;

  it("is a line between its ends, with its id at both", () => {
    const scene = sceneFor({
      a: { ...under.a, vx0: { ...vxlan("192.0.2.1", "192.0.2.2"), at: ["10.42.0.1/24"] } },
      b: { ...under.b, vx1: vxlan("192.0.2.2", "192.0.2.1") },
    });
    expect(cables(scene)).toEqual([
      "cable: node:a eth0 192.0.2.1/30 | node:b eth0 192.0.2.2/30",
      "tunnel: node:a vx0 · vxlan 42 10.42.0.1/24 | node:b vx1 · vxlan 42",
    ]);
    expect(
      pictureOf(
        drawingOf(
          ...both({
            a: { ...under.a, vx0: vxlan("192.0.2.1", "192.0.2.2") },
            b: { ...under.b, vx1: vxlan("192.0.2.2", "192.0.2.1") },
          }),
        ),
        "svg",
      ),
    ).toContain('<g class="cable tunnel"');
  });

  it("is found by the addresses of a namespace where the kernel chooses the local one, and by its keys", () => {
    const gre = (remote: string, input: number, output: number) =>
      ({ kind: "gre", details: { remote, "input key": input, "output key": output } }) as const;
    const joined = sceneFor({
      a: { ...under.a, gre1: gre("192.0.2.2", 7, 8) },
      b: { ...under.b, gre1: gre("192.0.2.1", 8, 7) },
    });
    expect(cables(joined)[1]).toBe("tunnel: node:a gre1 · gre key 8 | node:b gre1 · gre key 7");
    const apart = sceneFor({
      a: { ...under.a, gre1: gre("192.0.2.2", 7, 8) },
      b: { ...under.b, gre1: gre("192.0.2.1", 9, 7) },
    });
    expect(loose(apart)).toEqual(["gre key 8 to 192.0.2.2", "gre key 7 to 192.0.2.1"]);
  });

  it("says where it leads if its far end is another id, somebody else, a group or nobody", () => {
    const scene = sceneFor({
      a: {
        ...under.a,
        vx0: vxlan("192.0.2.1", "192.0.2.2", 1),
        vx1: vxlan("192.0.2.1", "198.51.100.7"),
        vx2: { kind: "vxlan", details: { id: 5, remote: "239.1.1.1", port: 8472 } },
        wg0: { kind: "wireguard" },
      },
      b: {
        ...under.b,
        vx0: vxlan("192.0.2.2", "192.0.2.1", 2),
        vx2: { kind: "vxlan", details: { id: 5, remote: "239.1.1.1", port: 8472 } },
      },
    });
    expect(loose(scene)).toEqual([
      "vxlan 1 to 192.0.2.2",
      "vxlan 42 to 198.51.100.7",
      "vxlan 5 to 239.1.1.1 udp 8472",
      "wireguard",
      "vxlan 2 to 192.0.2.1",
      "vxlan 5 to 239.1.1.1 udp 8472",
    ]);
  });
});

describe("links that act as one", () => {
  const bonded: Machine = {
    a: {
      bond0: { kind: "bond", details: { mode: "active-backup" }, at: ["10.0.0.1/24"] },
      s0: { kind: "veth", peer: "b:p0", master: "bond0" },
      s1: { kind: "veth", peer: "b:p1", master: "bond0", facts: { carrier: false } },
      "bond0.9": { kind: "vlan", on: "a:bond0", details: { id: 9 }, at: ["10.9.0.1/24"] },
    },
    b: {
      br0: { kind: "bridge" },
      p0: { kind: "veth", peer: "a:s0", master: "br0" },
      p1: { kind: "veth", peer: "a:s1", master: "br0" },
    },
  };

  it("are a bar that leads on to their namespace", () => {
    const scene = sceneFor(bonded);
    expect(scene.boxes.find(({ kind }) => kind === "bond")).toMatchObject({
      name: "bond0",
      notes: ["bond active-backup", "in a"],
    });
    expect(cables(scene)).toEqual([
      "own: node:a bond0 10.0.0.1/24 bond0.9 · vlan 9 10.9.0.1/24 | bond:a:bond0",
      "cable: bond:a:bond0 s0 | switch:b:br0 p0",
      "cable down: bond:a:bond0 s1 | switch:b:br0 p1",
      "own: node:b br0 | switch:b:br0",
    ]);
  });

  it("and stand between it and where their members lead", () => {
    const drawing = drawingOf(...both(bonded));
    const x = (id: string): number => drawing.boxes.find(({ box }) => box.id === id)!.x;
    const places = ["node:a", "bond:a:bond0", "switch:b:br0", "node:b"].map(x);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(new Set(places).size).toBe(4);
    const legend = (namespaces: Machine): string | undefined =>
      /class="cable own".*?>([^<>]+)<\/text>/.exec(
        pictureOf(drawingOf(...both(namespaces)), "svg").split('class="legend"')[1] ?? "",
      )?.[1];
    expect(legend(bonded)).toBe("the switch's or the bond's own interface");
  });

  it("or to the switch that they are a port of", () => {
    const scene = sceneFor({
      ...under,
      a: {
        br0: { kind: "bridge" },
        bond0: { kind: "bond", master: "br0" },
        eth0: { kind: "veth", peer: "b:eth0", master: "bond0" },
      },
    });
    expect(cables(scene)).toContain("cable: switch:a:br0 bond0 | bond:a:bond0");
  });

  it("in a VRF stay in their namespace and say so", () => {
    const scene = sceneFor({
      ...under,
      a: { vrf1: { kind: "vrf", details: { table: 10 } }, eth0: { ...under.a.eth0, master: "vrf1" } },
    });
    expect(cables(scene)).toEqual(["cable: node:a eth0 · in vrf1 192.0.2.1/30 | node:b eth0 192.0.2.2/30"]);
    expect(loose(scene)).toEqual([]);
  });
});

describe("loose ends", () => {
  it("name the programs that have a tap open, and tell what is elsewhere from what is unplugged", () => {
    const scene = sceneFor({
      a: {
        tap0: { kind: "tun", details: { mode: "tap" }, facts: { users: [{ pid: 7, command: "qemu" }] } },
        far0: { kind: "veth", facts: { elsewhere: 5 } },
        out0: { kind: "veth" },
      },
    });
    expect(loose(scene)).toEqual(["elsewhere", "unplugged", "tap qemu (7)"]);
    expect(scene.boxes.filter(({ kind, down }) => kind === "end" && down)).toHaveLength(1);
  });
});

it("a machine with all of these is drawn without faults, in every format", () => {
  const { model, states } = machine(EVERYTHING);
  const drawing = drawingOf(model, states);
  expect([...faultsOf(drawing), ...hiddenText(drawing), ...strayCables(drawing), ...crossedText(drawing)]).toEqual([]);
  for (const format of ["svg", "mermaid", "dot"] as const) {
    const text = pictureOf(drawing, format);
    for (const word of ["vxlan 42", "vlan 10", "macvlan bridge", "bond active-backup", "198.51.100.7", "in vrf1"])
      expect(text).toContain(word);
  }
  expect(folded(sceneOf(model, states), 1)).toEqual(sceneOf(model, states));
});

function both(namespaces: Machine): Parameters<typeof drawingOf> {
  const { model, states } = machine(namespaces);
  return [model, states];
}

const EVERYTHING: Machine = {
  root: {
    uplink: { kind: "device", at: ["203.0.113.2/24", "2001:db8::2/64"] },
    "uplink.10": { kind: "vlan", on: "root:uplink", details: { id: 10 }, at: ["10.10.0.1/24"] },
    "uplink.30": { kind: "vlan", on: "root:uplink", details: { id: 30 }, master: "br30" },
    br30: { kind: "bridge" },
    br0: { kind: "bridge", at: ["172.17.0.1/16"] },
    p1: { kind: "veth", peer: "web:eth0", master: "br0" },
    p2: { kind: "veth", peer: "db:eth0", master: "br0" },
    p3: { kind: "veth", peer: "vm:eth0", master: "br30" },
    tap0: {
      kind: "tun",
      master: "br0",
      details: { mode: "tap" },
      facts: { users: [{ pid: 812, command: "qemu-system-x86" }] },
    },
    s0: { kind: "veth", peer: "tor:p0", master: "bond0" },
    s1: { kind: "veth", peer: "tor:p1", master: "bond0", down: true },
    bond0: { kind: "bond", details: { mode: "active-backup" }, at: ["10.30.0.1/24"] },
    wg0: { kind: "wireguard", at: ["10.8.0.1/24"] },
    e: { kind: "veth", peer: "east:e0", at: ["192.0.2.1/30"] },
    w: { kind: "veth", peer: "west:w0", at: ["192.0.2.5/30"] },
  },
  web: { eth0: { kind: "veth", peer: "root:p1", at: ["172.17.0.2/16"] } },
  db: { eth0: { kind: "veth", peer: "root:p2", at: ["172.17.0.3/16"], down: true } },
  vm: { eth0: { kind: "veth", peer: "root:p3", at: ["10.30.1.2/24"] } },
  mac: { mv0: { kind: "macvlan", on: "root:uplink", details: { mode: "bridge" }, at: ["203.0.113.50/24"] } },
  tor: {
    sw: { kind: "bridge" },
    p0: { kind: "veth", peer: "root:s0", master: "sw" },
    p1: { kind: "veth", peer: "root:s1", master: "sw" },
  },
  east: {
    e0: { kind: "veth", peer: "root:e", at: ["192.0.2.2/30"], master: "vrf1" },
    vrf1: { kind: "vrf", details: { table: 10 } },
    vx0: {
      kind: "vxlan",
      details: { id: 42, local: "192.0.2.2", remote: "192.0.2.6", port: 4789 },
      at: ["10.42.0.1/24"],
    },
    gre9: { kind: "gretap", details: { local: "192.0.2.2", remote: "198.51.100.7", "input key": 9, "output key": 9 } },
  },
  west: {
    w0: { kind: "veth", peer: "root:w", at: ["192.0.2.6/30"] },
    vx0: {
      kind: "vxlan",
      details: { id: 42, local: "192.0.2.6", remote: "192.0.2.2", port: 4789 },
      at: ["10.42.0.2/24"],
    },
  },
};
