import { describe, expect, it } from "vitest";
import type { NetloomError } from "../../src/diagnostic.ts";
import type { BridgeLink, Link, Model, Namespace, VethLink } from "../../src/model/index.ts";
import { type Schedule, scheduleOf } from "../../src/apply/schedule.ts";
import type { Step } from "../../src/apply/waves.ts";
import type { Creation } from "../../src/apply/creations.ts";
import { emptyNamespace, plan } from "../../src/plan/index.ts";

const common = { up: true, mtu: 1500, mac: "02:00:00:00:00:01", master: null, altnames: [] };
const veth = (name: string, peer: string, more: Partial<VethLink> = {}): VethLink => {
  const [namespace, link] = peer.split(":") as [string, string];
  return { ...common, kind: "veth", name, peer: { namespace, link }, ...more };
};
const bridge = (name: string): BridgeLink => ({
  ...common,
  kind: "bridge",
  name,
  stp: false,
  multicastSnooping: false,
});
type Macvlan = Extract<Link, { kind: "macvlan" }>;
const macvlan = (name: string, on: string, more: Partial<Macvlan> = {}): Macvlan => {
  const [namespace, link] = on.split(":") as [string, string];
  return { ...common, kind: "macvlan", name, mode: "bridge", bcqueuelen: 1000, lower: { namespace, link }, ...more };
};

const node = (name: string, ...links: Link[]): Namespace => {
  const empty = emptyNamespace(name);
  return { ...empty, links: [...empty.links, ...links] };
};
const model = (...namespaces: Namespace[]): Model => ({ name: "t", namespaces });
const address = (link: string, number: string) =>
  ({ link, family: 4, address: number, prefixLength: 24, origin: "static" }) as const;

const schedule = (desired: Model, observed: Model = model(node("root"))): Schedule =>
  scheduleOf(plan(desired, observed));
const creationText = ({ ends }: Creation): string => ends.map((end) => `${end.namespace}:${end.link.name}`).join("–");
const stepText = ({ namespace, creations, links, changes }: Step): string =>
  [
    `${namespace}:`,
    ...creations.map((creation) => `make ${creationText(creation)}`),
    ...links.map(({ name }) => `up ${name}`),
    ...changes.map(({ action, kind, id }) => `${action} ${kind} ${id}`),
  ].join(" ");
/** Cables that are made in batches are in brackets. */
const text = ({ inPlace, waves }: Schedule): string[][] => [
  ...(inPlace.length === 0 ? [] : [inPlace.map(stepText)]),
  ...waves.map(({ cables, steps }) => [...cables.map((cable) => `[${creationText(cable)}]`), ...steps.map(stepText)]),
];

describe("a new lab", () => {
  //   a ── br0 (root) ── b
  it("of a bridge: the bridge, then each node in one step, then the bridge up", () => {
    const desired = model(
      node("root", bridge("br0"), veth("a0", "a:eth0", { master: "br0" }), veth("b0", "b:eth0", { master: "br0" })),
      { ...node("a", veth("eth0", "root:a0")), addresses: [address("eth0", "10.0.0.1")] },
      node("b", veth("eth0", "root:b0")),
    );
    expect(text(schedule(desired))).toEqual([
      ["root: make root:br0"],
      ["a: make root:a0–a:eth0 up eth0 create address eth0 10.0.0.1/24", "b: make root:b0–b:eth0 up eth0"],
      ["root: up a0 up b0 up br0"],
    ]);
  });

  //   a ── b ── c
  it("of cables: all of them in batches, then each node in one step", () => {
    const desired = model(
      node("root"),
      node("a", veth("eth0", "b:eth0")),
      node("b", veth("eth0", "a:eth0"), veth("eth1", "c:eth0")),
      node("c", veth("eth0", "b:eth1")),
    );
    expect(text(schedule(desired))).toEqual([
      ["[a:eth0–b:eth0]", "[b:eth1–c:eth0]"],
      ["a: up eth0", "b: up eth0 up eth1", "c: up eth0"],
    ]);
  });

  //   a ── br0 (in sw) ── b
  it("of a bridge in a node: the same as in root", () => {
    const desired = model(
      node("root"),
      node("a", veth("eth0", "sw:p1")),
      node("b", veth("eth0", "sw:p2")),
      node("sw", bridge("br0"), veth("p1", "a:eth0", { master: "br0" }), veth("p2", "b:eth0", { master: "br0" })),
    );
    expect(text(schedule(desired))).toEqual([
      ["sw: make sw:br0"],
      ["a: make sw:p1–a:eth0 up eth0", "b: make sw:p2–b:eth0 up eth0"],
      ["sw: up p1 up p2 up br0"],
    ]);
  });

  //   br0 (root) ══ br0 (sw)
  it("of two bridges and a cable between them: a batch, and the second end is plugged in later", () => {
    const desired = model(
      node("root", bridge("br0"), veth("t0", "sw:t0", { master: "br0" })),
      node("sw", bridge("br0"), veth("t0", "root:t0", { master: "br0" })),
    );
    expect(text(schedule(desired))).toEqual([
      ["root: make root:br0", "sw: make sw:br0"],
      ["[root:t0–sw:t0]"],
      ["root: up t0 up br0", "sw: up t0 up br0"],
    ]);
  });

  //   a:mv0 ─(on)─ a:eth0 ── br0 (root)
  it("of a link on another of the same node: both in one step, the lower one first", () => {
    const desired = model(
      node("root", bridge("br0"), veth("a0", "a:eth0", { master: "br0" })),
      node("a", macvlan("aa0", "a:eth0"), veth("eth0", "root:a0")),
    );
    expect(text(schedule(desired))).toEqual([
      ["root: make root:br0"],
      ["a: make root:a0–a:eth0 make a:aa0 up eth0 up aa0"],
      ["root: up a0 up br0"],
    ]);
  });

  //   b:mv0 ─(on)─ a:eth0 ── c
  it("of a link on one in another node: made from there, and up after it", () => {
    const desired = model(
      node("root"),
      node("a", veth("eth0", "c:eth0")),
      node("b", macvlan("mv0", "a:eth0")),
      node("c", veth("eth0", "a:eth0")),
    );
    expect(text(schedule(desired))).toEqual([
      ["[a:eth0–c:eth0]"],
      ["a: make b:mv0 up eth0", "c: up eth0"],
      ["b: up mv0"],
    ]);
  });

  //   a:mv0 ─(on)─ b:mv0 ─(on)─ a:eth0: no order of the two namespaces is right for all
  it("comes to an end when links of two nodes are on one another", () => {
    const desired = model(
      node("root"),
      node("a", veth("eth0", "c:eth0"), macvlan("mv0", "b:mv0")),
      node("b", macvlan("mv0", "a:eth0")),
      node("c", veth("eth0", "a:eth0")),
    );
    const made = text(schedule(desired)).flat().join(" ");
    expect(made.indexOf("make b:mv0")).toBeLessThan(made.indexOf("make a:mv0"));
  });

  it("is refused before anything is begun when a link in it cannot be made", () => {
    const other: Link = { ...common, kind: "other", name: "d0", type: "dummy" };
    let error: NetloomError | undefined;
    try {
      schedule(model(node("root"), node("a", other)));
    } catch (thrown) {
      error = thrown as NetloomError;
    }
    expect(error?.diagnostics[0]).toMatchObject({
      summary: "cannot create the dummy link d0",
      subject: "namespace a",
      state: "nothing was changed",
    });
  });
});

describe("a lab that runs", () => {
  const running = model(
    node("root", bridge("br0"), veth("a0", "a:eth0", { master: "br0" })),
    node("a", veth("eth0", "root:a0")),
  );
  const withRoot = (...links: Link[]): Model => model(node("root", ...links), running.namespaces[1]!);

  it("changes in place what needs nothing new", () => {
    const [root, a] = running.namespaces as [Namespace, Namespace];
    const desired = model(root, {
      ...a,
      addresses: [address("eth0", "10.0.0.1")],
      forwarding: { ipv4: true, ipv6: false },
    });
    expect(text(schedule(desired, running))).toEqual([["a: update forwarding ipv4 create address eth0 10.0.0.1/24"]]);
  });

  it("plugs a port into a new bridge once that exists, and gives it its new MTU at once", () => {
    const desired = withRoot(bridge("br0"), bridge("br1"), veth("a0", "a:eth0", { master: "br1", mtu: 1400 }));
    const { inPlace, waves } = schedule(desired, running);
    expect(text({ inPlace, waves } as Schedule)).toEqual([
      ["root: update link a0"],
      ["root: make root:br1 up br1 update link a0"],
    ]);
    expect(inPlace[0]!.changes[0]!.after).toMatchObject({ mtu: 1400, master: "br0" });
    expect(waves[0]!.steps[0]!.changes[0]).toMatchObject({
      before: { mtu: 1400, master: "br0" },
      after: { master: "br1" },
    });
  });

  it("makes a host more in one step of its own, and only finishes its port in root", () => {
    const [root, a] = running.namespaces as [Namespace, Namespace];
    const desired = model(
      { ...root, links: [...root.links, veth("b0", "b:eth0", { master: "br0" })] },
      a,
      node("b", veth("eth0", "root:b0")),
    );
    expect(text(schedule(desired, running))).toEqual([["b: make root:b0–b:eth0 up eth0"], ["root: up b0"]]);
  });
});

describe("links that go", () => {
  const ends = (list: Schedule["late"]): string[] => list.map(({ namespace, link }) => `${namespace}:${link.name}`);
  const before = model(
    node("root", bridge("br0"), veth("a0", "a:eth0", { master: "br0" })),
    node("a", veth("eth0", "root:a0"), macvlan("mv0", "a:eth0")),
  );

  it("go last, those on others before them, and of a cable one end", () => {
    const { early, late } = schedule(model(node("root", bridge("br0")), node("a")), before);
    expect(ends(early)).toEqual([]);
    expect(ends(late)).toHaveLength(2);
    expect(ends(late)).toContain("a:mv0");
    expect(ends(late).indexOf("a:mv0")).toBeLessThan(ends(late).findIndex((end) => end !== "a:mv0"));
  });

  it("go first when another takes their name", () => {
    const desired = model(node("root", bridge("br0")), node("a", bridge("eth0")));
    expect(ends(schedule(desired, before).early)).toEqual(["a:eth0"]);
  });

  it("go first when another of their kind comes that may not exist beside them", () => {
    const [root, a] = before.namespaces as [Namespace, Namespace];
    const others = a.links.filter(({ name }) => name !== "mv0");
    const renamed = model(root, { ...a, links: [...others, macvlan("mv1", "a:eth0")] });
    expect(ends(schedule(renamed, before).early)).toEqual(["a:mv0"]);
    const gone = model(root, { ...a, links: others });
    expect(ends(schedule(gone, before).early)).toEqual([]);
  });
});
