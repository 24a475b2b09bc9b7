// VXLANs as a topology file has them, on this kernel.

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { drawingData, drawingOf } from "../../../src/draw/index.ts";
import type { NetloomError } from "../../../src/diagnostic.ts";
import { exportTopology } from "../../../src/export/index.ts";
import type { Link, Model } from "../../../src/model/index.ts";
import { defaultOf, optionOf, tableOf } from "../../../src/model/index.ts";
import { resolveTopology, type Topology } from "../../../src/topology/index.ts";
import { build, difference, look, reconcile } from "../../support/engine.ts";
import { ownMachine, wipe } from "../../support/machine.ts";
import { inside, ip, ipJson } from "../../support/witnesses.ts";

beforeAll(ownMachine);
afterEach(wipe);

const modelOf = (topology: Topology): Model => resolveTopology(topology, { name: "t" }).model;

//   a: vx0 ┄┄┄┄ 10.9.0.0/24 over VXLAN 42 ┄┄┄┄ b: vx0
//      └ eth0 ────────── core ────────── eth0 ┘
const tunnel = (a: object = {}, b: object = {}, lan: object = {}): Topology => ({
  switches: { core: { subnet: "192.0.2.0/24", ...lan } },
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
          address: ["10.9.0.1/24", "fd09::1/64"],
          ...a,
        },
      },
    },
    b: {
      interfaces: {
        eth0: { link: "core", address: "192.0.2.2/24" },
        vx0: {
          kind: "vxlan",
          id: 42,
          local: "192.0.2.2",
          remote: "192.0.2.1",
          port: 4789,
          address: ["10.9.0.2/24", "fd09::2/64"],
          ...b,
        },
      },
    },
  },
});

const answers = (from: string, to: string, ...more: string[]): string =>
  inside(from, "sh", "-c", `ping -c1 -W1 ${more.join(" ")} ${to} >/dev/null && echo yes || echo no`).trim();
const indexOf = (node: string, link: string): unknown => ipJson(node, "link", "show", link)[0]!["ifindex"];
const linkOf = (model: Model, node: string, name: string): Link =>
  model.namespaces.find((each) => each.name === node)!.links.find((link) => link.name === name)!;

/** Which changes a running lab needs to become another, and that it is that then. */
async function change(before: Topology, after: Topology): Promise<string[]> {
  const [from, to] = [modelOf(before), modelOf(after)];
  const { changes } = await reconcile(to, from);
  expect(difference(to)).toEqual([]);
  return changes.map(({ action, kind, id, reason }) => `${action} ${kind} ${id}: ${reason}`);
}

describe("a VXLAN between two hosts", () => {
  it("is made as written, carries packets, and is planned to nothing the second time", async () => {
    const lab = modelOf(tunnel());
    await build(lab);
    expect(difference(lab)).toEqual([]);
    expect(ip("-n", "a", "-d", "link", "show", "vx0")).toMatch(
      /mtu 1450[\s\S]*vxlan id 42 remote 192\.0\.2\.2 local 192\.0\.2\.1 .*dstport 4789 ttl auto ageing 300 udpcsum/,
    );
    expect(ip("-n", "a", "-d", "link", "show", "vx0")).toContain("addrgenmode none");
    expect(ipJson("a", "link", "show", "vx0")[0]!["address"]).toBe(linkOf(lab, "a", "vx0").mac);
    expect([answers("a", "10.9.0.2"), answers("b", "10.9.0.1"), answers("a", "fd09::2")]).toEqual([
      "yes",
      "yes",
      "yes",
    ]);
    // The largest packet that the MTU lets through gets through, and is not fragmented outside.
    expect(answers("a", "10.9.0.2", "-M", "do", "-s", String(1450 - 28))).toBe("yes");
  });

  it("carries nothing to one with another id", async () => {
    const lab = modelOf(tunnel({}, { id: 43 }));
    await build(lab);
    expect(answers("a", "192.0.2.2")).toBe("yes");
    expect(answers("a", "10.9.0.2")).toBe("no");
  });

  it("works over IPv6, on an interface, whose MTU it follows", async () => {
    const six = (own: string, other: string) => ({ on: "eth0", local: own, remote: other });
    const topology = tunnel(six("fd00::1", "fd00::2"), six("fd00::2", "fd00::1"), {
      subnet: ["192.0.2.0/24", "fd00::/64"],
      mtu: 1400,
    });
    for (const [node, address] of [
      ["a", "fd00::1/64"],
      ["b", "fd00::2/64"],
    ] as const)
      Object.assign(topology.hosts![node]!.interfaces!["eth0"]!, { address: [address] });
    const lab = modelOf(topology);
    await build(lab);
    expect(ip("-n", "a", "-d", "link", "show", "vx0")).toMatch(/mtu 1330[\s\S]*remote fd00::2 local fd00::1 dev eth0/);
    expect(answers("a", "10.9.0.2", "-M", "do", "-s", String(1330 - 28))).toBe("yes");
  });

  it("is exported as it was written, and drawn as a tunnel between the two", async () => {
    const lab = modelOf(tunnel());
    await build(lab);
    const { model } = look(lab);
    const { topology, unexpressed } = exportTopology(model);
    expect(unexpressed).toEqual([]);
    expect(topology.hosts!["a"]!.interfaces!["vx0"]).toEqual({
      kind: "vxlan",
      id: 42,
      local: "192.0.2.1",
      remote: "192.0.2.2",
      port: 4789,
      address: ["10.9.0.1/24", "fd09::1/64"],
    });
    expect(modelOf(topology)).toEqual(lab);
    // The picture of the file and that of the lab are the same.
    const picture = drawingData(drawingOf(model));
    expect(picture).toEqual(drawingData(drawingOf(lab)));
    expect(picture).toMatchObject({ cables: expect.arrayContaining([expect.objectContaining({ kind: "tunnel" })]) });
    expect(JSON.stringify(picture)).toContain("vxlan 42");
  });
});

it("has the options that the kernel gives one by itself, when nothing is said", async () => {
  await build(modelOf({ hosts: { a: {} } }));
  ip("-n", "a", "link", "add", "vx0", "type", "vxlan", "id", "7");
  const observed = linkOf(look(modelOf({ hosts: { a: {} } })).model, "a", "vx0");
  const { options } = tableOf("vxlan")!;
  const usual = Object.entries(options).map(([name, option]) => [name, name === "id" ? 7 : defaultOf(option)]);
  expect(Object.fromEntries(Object.keys(options).map((name) => [name, optionOf(observed, name)]))).toEqual(
    Object.fromEntries(usual),
  );
});

describe("a VXLAN of a running lab", () => {
  it("is changed in place where the kernel can, and back", async () => {
    const before = tunnel();
    const after = tunnel({
      ttl: 9,
      tos: 16,
      df: "set",
      learning: false,
      ageing: 60,
      remote: "192.0.2.3",
    });
    await build(modelOf(before));
    const index = indexOf("a", "vx0");
    expect(await change(before, after)).toEqual([
      "update link vx0: remote is 192.0.2.2, should be 192.0.2.3, ttl is 0, should be 9, tos is 0, should be 16, " +
        "df is unset, should be set, learning is true, should be false, ageing is 300, should be 60",
    ]);
    expect(ip("-n", "a", "-d", "link", "show", "vx0")).toMatch(
      /remote 192\.0\.2\.3 .*nolearning tos 0x10 ttl 9 df set .*ageing 60/,
    );
    expect(answers("a", "10.9.0.2")).toBe("no");
    await change(after, before);
    expect(answers("a", "10.9.0.2")).toBe("yes");
    expect(indexOf("a", "vx0")).toBe(index);
  });

  it("gets and loses its ends in place, and gets a lower link", async () => {
    const open = tunnel({ local: undefined, remote: undefined });
    const on = tunnel({ on: "eth0", mtu: 1400 });
    const group = tunnel({ remote: undefined, group: "239.1.1.1", on: "eth0", mtu: 1400 });
    await build(modelOf(open));
    const index = indexOf("a", "vx0");
    await change(open, tunnel());
    expect(answers("a", "10.9.0.2")).toBe("yes");
    await change(tunnel(), group);
    expect(ip("-n", "a", "-d", "link", "show", "vx0")).toMatch(/group 239\.1\.1\.1 local 192\.0\.2\.1 dev eth0/);
    await change(group, on);
    expect(answers("a", "10.9.0.2")).toBe("yes");
    expect(indexOf("a", "vx0")).toBe(index);
    // Once it has one, the kernel does not take it away.
    await change(on, open);
    expect(ip("-n", "a", "-d", "link", "show", "vx0")).not.toMatch(/remote|group 239|local|dev eth0/);
    expect(indexOf("a", "vx0")).not.toBe(index);
  });

  it.each([
    ["id", { id: 43 }],
    ["port", { port: 4790 }],
    ["proxy", { proxy: true }],
    ["family", { local: "fd00::1", remote: "fd00::2", on: "eth0" }],
    ["gbp", { gbp: true }],
  ])("is replaced where it cannot: %s", async (_, options) => {
    const [before, after] = [tunnel(), tunnel(options)];
    await build(modelOf(before));
    const index = indexOf("a", "vx0");
    const changes = await change(before, after);
    expect(changes.filter((each) => each.includes("link vx0")).map((each) => each.slice(0, 11))).toEqual([
      "delete link",
      "create link",
    ]);
    expect(indexOf("a", "vx0")).not.toBe(index);
    await change(after, before);
    expect(answers("a", "10.9.0.2")).toBe("yes");
  });

  it("goes with the interface that it is on, and comes back on the next", async () => {
    const before = tunnel({ on: "eth0", mtu: 1400 });
    const after = structuredClone(before);
    after.switches!["other"] = { subnet: "192.0.2.0/24", address: "192.0.2.9/24" };
    delete after.switches!["core"];
    // A cable instead of a switch: eth0 is another link then.
    after.switches = {};
    after.hosts!["a"]!.interfaces!["eth0"] = { link: "b:eth0", address: "192.0.2.1/24" };
    after.hosts!["b"]!.interfaces!["eth0"] = { link: "a:eth0", address: "192.0.2.2/24" };
    await build(modelOf(before));
    expect(answers("a", "10.9.0.2")).toBe("yes");
    await change(before, after);
    expect(answers("a", "10.9.0.2")).toBe("yes");
    await change(after, before);
    expect(answers("a", "10.9.0.2")).toBe("yes");
  });
});

describe("what the kernel refuses", () => {
  const twice = (): Topology => {
    const topology = tunnel();
    topology.hosts!["a"]!.interfaces!["vx1"] = { kind: "vxlan", id: 42, remote: "192.0.2.3", port: 4789 };
    return topology;
  };

  it("is said in its words by a new lab", async () => {
    const error = (await build(modelOf(twice())).catch((thrown: unknown) => thrown)) as NetloomError;
    expect(error.message).toContain("create vxlan vx1");
    expect(error.message).toContain("A VXLAN device with the specified VNI already exists");
  });

  it("is an option, too", async () => {
    const error = (await build(modelOf(tunnel({ flowlabel: 5 }))).catch((thrown: unknown) => thrown)) as NetloomError;
    expect(error.message).toContain("Label attribute only applies to IPv6 VXLAN devices");
  });

  it("is undone in a running one", async () => {
    const before = modelOf(tunnel());
    await build(before);
    const error = (await reconcile(modelOf(twice()), before).catch((thrown: unknown) => thrown)) as NetloomError;
    const [first] = error.diagnostics;
    expect(first?.state).toMatch(/^nothing was changed$|^all changes were undone/);
    expect(`${first?.summary} ${first?.cause}`).toContain("A VXLAN device with the specified VNI already exists");
    expect(difference(before)).toEqual([]);
    expect(answers("a", "10.9.0.2")).toBe("yes");
  });
});
