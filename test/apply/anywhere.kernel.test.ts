// Any kind of link in any namespace: bridges, taps and cables between them in nodes as well as in root.

import { afterEach, beforeAll, expect, it } from "vitest";
import type { BridgeLink, Link, LinkRef, Model, Namespace, VethLink } from "../../src/model/index.ts";
import { canonical } from "../../src/model/index.ts";
import { apply, LinkIndexes } from "../../src/apply/index.ts";
import { PRIVATE_MACHINE } from "../../src/kernel/index.ts";
import { emptyNamespace, plan } from "../../src/plan/index.ts";
import { build, difference, reconcile } from "../support/engine.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { inside, ip, ipJson } from "../support/witnesses.ts";

beforeAll(ownMachine);
afterEach(wipe);

let macs = 0;
const common = (name: string) => ({
  name,
  up: true,
  mtu: 1500,
  mac: `02:00:00:00:00:${(++macs % 256).toString(16).padStart(2, "0")}`,
  master: null,
  altnames: [],
});
const veth = (name: string, namespace: string, link: string, master: string | null = null): VethLink => ({
  ...common(name),
  kind: "veth",
  peer: { namespace, link },
  master,
});
const bridge = (name: string): BridgeLink => ({
  ...common(name),
  kind: "bridge",
  stp: false,
  multicastSnooping: false,
});
const address = (link: string, number: string) =>
  ({ link, family: 4, address: number, prefixLength: 24, origin: "static" }) as const;

function node(name: string, links: readonly Link[], more: Partial<Namespace> = {}): Namespace {
  const empty = emptyNamespace(name);
  const lo = empty.links.map((link) => ({ ...link, up: true }));
  return { ...empty, links: [...lo, ...links], ...more };
}
const model = (...namespaces: Namespace[]): Model => canonical({ name: "t", namespaces });

//   root br0 ═ t0 ══ t0 ═ br1 (sw) ═ p1 ── eth0 a
//                            ╠ p2 ── eth0 b
//                            ╚ x0 ── x1 (sw)
function switched(): Model {
  return model(
    node("root", [bridge("br0"), veth("t0", "sw", "t0", "br0")], { addresses: [address("br0", "10.0.0.254")] }),
    node("a", [veth("eth0", "sw", "p1")], { addresses: [address("eth0", "10.0.0.1")] }),
    node("b", [veth("eth0", "sw", "p2")], { addresses: [address("eth0", "10.0.0.2")] }),
    node(
      "sw",
      [
        bridge("br1"),
        veth("t0", "root", "t0", "br1"),
        veth("p1", "a", "eth0", "br1"),
        veth("p2", "b", "eth0", "br1"),
        veth("x0", "sw", "x1", "br1"),
        veth("x1", "sw", "x0"),
      ],
      { addresses: [address("x1", "10.0.0.3")] },
    ),
  );
}

const answers = (from: string, to: string): string =>
  inside(from, "sh", "-c", `ping -c1 -W1 ${to} >/dev/null && echo yes || echo no`).trim();
const mastersIn = (namespace: string): Record<string, string> =>
  Object.fromEntries(
    ipJson(namespace, "link").flatMap((link) => (link["master"] ? [[link["ifname"], link["master"]]] : [])),
  );
/** A model with one namespace changed. */
const edited = (whole: Model, name: string, edit: (namespace: Namespace) => Namespace): Model =>
  model(...whole.namespaces.map((each) => (each.name === name ? edit(each) : each)));

it("builds a switch in a node, a cable between two switches, and one within a node", async () => {
  const lab = switched();
  await build(lab);
  expect(difference(lab)).toEqual([]);
  expect(mastersIn("sw")).toEqual({ t0: "br1", p1: "br1", p2: "br1", x0: "br1" });
  expect(["10.0.0.2", "10.0.0.3", "10.0.0.254"].map((to) => answers("a", to))).toEqual(["yes", "yes", "yes"]);
  expect(answers("a", "10.0.0.9")).toBe("no");
  // No port has an address of the kernel's making.
  expect(ip("-n", "sw", "-6", "address", "show", "scope", "link")).toBe("");
});

it("changes it while it runs as one in root: a port moves to a new switch, and back", async () => {
  const before = switched();
  await build(before);
  const after = edited(before, "sw", (sw) => ({
    ...sw,
    links: [
      ...sw.links.map((link) => (link.name === "p2" || link.name === "x0" ? { ...link, master: "br2" } : link)),
      bridge("br2"),
    ],
  }));
  await reconcile(after, before);
  expect(difference(after)).toEqual([]);
  expect(mastersIn("sw")).toEqual({ t0: "br1", p1: "br1", p2: "br2", x0: "br2" });
  expect([answers("a", "10.0.0.254"), answers("a", "10.0.0.2"), answers("b", "10.0.0.3")]).toEqual([
    "yes",
    "no",
    "yes",
  ]);
  await reconcile(before, after);
  expect(difference(before)).toEqual([]);
  expect(answers("a", "10.0.0.2")).toBe("yes");
});

it("gives two switches of a node each other's names, with what is plugged in", async () => {
  const before = edited(switched(), "sw", (sw) => ({
    ...sw,
    links: [...sw.links.map((link) => (link.name === "x0" ? { ...link, master: "br2" } : link)), bridge("br2")],
  }));
  await build(before);
  const other: Record<string, string> = { br1: "br2", br2: "br1" };
  const after = edited(before, "sw", (sw) => ({
    ...sw,
    links: sw.links.map((link) => ({ ...link, master: link.master === null ? null : other[link.master]! })),
  }));
  await reconcile(after, before);
  expect(difference(after)).toEqual([]);
  expect(mastersIn("sw")).toEqual({ t0: "br2", p1: "br2", p2: "br2", x0: "br1" });
  expect(answers("a", "10.0.0.2")).toBe("yes");
});

it("replaces a cable of which both ends change their place, and adds a node to a switch in a node", async () => {
  const before = switched();
  await build(before);
  const moved = edited(before, "b", (b) => ({
    ...b,
    links: b.links.filter(({ name }) => name !== "eth0"),
    addresses: [],
  }));
  const after = model(
    ...edited(moved, "sw", (sw) => ({
      ...sw,
      links: sw.links.map((link) => (link.name === "p2" ? veth("p2", "c", "eth0", "br1") : link)),
    })).namespaces,
    node("c", [veth("eth0", "sw", "p2")], { addresses: [address("eth0", "10.0.0.4")] }),
  );
  await reconcile(after, before);
  expect(difference(after)).toEqual([]);
  expect([answers("a", "10.0.0.4"), answers("a", "10.0.0.2")]).toEqual(["yes", "no"]);
  await reconcile(before, after);
  expect(difference(before)).toEqual([]);
  expect(answers("a", "10.0.0.2")).toBe("yes");
});

//   a: tap0 ═ br0
it("makes a tap in a node, in a switch there", async () => {
  const tap = { ...common("tap0"), kind: "tun", mode: "tap", master: "br0" } as const;
  const lab = model(node("root", []), node("a", [bridge("br0"), tap]));
  await build(lab);
  expect(difference(lab)).toEqual([]);
  expect(ip("-n", "a", "-d", "link", "show", "tap0")).toMatch(/master br0[\s\S]*tun type tap/);
});

const macvlan = (name: string, lower: LinkRef): Link => ({
  ...common(name),
  kind: "macvlan",
  mode: "bridge",
  bcqueuelen: 1000,
  lower,
});

//   a: eth0 ── br0 (root)
//      └ mv0
it("makes a link on one that comes in the same step, and moves it to another", async () => {
  const before = model(
    node("root", [bridge("br0"), veth("a0", "a", "eth0", "br0")], { addresses: [address("br0", "10.0.0.254")] }),
    node(
      "a",
      [
        macvlan("mv0", { namespace: "a", link: "eth0" }),
        veth("eth0", "root", "a0"),
        veth("x0", "a", "x1"),
        veth("x1", "a", "x0"),
      ],
      { addresses: [address("mv0", "10.0.0.1")] },
    ),
  );
  await build(before);
  expect(difference(before)).toEqual([]);
  expect(answers("a", "10.0.0.254")).toBe("yes");
  const after = edited(before, "a", (a) => ({
    ...a,
    links: a.links.map((link) => (link.kind === "macvlan" ? { ...link, lower: { namespace: "a", link: "x0" } } : link)),
  }));
  const { changes } = await reconcile(after, before);
  expect(changes.map(({ action, kind, id }) => `${action} ${kind} ${id}`)).toEqual([
    "delete link mv0",
    "create link mv0",
  ]);
  expect(difference(after)).toEqual([]);
  expect(answers("a", "10.0.0.254")).toBe("no");
});

//   a: mv0 ─ on ─ b: eth0 ── c: eth0      b: mv1 ─ on ─ root: br0
it("makes links on ones in other namespaces, from there", async () => {
  const lab = model(
    node("root", [bridge("br0")], { addresses: [address("br0", "10.1.0.254")] }),
    node("a", [macvlan("mv0", { namespace: "b", link: "eth0" })], { addresses: [address("mv0", "10.0.0.1")] }),
    node("b", [veth("eth0", "c", "eth0"), macvlan("mv1", { namespace: "root", link: "br0" })]),
    node("c", [veth("eth0", "b", "eth0")], { addresses: [address("eth0", "10.0.0.3")] }),
  );
  const nothing = { name: "t", namespaces: [emptyNamespace("root")] };
  await apply(PRIVATE_MACHINE, plan(lab, nothing), lab, new LinkIndexes(new Map([["root", new Map([["lo", 1]])]])));
  expect(difference(lab)).toEqual([]);
  expect(answers("a", "10.0.0.3")).toBe("yes");
  expect(ip("-n", "b", "-d", "link", "show", "mv1")).toMatch(/mv1@if\d+.*UP[\s\S]*macvlan mode bridge/);
});
