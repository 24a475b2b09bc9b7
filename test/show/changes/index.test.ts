// What a step did to a network, from the models before and after it.

import { expect, test } from "vitest";
import type { Model, Namespace } from "../../../src/model/index.ts";
import { changeLines, compareLinkSettings, compareModels, compareSettings } from "../../../src/show/changes/index.ts";
import type { LinkDetails } from "../../../src/show/changes/index.ts";
import { PLAIN } from "../../../src/show/index.ts";
import { resolveTopology } from "../../../src/topology/index.ts";
import type { Topology } from "../../../src/topology/index.ts";

const model = (topology: Topology): Model => resolveTopology(topology, { name: "lab" }).model;
const lines = (before: Model, after: Model): string[] =>
  changeLines(compareModels(before, after), PLAIN)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

//   a ── s ── b
const star: Topology = {
  switches: { s: { subnet: "10.0.0.0/24", address: "10.0.0.1/24" } },
  hosts: { a: { interfaces: { eth0: "s" } }, b: { interfaces: { eth0: "s" } } },
};

/** The same with one node otherwise. */
function changed(before: Model, name: string, change: (namespace: Namespace) => Partial<Namespace>): Model {
  return {
    ...before,
    namespaces: before.namespaces.map((each) => (each.name === name ? { ...each, ...change(each) } : each)),
  };
}

test("nothing", () => {
  expect(compareModels(model(star), model(star))).toEqual([]);
});

test("a node comes with what is in it, and goes by itself alone", () => {
  const two = model({ ...star, hosts: { a: star.hosts!["a"]! } });
  expect(lines(two, model(star))).toEqual([
    "+ root b-eth0: veth to b eth0, up, port of s",
    "+ node b",
    "+ b eth0: veth to root b-eth0, up",
    "~ b lo: down → up",
    "+ b eth0 10.0.0.3/24",
    "+ b route default: via 10.0.0.1 dev eth0",
  ]);
  expect(lines(model(star), two)).toEqual(["- node b", "- root b-eth0"]);
});

test("of a link every property that changed; of a bridge not the address that it borrows", () => {
  const before = model(star);
  const after = changed(before, "root", ({ links }) => ({
    links: links.map((link) =>
      link.name === "a-eth0"
        ? { ...link, up: false, mtu: 1400, master: null }
        : link.kind === "bridge"
          ? { ...link, mac: "02:00:00:00:00:01" }
          : link,
    ),
  }));
  expect(lines(before, after)).toEqual(["~ root a-eth0: up → down, MTU 1500 → 1400, no longer a port of s"]);
  expect(lines(after, before)).toEqual(["~ root a-eth0: down → up, MTU 1400 → 1500, now a port of s"]);
});

test("a link by another name keeps what hangs on it", () => {
  const before = model(star);
  const to = <T extends { readonly name?: string; readonly link?: string }>(one: T): T =>
    JSON.parse(JSON.stringify(one).replaceAll('"eth0"', '"lan0"')) as T;
  expect(lines(before, changed(before, "a", to))).toEqual(["~ a eth0: now called lan0"]);
});

test("a route by another way is another route; what the kernel did says so", () => {
  const before = model(star);
  const route = { ...before.namespaces[1]!.routes[0]!, nextHops: [{ via: "10.0.0.9", link: "eth0", weight: 1 }] };
  const connected = {
    ...route,
    to: "10.0.0.0/24",
    origin: "kernel" as const,
    nextHops: [{ via: null, link: "eth0", weight: 1 }],
  };
  expect(
    lines(
      before,
      changed(before, "a", () => ({ routes: [route, connected] })),
    ),
  ).toEqual([
    "~ a route default: via 10.0.0.1 dev eth0 → via 10.0.0.9 dev eth0",
    "+ a route 10.0.0.0/24: dev eth0 (by itself)",
  ]);
});

test("rules, one by one; a second that is equal; policies", () => {
  const firewall = (rules: string[]): Model => model({ ...star, root: { forwarding: true, firewall: { rules } } });
  const one = firewall(["drop tcp/80 on forward"]);
  const two = firewall(["drop tcp/80 on forward", "drop tcp/80 on forward"]);
  expect(lines(one, two)).toEqual(["+ root netloom forward: drop tcp/80 # drop tcp/80 on forward"]);
  expect(lines(two, one)).toEqual(["- root netloom forward: drop tcp/80 # drop tcp/80 on forward"]);
  const table = { family: "ip" as const, name: "filter", sets: [] };
  const chain = (policy: "accept" | "drop") => ({
    name: "FORWARD",
    base: { type: "filter" as const, hook: "forward" as const, priority: 0, policy, devices: [] },
    rules: [],
  });
  const iptables = (policy: "accept" | "drop"): Model =>
    changed(model(star), "a", () => ({ netfilter: [{ ...table, chains: [chain(policy)] }] }));
  expect(lines(model(star), iptables("accept"))).toEqual([]);
  expect(lines(iptables("accept"), iptables("drop"))).toEqual(["+ a iptables filter FORWARD: policy drop"]);
});

test("names with control characters cannot reach the terminal, and a flood is cut", () => {
  const before = model(star);
  const evil = changed(before, "a", ({ links }) => ({
    links: links.map((link) => ({ ...link, name: `${link.name}\u001b[2J` })),
  }));
  expect(lines(before, evil).join()).not.toContain("\u001b");
  const many = model({ hosts: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`h${i}`, null])) });
  expect(lines(model({}), many).at(-1)).toBe("… and 140 more");
});

test("a setting comes from what is usual and goes back to it; with its interface it goes without a word", () => {
  const now = model(star);
  const set = (value: string) => ({ a: { "net.ipv4.conf.all.rp_filter": { value, usual: "0" } } });
  const said = (before: Parameters<typeof compareSettings>[0], after: Parameters<typeof compareSettings>[1]) =>
    changeLines(compareSettings(before, after, now), PLAIN).trim();
  expect(said({}, set("2"))).toBe("~ a net.ipv4.conf.all.rp_filter: 0 → 2");
  expect(said(set("2"), set("1"))).toBe("~ a net.ipv4.conf.all.rp_filter: 2 → 1");
  expect(said(set("1"), {})).toBe("~ a net.ipv4.conf.all.rp_filter: 1 → 0");
  expect(said(set("1"), set("1"))).toBe("");
  const of = (link: string) => ({ a: { [`net.ipv4.conf.${link}.arp_ignore`]: { value: "1", usual: "0" } } });
  expect(said(of("eth0"), {})).toBe("~ a net.ipv4.conf.eth0.arp_ignore: 1 → 0");
  expect(said(of("eth9"), {})).toBe("");
});

test("what was set of a link is told when it is, under any name, and a port's goes with its bridge", () => {
  const now = model(star);
  const of = (link: string, settings: Record<string, string | number>, alias: string | null = null, index = 2) => ({
    a: { [link]: { index, alias, settings } },
  });
  const said = (before: LinkDetails, after: LinkDetails) =>
    changeLines(compareLinkSettings(before, after, now), PLAIN).trim();
  expect(said({}, of("eth0", { arp: "off" }))).toBe("~ a eth0: arp off");
  expect(said(of("eth0", { txqueuelen: 5 }), of("eth0", { txqueuelen: 7 }, "x"))).toBe(
    '~ a eth0: txqueuelen 5 → 7, alias "x"',
  );
  expect(said(of("eth0", { arp: "off" }), of("eth0", {}))).toBe("~ a eth0: arp off → its default");
  // It had another name before: nothing was set.
  expect(said(of("e0", { arp: "off" }), of("eth0", { arp: "off" }))).toBe("");
  // Another link of the same name: all of it is new.
  expect(said(of("eth0", { arp: "off" }, null, 9), of("eth0", { arp: "off" }))).toBe("~ a eth0: arp off");
  expect(said(of("eth0", { "port hairpin": "on" }), of("eth0", {}))).toBe("");
  expect(said(of("gone", { arp: "off" }), { a: {} })).toBe("");
});

test("policy rules are told with all that they select by", () => {
  const rule = {
    family: 4,
    priority: 7,
    from: null,
    to: null,
    inputLink: "eth0",
    outputLink: null,
    mark: { value: 5, mask: 0xffffffff },
    action: { kind: "table", table: 9 },
  } as const;
  const before = model(star);
  const after = changed(before, "a", () => ({ rules: [rule, { ...rule, mark: { value: 5, mask: 7 } }] }));
  expect(lines(before, after)).toEqual([
    "+ a rule 7: from all iif eth0 mark 0x5: table 9",
    "+ a rule 7: from all iif eth0 mark 0x5/0x7: table 9",
  ]);
});
