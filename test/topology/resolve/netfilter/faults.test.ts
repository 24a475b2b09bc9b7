// Everything that can be wrong with nat, publish, firewall and groups, each with its place in the file.

import { expect, test } from "vitest";
import { parseTopology } from "../../../../src/topology/index.ts";
import { faults, faultsOf } from "../../helpers.ts";

const NETWORK = `
switches: { lan: { subnet: 10.0.0.0/24 }, wan: { subnet: 203.0.113.0/24 }, six: { subnet: "fd00:1::/64" } }
hosts: { a: { interfaces: { eth0: lan } }, s: { interfaces: { eth0: wan } }, idle: {}, v6: { interfaces: { eth0: six } } }
`;

/** The file with these lines in the router gw, which begin on line 6. */
function file(...lines: string[]): string {
  return `${NETWORK.trimStart()}routers:
  gw:
    interfaces: { eth0: { link: lan, address: 10.0.0.1 }, eth1: { link: wan, address: 203.0.113.1 } }
${lines.map((line) => `    ${line}`).join("\n")}`;
}

const rule = (text: string): string => file("firewall:", "  rules:", `    - ${text}`);

// Title, text, and every fault: line, code, and what in the line it points at.
const cases: [title: string, text: string, expected: string[]][] = [
  [
    "interfaces that are not there",
    file(
      "nat: [{ masquerade: eth2 }, { snat: { out: ethO, to: 203.0.113.1 } }, { masquerade: wan }]",
      "publish: [{ in: eht1, port: 80, to: a }]",
    ),
    ["6 unknown-interface eth2", "6 unknown-interface ethO", "6 unknown-interface wan", "7 unknown-interface eht1"],
  ],
  ["snat without an address", file("nat:", "  - { snat: { out: eth1 } }"), ["7 missing-key snat"]],
  [
    "both or neither of masquerade and snat",
    file("nat:", "  - {}", "  - { masquerade: eth1, snat: { out: eth1, to: 203.0.113.1 } }"),
    ["7 nat {", "8 nat {"],
  ],
  [
    "types and behaviours that are none",
    file(
      "nat:",
      "  - { masquerade: eth1, type: hone }",
      "  - { masquerade: eth1, type: { mapping: none, hairpinning: maybe, filter: x } }",
      "  - { masquerade: eth1, ipv6: nptv6 }",
    ),
    ["7 value hone", "8 value none", "8 type maybe", "8 unknown-key filter", "9 value nptv6"],
  ],
  [
    "sources",
    file("nat: [{ masquerade: eth1, from: [10.0.0.1/24, 10.0.0, b, six, idle, 203.0.113.0/25, fd00::/64, lam] }]"),
    ["6 nat 10.0.0.1/24", "6 nat 10.0.0", "6 nat b", "6 nat idle", "6 nat 203.0.113.0/25", "6 nat lam"],
  ],
  ["sources of IPv6 that is not translated", file("nat: [{ masquerade: eth1, from: [six] }]"), ["6 nat from"]],
  [
    "addresses of snat",
    file(
      "nat:",
      "  - { snat: { out: eth1, to: 203.0.113 } }",
      "  - { snat: { out: eth1, to: 203.0.113.9-203.0.113.8 } }",
      "  - { snat: { out: eth1, to: 203.0.113.9-fd00::1 } }",
      '  - { snat: { out: eth1, to: "fd00::1" }, from: lan }',
      "  - { snat: { out: eth1, to: 203.0.113.1, ports: 0-9 } }",
      "  - { snat: { out: eth1, to: 203.0.113.1 }, type: home, ipv6: masquerade }",
      "  - { snat: { out: eth1, to: 203.0.113.77 } }",
    ),
    [
      "7 nat 203.0.113",
      "8 nat 203.0.113.9-203.0.113.8",
      "9 nat 203.0.113.9-fd00::1",
      '10 nat "fd00::1"',
      "11 port 0-9",
      "12 nat type",
      "12 nat ipv6",
      "13 nat-address 203.0.113.77",
    ],
  ],
  [
    "prefixes of IPv6",
    file(
      "nat:",
      "  - { masquerade: eth1, ipv6: { prefix: 10.9.0.0/24 } }",
      '  - { masquerade: eth1, ipv6: { prefix: "fd00:2::/64" } }',
      '  - { masquerade: eth1, ipv6: { prefix: "fd00:2::/64" }, from: "fd00:1::/56" }',
      '  - { masquerade: eth1, ipv6: { prefix: "fd00:2::/64" }, from: ["fd00:1::/64", "fd00:3::/64"] }',
    ),
    ["7 nat 10.9.0.0/24", '8 nat "fd00:2::/64"', '9 nat "fd00:2::/64"', '10 nat "fd00:2::/64"'],
  ],
  [
    "published ports",
    file(
      "publish:",
      "  - { port: 70000, to: a }",
      "  - { port: 90-80, to: a }",
      "  - { port: http, to: a }",
      "  - { port: 0, to: a }",
      "  - { port: 80, to: 'a:70000' }",
      "  - { port: 80-89, to: 'a:80-88' }",
      "  - { port: 1-20000, to: a }",
    ),
    ["7 port 70000", "8 port 90-80", "9 port http", "10 port 0", "11 port 70000", "12 port 80-88", "13 port 1-20000"],
  ],
  [
    "targets of published ports that nobody is",
    file(
      "publish:",
      "  - { port: 1, to: '10.0.0.77:80' }",
      "  - { port: 2, to: 'aa:80' }",
      "  - { port: 3, to: idle }",
      "  - { port: 4, to: lan }",
      "  - { port: 5, to: '[fd00:1::9]:80' }",
      "  - { port: 6, to: v6 }",
      "  - { port: 7, to: 'a:' }",
    ),
    [
      "7 publish 10.0.0.77",
      "8 publish aa",
      "9 publish idle",
      "10 publish lan",
      "11 publish fd00:1::9",
      "12 publish v6",
      "13 port 'a:'",
    ],
  ],
  [
    "one port published twice",
    file(
      "publish:",
      "  - { in: eth1, port: 80, to: a }",
      "  - { in: eth1, port: 79-81, to: 'a:1079-1081' }",
      "  - { in: eth0, port: 80, to: a }",
      "  - { port: 80, to: a }",
      "  - { port: 80, protocol: udp, to: a }",
      "  - { port: 80, protocol: both, to: s }",
    ),
    ["8 duplicate-publication 79-81", "10 duplicate-publication 80", "12 duplicate-publication 80"],
  ],
  ["policies", file("firewall: { input: deny, forwards: drop }"), ["6 value deny", "6 unknown-key forwards"]],
  [
    "groups",
    file() +
      '\ngroups: { a: [10.0.0.1], lan: , 1st: , any: , trusted: [10.0.0.1/24, b, 10.0.0.0/33, idle, "fd00::/129", a] }',
    [
      "7 duplicate-name a",
      "7 duplicate-name lan",
      "7 group 1st",
      "7 group any",
      "7 group 10.0.0.1/24",
      "7 group b",
      "7 group 10.0.0.0/33",
      "7 group idle",
      '7 group "fd00::/129"',
    ],
  ],
];

test.each(cases)("%s", (_, text, expected) => {
  expect(faults(text)).toEqual(expected);
});

// Rule, what it points at, what it says and advises.
const rules: [rule: string, at: string, summary: RegExp, hint: RegExp | undefined][] = [
  ["alow tcp/443 from lan", "alow", /expected allow, drop or reject/, /did you mean "allow"/],
  ["accept tcp/443", "accept", /expected allow/, /did you mean "allow"/],
  ["deny all", "deny", /expected allow/, /did you mean "reject"/],
  ["frobnicate all", "frobnicate", /expected allow/, /write it as/],
  ["allow", "allow", /allow what\?/, /write it as/],
  ["allow tpc/443", "tpc", /expected a protocol, found "tpc"/, /did you mean "tcp"/],
  ["allow ping", "ping", /expected a protocol/, /did you mean "icmp"/],
  ["allow frames", "frames", /expected a protocol/, /all, tcp, udp, icmp, established or invalid/],
  ["drop icmp/8", "/8", /icmp has no ports/, /just icmp/],
  ["allow tcp/70000", "70000", /a port is a number from 1 to 65535, not 70000/, /tcp\/80,443/],
  ["allow tcp/80,443-,90", "443-", /expected a port or a range of ports, found "443-"/, /tcp\/80,443/],
  ["allow tcp/90-80", "90-80", /the wrong way round/, /tcp\/80,443/],
  ["allow tcp/80,", "tcp/80,", /expected a port/, /tcp\/80,443/],
  ["allow udp/0", "0", /from 1 to 65535, not 0/, /udp\/80/],
  ["allow tcp fron lan", "fron", /expected from, to, on, limit or log, found "fron"/, /did you mean "from"/],
  ["allow tcp from", "from", /nothing follows "from"/, /write it as/],
  ["allow tcp from lan from wan", "from", /"from" is there twice/, /two rules/],
  ["allow tcp from lam", "lam", /is not an interface or switch of this node, nor a node, group/, /did you mean "lan"/],
  ["allow tcp to six", "six", /gw has no interface on switch six/, undefined],
  ["allow tcp to idle", "idle", /idle has no static address/, /network/],
  ["allow tcp from 10.0.0.1/24", "10.0.0.1/24", /an address in a network/, /the network is 10\.0\.0\.0\/24/],
  ["allow tcp from 10.0.0.256", "10.0.0.256", /neither an address nor a network/, /10\.0\.0\.0\/24/],
  ["allow tcp from a to v6", "v6", /a and v6 have no IP version in common/, /nothing would ever match/],
  ["allow tcp from nobody", "nobody", /the group is empty/, /nothing would ever match/],
  ["allow tcp on inputs", "inputs", /expected input, forward or output/, /did you mean "input"/],
  ["allow tcp to eth1 on input", "eth1", /at input there is no outgoing interface/, /on forward or on output/],
  ["allow tcp from eth1 on output", "eth1", /at output there is no incoming interface/, /on forward or on input/],
  ["allow tcp limit 10", "10", /expected a limit/, /10\/second/],
  ["allow tcp limit 0/second", "0/second", /expected a limit/, /10\/second/],
  ["allow tcp limit 10/week", "10/week", /expected a limit/, /10\/second/],
  ['""', '""', /a rule of the firewall is empty/, /write it as/],
];

test.each(rules)("firewall rule: %s", (text, at, summary, hint) => {
  const whole = `${rule(text)}\ngroups: { nobody: [] }`;
  const found = faultsOf(() => parseTopology(whole, "lab.yaml"));
  expect(found).toHaveLength(1);
  const [{ code, range, ...fault }] = found as [(typeof found)[number]];
  const line = whole.split("\n")[range!.line - 1]!;
  expect([code, range!.line, line.slice(range!.column - 1, range!.endColumn - 1)]).toEqual([
    "topology.firewall",
    8,
    at,
  ]);
  expect(fault.summary).toMatch(summary);
  if (hint === undefined) expect(fault.hint).toBeDefined();
  else expect(fault.hint).toMatch(hint);
});

test("one hint each, to the point", () => {
  const hint = (text: string): string | undefined => faultsOf(() => parseTopology(text, "lab.yaml"))[0]?.hint;
  expect(hint(file("nat: [{ masquerade: wan }]"))).toBe("its interface on switch wan is eth1");
  expect(hint(file("nat: [{ masquerade: eth2 }]"))).toMatch(/did you mean "eth[01]"/);
  expect(hint(file("publish: [{ port: 1, to: '10.0.0.22:80' }]"))).toMatch(/did you mean "10\.0\.0\.2"/);
  expect(hint(file("publish: [{ port: 1, to: aa }]"))).toBe('did you mean "a"?');
  expect(hint(file("nat: [{ masquerade: eth1, typ: home }]"))).toBe('did you mean "type"?');
  expect(hint(file("nat: [{ masquerade: eth1, type: hone }]"))).toBe('did you mean "home"?');
  expect(hint(file("nat: [{ masquerade: eth1, type: { filterin: x } }]"))).toBe('did you mean "filtering"?');
  expect(hint(file("publish: [{ port: 80, protcol: tcp, to: a }]"))).toBe('did you mean "protocol"?');
});

test("NAT on a node that does not forward is warned of", () => {
  const text = "hosts: { a: { interfaces: { e: 'b:e' }, nat: [{ masquerade: e }] }, b: }";
  const { warnings } = parseTopology(text, "lab.yaml").resolved;
  expect(warnings).toMatchObject([{ code: "topology.nat-not-forwarding", hint: "add forwarding: true" }]);
});
