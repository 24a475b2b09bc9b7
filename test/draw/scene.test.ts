import { describe, expect, it } from "vitest";
import type { Link, Model, Namespace } from "../../src/model/index.ts";
import { folded } from "../../src/draw/fold.ts";
import { linesOf } from "../../src/draw/layout/sizes.ts";
import { sceneOf } from "../../src/draw/scene.ts";
import type { Scene } from "../../src/draw/types.ts";
import { machine } from "./machine.ts";
import { load, modelOf } from "./support.ts";

const box = (scene: Scene, id: string) => scene.boxes.find((one) => one.id === id);
const cables = (scene: Scene): string[] =>
  scene.cables.map(({ kind, ends, down, count }) => {
    const [a, b] = ends.map((end) => [end.box, end.link ?? "-", ...end.addresses].join(" "));
    return `${kind}${down ? " down" : ""}${count > 1 ? ` ×${count}` : ""}: ${a} | ${b}`;
  });

/** The model with one link changed. */
function altered(model: Model, node: string, link: string, change: Partial<Link>): Model {
  return {
    ...model,
    namespaces: model.namespaces.map((ns) =>
      ns.name === node
        ? { ...ns, links: ns.links.map((one) => (one.name === link ? ({ ...one, ...change } as Link) : one)) }
        : ns,
    ),
  };
}

describe("a scene", () => {
  it("has boxes for namespaces and switches, cables between the right interfaces, and the switch's own address", () => {
    const scene = sceneOf(load("06-gateway"));
    expect(scene.boxes.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
      "machine node:root",
      "host node:a",
      "host node:b",
      "host node:c",
      "host node:isp",
      "switch switch:root:br0",
    ]);
    expect(cables(scene).sort()).toEqual([
      "cable: node:root eth0 198.51.100.1/24 | node:isp eth0 198.51.100.2/24",
      "cable: switch:root:br0 a-eth0 | node:a eth0 172.19.0.2/24",
      "cable: switch:root:br0 b-eth0 | node:b eth0 172.19.0.3/24",
      "cable: switch:root:br0 c-eth0 | node:c eth0 172.19.0.4/24",
      "own: node:root br0 172.19.0.1/24 | switch:root:br0 -",
    ]);
    expect(box(scene, "switch:root:br0")?.notes).toEqual(["172.19.0.0/24"]);
    expect(box(scene, "node:root")).toMatchObject({
      marks: [
        { kind: "nat", text: "NAT eth0" },
        { kind: "firewall", text: "firewall" },
      ],
      notes: ["tcp 8080 → 172.19.0.3:80"],
    });
  });

  it("leaves the machine out where it takes no part", () => {
    expect(sceneOf(load("star:3")).boxes.map(({ kind }) => kind)).toEqual(["host", "host", "host", "switch"]);
  });

  it("folds a range of published ports", () => {
    const model = modelOf({
      hosts: { web: { interfaces: { eth0: { link: "gw:eth0", address: "10.0.0.2/24" } } } },
      routers: {
        gw: {
          interfaces: { eth0: { link: "web:eth0", address: "10.0.0.1/24" } },
          publish: [{ in: "eth0", port: "8000-8099", to: "web:9000-9099", protocol: "udp" }],
        },
      },
    });
    expect(box(sceneOf(model), "node:gw")?.notes).toEqual(["udp 8000-8099 → 10.0.0.2:9000-9099"]);
  });

  it("shows the first published ports, and tells all on hover", () => {
    const publish = [80, 443, 3000, 9090].map((port) => ({ in: "eth0", port, to: "web:80" }));
    const model = modelOf({
      hosts: { web: { interfaces: { eth0: { link: "gw:eth0", address: "10.0.0.2/24" } } } },
      routers: { gw: { interfaces: { eth0: { link: "web:eth0", address: "10.0.0.1/24" } }, publish } },
    });
    const gateway = box(sceneOf(model), "node:gw");
    expect(gateway?.notes).toEqual(["tcp 80 → 10.0.0.2:80", "tcp 443 → 10.0.0.2:80", "and 2 more"]);
    expect(gateway?.details.slice(-2)).toEqual(["tcp 3000 → 10.0.0.2:80", "tcp 9090 → 10.0.0.2:80"]);
  });

  it("marks services, processes and uplinks", () => {
    const dhcp = sceneOf(load("09-dhcp"));
    expect(box(dhcp, "node:router")?.marks.map(({ text }) => text)).toContain("DHCP");
    expect(dhcp.cables.find(({ ends }) => ends[1].box === "node:a")?.ends[1]).toMatchObject({
      addresses: [],
      leased: true,
    });
    expect(box(sceneOf(load("nat-types")), "node:r1")?.marks).toEqual([{ kind: "run", text: "2 processes" }]);
    const uplink = sceneOf(
      modelOf({
        root: { uplink: "internet", publish: [{ port: 8080, to: "a:80" }], forwarding: true },
        switches: { lan: { subnet: "10.0.0.0/24", address: "10.0.0.1/24" } },
        hosts: { a: { interfaces: { eth0: "lan" } } },
      }),
    );
    expect(uplink.boxes.find(({ kind }) => kind === "outside")).toMatchObject({
      name: "outside",
      notes: ["tcp 127.0.0.1:8080"],
    });
  });

  it("shows what is down: by either end, by its carrier, and the switch itself", () => {
    const model = load("star:2");
    const red = (scene: Scene): string[] => scene.cables.flatMap(({ id, down }) => (down ? [id] : []));
    expect(red(sceneOf(model))).toEqual([]);
    expect(red(sceneOf(altered(model, "h1", "eth0", { up: false })))).toEqual(["cable:root:h1-eth0"]);
    expect(red(sceneOf(altered(model, "root", "h2-eth0", { up: false })))).toEqual(["cable:root:h2-eth0"]);
    expect(red(sceneOf(model, { h1: { eth0: { carrier: false } }, h2: { eth0: { carrier: true } } }))).toEqual([
      "cable:root:h1-eth0",
    ]);
    expect(box(sceneOf(altered(model, "root", "s", { up: false })), "switch:root:s")?.down).toBe(true);
  });

  it("shows an end whose other one is nowhere, and what leads out of the model", () => {
    const none = { peer: null } as Partial<Link>;
    const model = altered(altered(load("star:2"), "h1", "eth0", none), "root", "h1-eth0", none);
    const lone = sceneOf(model);
    expect(box(lone, "end:h1:eth0")).toMatchObject({ kind: "end", name: "unplugged", down: true });
    expect(cables(lone)).toContain("link: switch:root:s h1-eth0 | end:root:h1-eth0 -");
    const tunnel: Link = {
      kind: "other",
      type: "vxlan",
      name: "vx0",
      up: true,
      mtu: 1450,
      mac: null,
      master: null,
      altnames: [],
    };
    const h1 = model.namespaces.find(({ name }) => name === "h1")!;
    const with0: Namespace = { ...h1, links: [...h1.links, tunnel] };
    const scene = sceneOf({ ...model, namespaces: model.namespaces.map((ns) => (ns === h1 ? with0 : ns)) });
    expect(box(scene, "end:h1:vx0")).toMatchObject({ kind: "end", name: "vxlan", down: false });
    expect(cables(scene)).toContain("tunnel: node:h1 vx0 | end:h1:vx0 -");
  });

  it("tells MAC addresses, MTUs and routes on hover", () => {
    const scene = sceneOf(load("06-gateway"));
    expect(box(scene, "node:a")?.details.join("\n")).toMatch(/default via 172\.19\.0\.1 dev eth0/);
    const cable = scene.cables.find(({ ends }) => ends.some((end) => end.box === "node:a"));
    expect(cable?.ends[1].details.join("\n")).toMatch(/mtu 1500 · 02:/);
  });
});

describe("folding", () => {
  it("puts a thousand hosts of a switch into one box with their number", () => {
    const scene = folded(sceneOf(load("star:1000")));
    expect(scene.boxes.map(({ kind, name, notes }) => [kind, name, ...notes])).toEqual([
      ["group", "h1…h1000", "1,000 hosts"],
      ["switch", "s", "10.0.0.0/22"],
    ]);
    expect(cables(scene)).toEqual(["cable ×1000: group:node:h1 eth0 10.0.0.0/22 | switch:root:s -"]);
    expect(scene.boxes[0]?.members).toHaveLength(1000);
  });

  it("begins beyond 64 hosts of a switch, and earlier in larger pictures", () => {
    const kinds = (name: string): Record<string, number> => {
      const count: Record<string, number> = {};
      for (const { kind } of folded(sceneOf(load(name))).boxes) count[kind] = (count[kind] ?? 0) + 1;
      return count;
    };
    expect(kinds("star:64")).toEqual({ host: 64, switch: 1 });
    expect(kinds("star:65")).toEqual({ group: 1, switch: 1 });
    // Hosts on cables of their own, each its own network.
    expect(kinds("tree:3,10")).toEqual({ group: 100, router: 111 });
  });

  it("tells the first networks of hosts that a router has on a cable each, at both ends", () => {
    const numbers = Array.from({ length: 70 }, (_, i) => i);
    const model = modelOf({
      hosts: Object.fromEntries(
        numbers.map((i) => [`h${i}`, { interfaces: { eth0: { link: `hub:p${i}`, address: `10.0.${i}.2/30` } } }]),
      ),
      routers: {
        hub: {
          interfaces: Object.fromEntries(
            numbers.map((i) => [`p${i}`, { link: `h${i}:eth0`, address: `10.0.${i}.1/30` }]),
          ),
        },
      },
    });
    const { ends } = folded(sceneOf(model)).cables[0]!;
    expect(ends.map((end) => linesOf(end).map(({ text }) => text))).toEqual(
      expect.arrayContaining([
        ["eth0", "10.0.0.0/30", "10.0.1.0/30", "and 68 more"],
        ["10.0.0.1/30", "10.0.1.1/30", "and 68 more"],
      ]),
    );
  });

  it("leaves those apart on whose interface something else stands", () => {
    const hosts = Array.from({ length: 70 }, (_, i) => `h${i}`);
    const { model, states } = machine({
      root: {
        br0: { kind: "bridge" },
        ...Object.fromEntries(hosts.map((name) => [name, { kind: "veth", peer: `${name}:eth0`, master: "br0" }])),
      },
      ...Object.fromEntries(
        hosts.map((name, i) => [
          name,
          {
            eth0: { kind: "veth", peer: `root:${name}` },
            ...(i === 3 ? { "eth0.9": { kind: "vlan", on: "h3:eth0", details: { id: 9 } } } : {}),
          },
        ]),
      ),
    });
    const scene = folded(sceneOf(model, states));
    expect(scene.boxes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "group h0…h2, h4…h69",
      "host h3",
      "switch br0",
    ]);
  });

  it("leaves those apart that are not alike: down, with a process, with a second cable", () => {
    const plugs = (): Record<string, unknown> => ({ eth0: "s" });
    const hosts = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [
        `h${i}`,
        { interfaces: plugs(), ...(i === 7 ? { run: [{ command: ["sleep", "1"] }] } : {}) },
      ]),
    );
    hosts["h8"]!.interfaces["eth1"] = { link: "h9:eth1", address: "10.9.0.1/30" };
    hosts["h9"]!.interfaces["eth1"] = { link: "h8:eth1", address: "10.9.0.2/30" };
    const model = altered(modelOf({ switches: { s: { subnet: "10.0.0.0/24" } }, hosts }), "h3", "eth0", { up: false });
    const scene = folded(sceneOf(model));
    expect(scene.boxes.filter(({ kind }) => kind === "host").map(({ name }) => name)).toEqual(["h3", "h7", "h8", "h9"]);
    expect(scene.boxes.find(({ kind }) => kind === "group")?.members).toHaveLength(76);
  });
});
