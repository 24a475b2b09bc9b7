// Macvlans as a topology file has them, on this kernel.

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NetloomError } from "../../../src/diagnostic.ts";
import { drawingData, drawingOf } from "../../../src/draw/index.ts";
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

//   a: mv0   mv1
//       └ eth0 ┘ ────── lan ────── eth0 b
const shared = (mv0: object = {}, mv1: object = {}, lan: object = {}): Topology => ({
  switches: { lan: { subnet: "10.0.0.0/24", ...lan } },
  hosts: {
    a: {
      interfaces: {
        eth0: { link: "lan", address: [] },
        mv0: { kind: "macvlan", on: "eth0", mode: "bridge", address: "10.0.0.1/24", ...mv0 },
        mv1: { kind: "macvlan", on: "eth0", mode: "bridge", address: "10.0.1.1/24", ...mv1 },
      },
      gateway: [],
    },
    b: { interfaces: { eth0: { link: "lan", address: "10.0.0.2/24" } } },
  },
});

const answers = (from: string, to: string, ...more: string[]): string =>
  inside(from, "sh", "-c", `ping -c1 -W1 ${more.join(" ")} ${to} >/dev/null && echo yes || echo no`).trim();
const indexOf = (node: string, link: string): unknown => ipJson(node, "link", "show", link)[0]!["ifindex"];
const linkOf = (model: Model, node: string, name: string): Link =>
  model.namespaces.find((each) => each.name === node)!.links.find((link) => link.name === name)!;
/** Whether a frame that leaves by mv0 arrives at mv1: an ARP request for nobody, which mv1 counts. */
function heard(): boolean {
  const received = (): number => Number(/RX:.*\n +\d+ +(\d+)/.exec(ip("-n", "a", "-s", "link", "show", "mv1"))?.[1]);
  const before = received();
  expect(answers("a", "10.0.0.99")).toBe("no");
  return received() > before;
}

async function change(before: Topology, after: Topology): Promise<string[]> {
  const [from, to] = [modelOf(before), modelOf(after)];
  const { changes } = await reconcile(to, from);
  expect(difference(to)).toEqual([]);
  return changes.map(({ action, kind, id, reason }) => `${action} ${kind} ${id}: ${reason}`);
}

describe("two macvlans on one interface", () => {
  it("are made as written, carry packets, and are planned to nothing the second time", async () => {
    const lab = modelOf(shared());
    await build(lab);
    expect(difference(lab)).toEqual([]);
    const shown = ip("-n", "a", "-d", "link", "show", "mv0");
    expect(shown).toMatch(/mv0@eth0: .*mtu 1500[\s\S]*macvlan mode bridge bcqueuelen 1000/);
    expect(shown).toContain("addrgenmode none");
    expect(ipJson("a", "link", "show", "mv0")[0]!["address"]).toBe(linkOf(lab, "a", "mv0").mac);
    expect(answers("a", "10.0.0.2")).toBe("yes");
    expect(answers("b", "10.0.0.1")).toBe("yes");
    expect(heard()).toBe(true);
  });

  it("do not hear each other in the mode private", async () => {
    await build(modelOf(shared({ mode: "private" }, { mode: "private" })));
    expect(answers("a", "10.0.0.2")).toBe("yes");
    expect(heard()).toBe(false);
  });

  it("have the MTU of their interface, or a smaller one of their own", async () => {
    const lab = modelOf(shared({}, { mtu: 1300 }, { mtu: 1400 }));
    await build(lab);
    expect(["eth0", "mv0", "mv1"].map((name) => ipJson("a", "link", "show", name)[0]!["mtu"])).toEqual([
      1400, 1400, 1300,
    ]);
  });

  it("are exported as they were written, and drawn at the end of their interface's cable", async () => {
    const lab = modelOf(shared());
    await build(lab);
    const { model } = look(lab);
    const { topology, unexpressed } = exportTopology(model);
    expect(unexpressed).toEqual([]);
    expect(topology.hosts!["a"]!.interfaces!["mv0"]).toEqual({
      kind: "macvlan",
      on: "eth0",
      mode: "bridge",
      address: "10.0.0.1/24",
    });
    expect(modelOf(topology)).toEqual(lab);
    const picture = drawingData(drawingOf(model));
    expect(picture).toEqual(drawingData(drawingOf(lab)));
    expect(JSON.stringify(picture)).toContain("macvlan bridge");
  });
});

it("has the options that the kernel gives one by itself, when nothing is said", async () => {
  const lab = modelOf({ switches: { lan: {} }, hosts: { a: { interfaces: { eth0: "lan" } } } });
  await build(lab);
  ip("-n", "a", "link", "add", "mv0", "link", "eth0", "type", "macvlan");
  const observed = linkOf(look(lab).model, "a", "mv0");
  for (const [name, option] of Object.entries(tableOf("macvlan")!.options))
    expect([name, optionOf(observed, name)]).toEqual([name, defaultOf(option)]);
  expect(observed).toMatchObject({ lower: { namespace: "a", link: "eth0" } });
});

describe("a macvlan of a running lab", () => {
  it("is changed in place where the kernel can", async () => {
    const [before, after] = [shared(), shared({ mode: "private", bcqueuelen: 500 }, { mode: "private" })];
    await build(modelOf(before));
    const index = indexOf("a", "mv0");
    expect(await change(before, after)).toEqual([
      "update link mv0: mode is bridge, should be private, bcqueuelen is 1000, should be 500",
      "update link mv1: mode is bridge, should be private",
    ]);
    expect(heard()).toBe(false);
    await change(after, before);
    expect(heard()).toBe(true);
    expect(indexOf("a", "mv0")).toBe(index);
  });

  it("is replaced by one that has the interface to itself, with its hardware address, and back", async () => {
    const before = shared();
    delete before.hosts!["a"]!.interfaces!["mv1"];
    const after = structuredClone(before);
    Object.assign(after.hosts!["a"]!.interfaces!["mv0"]!, { mode: "passthru" });
    await build(modelOf(before));
    const changes = await change(before, after);
    expect(changes[0]).toMatch(/^delete link mv0: mac is .*, mode is bridge, should be passthru$/);
    expect(changes[1]).toMatch(/^create link mv0: /);
    const macs = ["eth0", "mv0"].map((name) => ipJson("a", "link", "show", name)[0]!["address"]);
    expect(macs[0]).toBe(macs[1]);
    expect(answers("a", "10.0.0.2")).toBe("yes");
    await change(after, before);
    expect(answers("a", "10.0.0.2")).toBe("yes");
  });

  it("follows the MTU of its interface, down and up", async () => {
    await build(modelOf(shared()));
    await change(shared(), shared({}, {}, { mtu: 1300 }));
    await change(shared({}, {}, { mtu: 1300 }), shared({}, {}, { mtu: 1800 }));
    expect(ipJson("a", "link", "show", "mv0")[0]!["mtu"]).toBe(1800);
    expect(answers("a", "10.0.0.2", "-M", "do", "-s", String(1800 - 28))).toBe("yes");
  });

  it("goes with its interface, and comes back on the next one of that name", async () => {
    const before = shared();
    const after = structuredClone(before);
    after.switches = {};
    after.hosts!["a"]!.interfaces!["eth0"] = { link: "b:eth0", address: [] };
    after.hosts!["b"]!.interfaces!["eth0"] = { link: "a:eth0", address: "10.0.0.2/24" };
    await build(modelOf(before));
    await change(before, after);
    expect(answers("a", "10.0.0.2")).toBe("yes");
    await change(after, before);
    expect(answers("a", "10.0.0.2")).toBe("yes");
  });

  it("comes back when it was deleted by hand, or with its interface", async () => {
    const lab = modelOf(shared());
    await build(lab);
    ip("-n", "a", "link", "delete", "mv1");
    await reconcile(lab, lab);
    ip("-n", "a", "link", "delete", "eth0");
    await reconcile(lab, lab);
    expect(difference(lab)).toEqual([]);
    expect(answers("a", "10.0.0.2")).toBe("yes");
  });
});

//   root: mv0 ─ on ─ lan ── eth0 a
it("is on a switch of root, too", async () => {
  const lab = modelOf({
    switches: { lan: { subnet: "10.0.0.0/24" } },
    root: { interfaces: { mv0: { kind: "macvlan", on: "lan", mode: "bridge", address: "10.0.0.254/24" } } },
    hosts: { a: { interfaces: { eth0: { link: "lan", address: "10.0.0.1/24" } } } },
  });
  await build(lab);
  expect(difference(lab)).toEqual([]);
  expect(answers("a", "10.0.0.254")).toBe("yes");
});

describe("what the kernel refuses", () => {
  it("is said in its words, and undone", async () => {
    // A second one beside a passthru.
    const before = shared({}, { mode: "private" });
    const after = shared({ mode: "passthru" });
    await build(modelOf(before));
    const error = (await reconcile(modelOf(after), modelOf(before)).catch((thrown: unknown) => thrown)) as NetloomError;
    const [first] = error.diagnostics;
    expect(first).toMatchObject({ state: "all changes were undone: the lab is as it was before" });
    expect(`${first?.summary} ${first?.cause}`).toMatch(/mv[01].*Invalid argument/);
    expect(difference(modelOf(before))).toEqual([]);
    expect(answers("a", "10.0.0.2")).toBe("yes");
  });
});
