import { describe, expect, it } from "vitest";
import type { Namespace, NetfilterChain, NetfilterRule, NetfilterStep } from "../../../src/model/index.ts";
import { namesOf, rulesOf, ruleWords } from "../../../src/show/netfilter/index.ts";
import { resolveTopology, parseTopology } from "../../../src/topology/index.ts";

/** What the router `gw` between the switches lan and wan says of itself. */
function said(gateway: string, more = ""): string[] {
  const text = `
switches: { lan: { subnet: [10.0.0.0/24, "fd00:1::/64"] }, wan: { subnet: 203.0.113.0/24 } }
hosts:
  web: { interfaces: { eth0: { link: lan, address: 10.0.0.40/24 } } }
  far: { interfaces: { eth0: wan } }
${more}
routers:
  gw:
    interfaces:
      eth0: { link: lan, address: [10.0.0.1/24, "fd00:1::1/64"] }
      eth1: { link: wan, address: 203.0.113.2/24 }
${gateway.replaceAll(/^/gm, "    ")}
`;
  const { model } = resolveTopology(parseTopology(Buffer.from(text), "test.yaml"));
  const gw = model.namespaces.find(({ name }) => name === "gw")!;
  return rulesOf(gw, namesOf(model)).flatMap(({ at, text: words, derived }) => (derived ? [] : `${at}: ${words}`));
}

describe("netloom's own table, in its user's words", () => {
  it.each([
    ["nat: [{ masquerade: eth1 }]", ["NAT: masquerade out eth1"]],
    ["nat: [{ masquerade: eth1, from: lan }]", ["NAT: masquerade out eth1 from 10.0.0.0/24"]],
    ["nat: [{ masquerade: eth1, from: inner }]", ["NAT: masquerade out eth1 from @inner_v4"]],
    ["nat: [{ masquerade: eth1, ipv6: masquerade }]", ["NAT: masquerade out eth1", "NAT: masquerade IPv6 out eth1"]],
    [
      "nat: [{ masquerade: eth1, type: full-cone }]",
      ["NAT: masquerade out eth1, mapping endpoint-independent, filtering endpoint-independent, hairpinning"],
    ],
    [
      "nat: [{ masquerade: eth1, type: { mapping: endpoint-independent, filtering: address-dependent } }]",
      ["NAT: masquerade out eth1, mapping endpoint-independent, filtering address-dependent"],
    ],
    [
      "nat: [{ masquerade: eth1, type: corporate }]",
      ["NAT: masquerade out eth1, mapping address-and-port-dependent, filtering address-and-port-dependent"],
    ],
    [
      "nat: [{ masquerade: eth1, type: { mapping: address-and-port-dependent, hairpinning: true } }]",
      [
        "NAT: masquerade out eth1, mapping address-and-port-dependent, filtering address-and-port-dependent, hairpinning",
      ],
    ],
    [
      "nat: [{ snat: { out: eth1, to: 203.0.113.2 }, from: lan }]",
      ["NAT: snat out eth1 from 10.0.0.0/24 → 203.0.113.2"],
    ],
    [
      "nat: [{ snat: { out: eth1, to: 203.0.113.2, ports: 1024-4095 } }]",
      ["NAT: snat out eth1 → 203.0.113.2, ports 1024-4095"],
    ],
    [
      'nat: [{ masquerade: eth1, ipv6: { prefix: "2001:db8:9::/64" } }]',
      ["NAT: masquerade out eth1", "NAT: prefix out eth1 from fd00:1::/64 → 2001:db8:9::/64"],
    ],
    [
      'publish: [{ in: eth1, port: 8080, to: "web:80" }]',
      ["publish: tcp/8080 on eth1 (203.0.113.2) → 10.0.0.40:80 (web)"],
    ],
    [
      'publish: [{ port: 8000-8010, protocol: udp, to: "web:9000-9010" }]',
      ["publish: udp/8000-8010 on every address → 10.0.0.40:9000-9010 (web)"],
    ],
    [
      "firewall: { forward: drop, rules: [ allow established, allow tcp/443 from lan, drop udp from any to web on forward ] }",
      [
        "input: default accept",
        "input: allow established",
        "input: allow tcp/443 from lan",
        "forward: default drop",
        "forward: allow established",
        "forward: allow tcp/443 from lan",
        "forward: drop udp from any to web on forward",
      ],
    ],
    ["firewall: { input: drop }", ["input: default drop"]],
  ])("%s", (gateway, expected) => {
    const groups = gateway.includes("inner") ? "groups: { inner: [10.0.0.0/25] }" : "";
    expect(said(gateway, groups)).toEqual(expected);
  });

  it("says what it does not recognise as any other rule", () => {
    const rule: NetfilterRule = {
      steps: [{ kind: "match", fields: ["mark"], not: false, values: ["0x7"] }, { kind: "drop" }],
      comment: null,
    };
    const base = { type: "nat", hook: "postrouting", priority: 100, policy: "accept", devices: [] } as const;
    const table = {
      family: "inet",
      name: "netloom",
      sets: [],
      chains: [{ name: "postrouting", base, rules: [rule] }],
    } as const;
    expect(rulesOf(namespace([table]))).toMatchObject([{ at: "NAT", text: "drop mark 0x7", derived: false }]);
  });

  it("names the interfaces of each rule", () => {
    const { model } = resolveTopology(
      parseTopology(
        Buffer.from(
          'routers: { gw: { interfaces: { eth0: { link: "x:eth0", address: 10.0.0.1/24 } }, nat: [{ masquerade: eth0 }], publish: [{ in: eth0, port: 80, to: 10.0.0.2 }] } }\nhosts: { x: { interfaces: { eth0: { link: "gw:eth0", address: 10.0.0.2/24 } } } }',
        ),
        "test.yaml",
      ),
    );
    const rules = rulesOf(model.namespaces.find(({ name }) => name === "gw")!);
    expect(rules.filter(({ derived }) => !derived).map(({ at, links }) => [at, links])).toEqual([
      ["NAT", ["eth0"]],
      ["publish", ["eth0"]],
    ]);
  });
});

function namespace(netfilter: Namespace["netfilter"]): Namespace {
  return {
    name: "n",
    forwarding: { ipv4: false, ipv6: false },
    links: [],
    addresses: [],
    routes: [],
    rules: [],
    neighbours: [],
    sysctls: {},
    netfilter,
    services: [],
    nameService: null,
  };
}

const match = (field: string, ...values: string[]) =>
  ({ kind: "match", fields: [field], not: false, values }) as NetfilterStep;
const not = (field: string, ...values: string[]) => ({ ...match(field, ...values), not: true }) as NetfilterStep;

describe("other rules", () => {
  it.each<[string, NetfilterStep[]]>([
    ["accept all", [{ kind: "counter" }, { kind: "accept" }]],
    [
      "accept tcp/22,80 in eth0 from 10.0.0.0/8",
      [
        match("l4proto", "tcp"),
        match("dport", "22", "80"),
        match("iifname", "eth0"),
        match("ip saddr", "10.0.0.0/8"),
        { kind: "accept" },
      ],
    ],
    ["drop IPv6 not in lo", [match("nfproto", "ipv6"), not("iifname", "lo"), { kind: "drop" }]],
    [
      "jump not to 127.0.0.0/8 to this node itself → DOCKER",
      [not("ip daddr", "127.0.0.0/8"), match("fib daddr type", "local"), { kind: "jump", chain: "DOCKER" }],
    ],
    [
      "dnat tcp/8080 → 172.17.0.2:80",
      [
        match("l4proto", "tcp"),
        match("dport", "8080"),
        {
          kind: "dnat",
          family: 4,
          address: { kind: "constant", from: "172.17.0.2", to: "172.17.0.2" },
          port: { kind: "constant", from: "80", to: "80" },
          flags: [],
        },
      ],
    ],
    [
      "dnat → [fd00::2]:80",
      [
        {
          kind: "dnat",
          family: 6,
          address: { kind: "constant", from: "fd00::2", to: "fd00::2" },
          port: { kind: "constant", from: "80", to: "80" },
          flags: [],
        },
      ],
    ],
    [
      "redirect tcp/80 → port 3128",
      [
        match("l4proto", "tcp"),
        match("dport", "80"),
        { kind: "redirect", port: { kind: "constant", from: "3128", to: "3128" }, flags: [] },
      ],
    ],
    [
      "reject (tcp reset) tcp/113",
      [match("l4proto", "tcp"), match("dport", "113"), { kind: "reject", with: "tcp reset" }],
    ],
    [
      'accept icmp echo-request limit 5/minute (log "ping ")',
      [
        match("l4proto", "icmp"),
        match("icmp type", "echo-request"),
        { kind: "limit", rate: 5, seconds: 60, burst: 5, over: false },
        { kind: "log", prefix: "ping ", level: null, group: null },
        { kind: "accept" },
      ],
    ],
    ["set mark 0x2a out eth1", [match("oifname", "eth1"), { kind: "set", field: "mark", value: 42 }]],
    ["drop from @bad", [{ kind: "lookup", fields: ["ip saddr"], not: false, set: "bad" }, { kind: "drop" }]],
    ["drop [iptables match string]", [{ kind: "opaque", text: 'xt match "string"', data: "00" }, { kind: "drop" }]],
    ["drop [something netloom cannot express]", [{ kind: "opaque", text: "", data: "00" }, { kind: "drop" }]],
    ["look up → @ports by l4proto . dport", [{ kind: "verdict-map", fields: ["l4proto", "dport"], set: "ports" }]],
  ])("%s", (words, steps) => {
    expect(ruleWords({ steps, comment: null })).toBe(words);
  });

  it("are told with their chain, its policy and what somebody wrote on them", () => {
    const chain = (name: string, rules: NetfilterRule[], base: NetfilterChain["base"]): NetfilterChain => ({
      name,
      rules,
      base,
    });
    const drop: NetfilterRule = { steps: [{ kind: "drop" }], comment: "not today" };
    const base = (hook: "input" | "forward", policy: "accept" | "drop") =>
      ({ type: "filter", hook, priority: 0, policy, devices: [] }) as const;
    const table = {
      family: "ip",
      name: "filter",
      sets: [],
      chains: [
        chain("FORWARD", [], base("forward", "drop")),
        chain("INPUT", [], base("input", "accept")),
        chain("mine", [drop], base("input", "accept")),
        chain("DOCKER", [drop], null),
      ],
    } as const;
    expect(rulesOf(namespace([table])).map(({ at, text }) => `${at}: ${text}`)).toEqual([
      "ip filter FORWARD: default drop",
      "ip filter mine: default accept at input",
      "ip filter mine: drop all # not today",
      "ip filter DOCKER: drop all # not today",
    ]);
  });
});
