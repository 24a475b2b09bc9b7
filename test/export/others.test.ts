// Rules of iptables and of nft by hand, as keys of the file: where they mean the same, and only there.

import { describe, expect, test } from "vitest";
import type {
  Model,
  NetfilterBase,
  NetfilterField,
  NetfilterRule,
  NetfilterStep,
  NetfilterTable,
} from "../../src/model/index.ts";
import { canonical } from "../../src/model/index.ts";
import { parseTopology, resolveTopology } from "../../src/topology/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { exportTopology, writeTopology } from "../../src/export/index.ts";

//   a 10.0.0.2 ── lan ── eth0 gw eth1 203.0.113.1 ── wan ── isp        gw eth2 198.51.100.1 ──── x
const OFFICE: Topology = {
  switches: { lan: { subnet: "10.0.0.0/24" }, wan: { subnet: "203.0.113.0/24" } },
  hosts: {
    a: { interfaces: { eth0: { link: "lan", address: "10.0.0.2" } } },
    isp: { interfaces: { eth0: "wan" } },
    x: { interfaces: { eth0: { link: "gw:eth2", address: "198.51.100.2/30" } } },
  },
  routers: {
    gw: {
      interfaces: {
        eth0: { link: "lan", address: "10.0.0.1" },
        eth1: { link: "wan", address: "203.0.113.1" },
        eth2: { link: "x:eth0", address: "198.51.100.1/30" },
      },
    },
  },
};

const is = (field: NetfilterField, ...values: string[]): NetfilterStep => ({
  kind: "match",
  fields: [field],
  not: false,
  values,
});
const isNot = (field: NetfilterField, value: string): NetfilterStep => ({
  kind: "match",
  fields: [field],
  not: true,
  values: [value],
});
const counter: NetfilterStep = { kind: "counter" };
const masquerade: NetfilterStep = { kind: "masquerade", port: null, flags: [] };
const dnat = (address: string, port: string | null): NetfilterStep => ({
  kind: "dnat",
  family: 4,
  address: { kind: "constant", from: address, to: address },
  port: port === null ? null : { kind: "constant", from: port, to: port },
  flags: [],
});
const rule = (...steps: NetfilterStep[]): NetfilterRule => ({
  steps: [...steps.slice(0, -1), counter, steps.at(-1)!],
  comment: null,
});

const HOOKS = {
  PREROUTING: ["nat", "prerouting", -100],
  OUTPUT: ["nat", "output", -100],
  POSTROUTING: ["nat", "postrouting", 100],
  INPUT: ["filter", "input", 0],
  FORWARD: ["filter", "forward", 0],
} as const;

function table(
  rules: Partial<Record<keyof typeof HOOKS, NetfilterRule[]>>,
  policy: "accept" | "drop" = "accept",
): NetfilterTable {
  const chains = Object.entries(rules).map(([name, list]) => {
    const [type, hook, priority] = HOOKS[name as keyof typeof HOOKS];
    const base: NetfilterBase = { type, hook, priority, policy: type === "nat" ? "accept" : policy, devices: [] };
    return { name, base, rules: list };
  });
  return { family: "ip", name: "FORWARD" in rules || "INPUT" in rules ? "filter" : "nat", sets: [], chains };
}

/** The keys of gw, what is lost, and the remarks; the file is valid. */
function adopted(...tables: NetfilterTable[]) {
  const { model } = resolveTopology(OFFICE, { name: "lab" });
  const namespaces = model.namespaces.map((each) => (each.name === "gw" ? { ...each, netfilter: tables } : each));
  const observed: Model = canonical({ ...model, namespaces });
  const exported = exportTopology(observed);
  expect(() => resolveTopology(parseTopology(writeTopology(exported), "x.yaml"))).not.toThrow();
  const { nat, publish, firewall } = exported.topology.routers!["gw"]!;
  const lost = exported.unexpressed.map(({ place }) => place);
  return {
    ...(nat && { nat }),
    ...(publish && { publish }),
    ...(firewall && { firewall }),
    lost,
    notes: exported.notes.length,
  };
}

describe("nat", () => {
  test("MASQUERADE out of an interface, for all or for some", () => {
    const rules = [
      rule(is("oifname", "eth1"), masquerade),
      rule(is("oifname", "eth2"), is("ip saddr", "10.0.0.0/25", "10.0.0.200"), masquerade),
    ];
    expect(adopted(table({ POSTROUTING: rules }))).toEqual({
      nat: [{ masquerade: "eth1" }, { masquerade: "eth2", from: ["10.0.0.0/25", "10.0.0.200"] }],
      lost: [],
      notes: 2,
    });
  });

  test("of a network, wherever it leaves but by its own interface", () => {
    const from = is("ip saddr", "10.0.0.0/24");
    const both = [
      { masquerade: "eth1", from: "10.0.0.0/24" },
      { masquerade: "eth2", from: "10.0.0.0/24" },
    ];
    expect(adopted(table({ POSTROUTING: [rule(from, masquerade)] })).nat).toEqual(both);
    expect(adopted(table({ POSTROUTING: [rule(from, isNot("oifname", "eth0"), masquerade)] })).nat).toEqual(both);
    expect(adopted(table({ POSTROUTING: [rule(from, isNot("oifname", "eth1"), masquerade)] })).nat).toEqual([both[1]]);
  });

  test("SNAT to an address or a range", () => {
    const snat = (from: string, to: string): NetfilterStep => ({
      kind: "snat",
      family: 4,
      address: { kind: "constant", from, to },
      port: null,
      flags: [],
    });
    const rules = [
      rule(is("oifname", "eth1"), snat("203.0.113.8", "203.0.113.9")),
      rule(is("oifname", "eth2"), snat("198.51.100.1", "198.51.100.1")),
    ];
    expect(adopted(table({ POSTROUTING: rules })).nat).toEqual([
      { snat: { out: "eth1", to: "203.0.113.8-203.0.113.9" } },
      { snat: { out: "eth2", to: "198.51.100.1" } },
    ]);
  });

  test.each<[string, NetfilterRule]>([
    ["everything everywhere", rule(masquerade)],
    ["one protocol", rule(is("oifname", "eth1"), is("l4proto", "tcp"), masquerade)],
    ["several interfaces at once", rule(is("oifname", "eth*"), masquerade)],
    ["an interface that is not there", rule(is("oifname", "ppp0"), masquerade)],
    ["random ports", rule(is("oifname", "eth1"), { kind: "masquerade", port: null, flags: ["random"] })],
    ["something unknown", rule(is("oifname", "eth1"), { kind: "opaque", text: "xt bpf", data: "" }, masquerade)],
  ])("not %s", (_, one) => {
    const { lost, ...keys } = adopted(table({ POSTROUTING: [one] }));
    expect(keys).toEqual({ notes: 0 });
    expect(lost).toHaveLength(1);
    expect(lost[0]).toMatch(/^gw iptables nat POSTROUTING: /);
  });
});

describe("publish", () => {
  const tcp = is("l4proto", "tcp");
  const port = is("dport", "8080");
  const local = is("fib daddr type", "local");

  test("DNAT for every address, for one, and by an interface", () => {
    const to = dnat("10.0.0.2", "80");
    const publish = (...steps: NetfilterStep[]) =>
      adopted(table({ PREROUTING: [rule(tcp, port, ...steps, to)] })).publish;
    expect(publish(local)).toEqual([{ port: 8080, to: "10.0.0.2:80" }]);
    expect(publish(is("ip daddr", "203.0.113.1"))).toEqual([{ in: "eth1", port: 8080, to: "10.0.0.2:80" }]);
    expect(publish(is("iifname", "eth1"))).toEqual([{ in: "eth1", port: 8080, to: "10.0.0.2:80" }]);
    expect(publish(isNot("iifname", "eth0"))).toEqual([{ port: 8080, to: "10.0.0.2:80" }]);
    expect(publish(is("ip daddr", "203.0.113.77"))).toBeUndefined();
  });

  test("the same from the machine itself, and the way back for neighbours, are part of it; others are not", () => {
    const prerouting = rule(tcp, port, local, dnat("10.0.0.2", "80"));
    const hairpin = (to: string) =>
      rule(tcp, is("ip saddr", "10.0.0.0/24"), is("ip daddr", "10.0.0.2"), is("dport", to), masquerade);
    const output = (to: string) => rule(tcp, is("ip daddr", "203.0.113.1"), port, dnat("10.0.0.2", to));
    expect(adopted(table({ PREROUTING: [prerouting], OUTPUT: [output("80")], POSTROUTING: [hairpin("80")] }))).toEqual({
      publish: [{ port: 8080, to: "10.0.0.2:80" }],
      lost: [],
      notes: 1,
    });
    const { lost } = adopted(table({ PREROUTING: [prerouting], OUTPUT: [output("81")], POSTROUTING: [hairpin("81")] }));
    expect(lost.map((place) => place.split(":")[0])).toEqual(["gw iptables nat OUTPUT", "gw iptables nat POSTROUTING"]);
  });

  test("ranges that stay the same; udp; not to somebody who is not there", () => {
    const udp = rule(is("l4proto", "udp"), is("dport", "5000-5009"), local, dnat("10.0.0.2", null));
    expect(adopted(table({ PREROUTING: [udp] })).publish).toEqual([
      { port: "5000-5009", protocol: "udp", to: "10.0.0.2:5000-5009" },
    ]);
    const nobody = adopted(table({ PREROUTING: [rule(tcp, port, local, dnat("10.0.0.99", "80"))] }));
    expect(nobody.publish).toBeUndefined();
    expect(nobody.lost).toHaveLength(1);
  });
});

describe("firewall", () => {
  const accept: NetfilterStep = { kind: "accept" };

  test("chains and policies", () => {
    const rules = [
      rule(is("ct state", "established", "related"), accept),
      rule(is("iifname", "eth0"), is("oifname", "eth1"), accept),
      rule(is("l4proto", "tcp"), is("ip daddr", "10.0.0.2"), is("dport", "22", "80-90"), accept),
      rule(is("l4proto", "icmp"), { kind: "reject", with: "icmp port-unreachable" }),
    ];
    expect(adopted(table({ FORWARD: rules }, "drop"))).toEqual({
      firewall: {
        forward: "drop",
        rules: [
          "allow established on forward",
          "allow all from eth0 to eth1 on forward",
          "allow tcp/22,80-90 to 10.0.0.2 on forward",
          "reject icmp on forward",
        ],
      },
      lost: [],
      notes: 1,
    });
  });

  test("rules that only count are nothing; one that cannot be said takes its chain along, and no other", () => {
    const count: NetfilterRule = { steps: [is("l4proto", "icmp"), counter], comment: null };
    expect(adopted(table({ INPUT: [count] }))).toEqual({ lost: [], notes: 0 });
    const both = rule(is("iifname", "eth1"), is("ip saddr", "10.0.0.9"), { kind: "drop" });
    const found = adopted(table({ INPUT: [rule(is("iifname", "eth1"), { kind: "drop" })], FORWARD: [both] }));
    expect(found).toEqual({
      firewall: { rules: ["drop all from eth1 on input"] },
      lost: ["gw iptables filter FORWARD"],
      notes: 1,
    });
  });
});

test("rules about an interface that is not there are lost for that reason", () => {
  const { model } = resolveTopology(OFFICE, { name: "lab" });
  const whyLost = (...tables: NetfilterTable[]): string[] => {
    const namespaces = model.namespaces.map((each) => (each.name === "gw" ? { ...each, netfilter: tables } : each));
    return exportTopology({ ...model, namespaces }).unexpressed.map(({ why }) => why);
  };
  const masquerading = (link: string): NetfilterTable =>
    table({ POSTROUTING: [rule(is("oifname", link), masquerade)] });
  const accept: NetfilterStep = { kind: "accept" };
  expect(whyLost(masquerading("enp3s0"))).toEqual(["gw has no interface enp3s0"]);
  expect(whyLost(table({ FORWARD: [rule(is("iifname", "enp3s0"), accept)] }))).toEqual(["gw has no interface enp3s0"]);
  expect(
    whyLost(
      table({
        PREROUTING: [rule(is("iifname", "enp3s0"), is("l4proto", "tcp"), is("dport", "80"), dnat("10.0.0.2", "80"))],
      }),
    ),
  ).toEqual(["gw has no interface enp3s0"]);
  // Control: the same about one that is there is not lost, or for another reason.
  expect(whyLost(masquerading("eth1"))).toEqual([]);
  expect(whyLost(table({ POSTROUTING: [rule(is("oifname", "eth1"), is("mark", "7"), masquerade)] }))).toEqual([
    "nat cannot express this",
  ]);
});

test("a filter of frames is no firewall", () => {
  const [chain] = table({ FORWARD: [] }, "drop").chains;
  const filter = (family: NetfilterTable["family"]) => adopted({ family, name: "mine", sets: [], chains: [chain!] });
  expect(filter("bridge")).toEqual({ lost: ["gw table bridge mine FORWARD policy drop"], notes: 0 });
  expect(filter("inet")).toMatchObject({ firewall: { forward: "drop" }, lost: [] });
});

test("rules are listed by what they do, so that none is taken for another", () => {
  const [chain] = table({ INPUT: [] }).chains;
  const steps: NetfilterStep[] = [
    { kind: "set", field: "mark", value: 5 },
    { kind: "set", field: "ct mark", value: 6 },
    { kind: "update", operation: "add", set: "seen", key: ["ip saddr"], value: [], timeout: null },
    { kind: "log", prefix: "in: ", level: null, group: null },
    { kind: "limit", rate: 5, seconds: 1, burst: 5, over: true },
    { kind: "verdict-map", fields: ["ip saddr"], set: "who" },
    { kind: "redirect", port: { kind: "constant", from: "80", to: "80" }, flags: [] },
  ];
  const base: NetfilterBase = { type: "filter", hook: "prerouting", priority: -150, policy: "accept", devices: [] };
  const rules = steps.map((step) => rule(step));
  const { lost } = adopted({ family: "inet", name: "mine", sets: [], chains: [{ ...chain!, name: "c", base, rules }] });
  expect(lost).toEqual(
    [
      "meta mark set 0x5",
      "ct mark set 0x6",
      "add @seen { ip saddr }",
      'log prefix "in: "',
      "limit over 5/1s",
      "ip saddr vmap @who",
      "redirect to :80",
    ].map((text) => `gw table inet mine c: ${text}`),
  );
});
