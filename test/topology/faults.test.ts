import { expect, test } from "vitest";
import { parseTopology, resolveTopology } from "../../src/topology/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { faults, faultsOf } from "./helpers.ts";

const lan = "switches: { lan: { subnet: 10.0.0.0/24, address: 10.0.0.1/24 } }\n";

// Title, text, and every fault: line, code, and what in the line it points at.
const cases: [title: string, text: string, expected: string[]][] = [
  [
    "unknown keys at every level",
    "a: 1\nroot: { b: 1 }\nswitches: { s: { c: 1 } }\nhosts: { h: { interfaces: { e: { link: s, d: 1 } }, routes: [{ to: default, via: 1.1.1.1, e: 1 }] } }",
    ["1 unknown-key a", "2 unknown-key b", "3 unknown-key c", "4 unknown-key d", "4 unknown-key e"],
  ],
  [
    "keys of a later version",
    "root: { vm: [] }\nhosts: { a: { limits: [], interfaces: { e: { link: 'b:e', delay: 1 } } }, b: }",
    ["1 not-supported vm", "2 not-supported limits", "2 not-supported delay"],
  ],
  [
    "wrong types",
    "name: 5\nhosts: { a: { forwarding: 1, gateway: 7, interfaces: [] }, b: text }\nexpect: no",
    ["1 type 5", "2 type 1", "2 type 7", "2 type interfaces", "2 type text", "3 type no"],
  ],
  [
    "values out of range",
    "switches: { s: { mtu: 67 }, t: { mtu: 1.5 } }\nhosts: { a: { interfaces: { e: { link: s, mtu: 70000 } } } }",
    ["1 value 67", "1 type 1.5", "2 value 70000"],
  ],
  ["a tab as indentation", "hosts:\n\ta: {}", ["2 tab \t"]],
  ["a key that is missing", "hosts: { a: { routes: [{ via: 10.0.0.1 }] } }", ["1 missing-key {"]],
  [
    "duplicate keys",
    "hosts:\n  a: {}\n  b: { gateway: [], gateway: [] }\n  a: {}",
    ["3 duplicate-key gateway", "4 duplicate-key a"],
  ],
  [
    "one name in two sections",
    "hosts: { a: , b: }\nrouters: { a: }\nswitches: { b: }",
    ["1 duplicate-name a", "3 duplicate-name b"],
  ],
  [
    "reserved and impossible node names",
    'hosts: { root: , "..": , a/b: , -a: , "": , xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: }',
    [
      "1 node-name root",
      '1 node-name ".."',
      "1 node-name a/b",
      "1 node-name -a",
      '1 node-name ""',
      "1 node-name xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ],
  ],
  [
    "interface names Linux refuses",
    `${lan}hosts: { a: { interfaces: { abcdefghijklmnop: lan, a/b: lan, "..": lan, "a b": lan, lo: lan, all: lan } } }`,
    [
      "2 interface-name abcdefghijklmnop",
      "2 interface-name a/b",
      '2 interface-name ".."',
      '2 interface-name "a b"',
      "2 interface-name lo",
      "2 interface-name all",
    ],
  ],
  [
    "switch names Linux refuses",
    "switches: { abcdefghijklmnop: , root: , lo: }",
    ["1 switch-name abcdefghijklmnop", "1 switch-name root", "1 switch-name lo"],
  ],
  [
    "unknown switches and nodes",
    `${lan}hosts: { a: { interfaces: { e0: lam, e1: "bb:e1", e2: b, e3: "lan:e3" } }, b: }`,
    ["2 unknown-switch lam", '2 unknown-node "bb:e1"', "2 unknown-switch b", '2 unknown-node "lan:e3"'],
  ],
  [
    "duplicate addresses",
    `${lan}hosts:\n  a: { interfaces: { e: { link: lan, address: 10.0.0.1 } } }\n  b: { interfaces: { e: { link: lan, address: 10.0.0.7 } } }\n  c: { interfaces: { e: { link: lan, address: 10.0.0.7 } } }`,
    ["3 duplicate-address 10.0.0.1", "5 duplicate-address 10.0.0.7"],
  ],
  [
    "a duplicate address on a cable and on one node",
    'hosts:\n  a: { interfaces: { e: { link: "b:e", address: 10.0.0.1/24 }, f: { link: "c:f", address: 10.0.0.1/24 } } }\n  b: { interfaces: { e: { address: 10.0.0.1/24 } } }\n  c:',
    ["2 duplicate-address 10.0.0.1/24", "3 duplicate-address 10.0.0.1/24"],
  ],
  [
    "addresses that are none",
    `${lan}hosts: { a: { interfaces: { e: { link: lan, address: [10.0.0.0, 10.0.0.255, 10.0.1.9, 10.0.0.9/25, 010.0.0.3, x, 10.0.0.300] } } } }`,
    [
      "2 address 10.0.0.0",
      "2 address 10.0.0.255",
      "2 address-outside-subnet 10.0.1.9",
      "2 address-length 10.0.0.9/25",
      "2 address 010.0.0.3",
      "2 address x",
      "2 address 10.0.0.300",
    ],
  ],
  [
    "addresses no interface may have",
    'hosts: { b: , a: { interfaces: { e: { link: "b:e", address: [0.0.0.0/8, 127.0.0.2/8, 224.0.0.1/4, "::/64", "::1/128", "ff02::1/64", 10.0.0.1, 240.0.0.1/8] } } } }',
    [
      "1 address 0.0.0.0/8",
      "1 address 127.0.0.2/8",
      "1 address 224.0.0.1/4",
      '1 address "::/64"',
      '1 address "::1/128"',
      '1 address "ff02::1/64"',
      "1 address 10.0.0.1",
      "1 address 240.0.0.1/8",
    ],
  ],
  [
    "subnets that are none",
    "switches: { s: { subnet: [10.0.0.1/24, 10.0.0, 10.1.0.0/16, 10.1.2.0/24] } }",
    ["1 subnet 10.0.0.1/24", "1 subnet 10.0.0", "1 subnet-overlap 10.1.2.0/24"],
  ],
  [
    "an exhausted subnet",
    "switches: { s: { subnet: 10.0.0.0/30, address: 10.0.0.1/30 } }\nhosts: { a: { interfaces: { e: s } }, b: { interfaces: { e: s } } }",
    ["1 subnet-exhausted 10.0.0.0/30"],
  ],
  [
    "overlapping subnets that meet in a node",
    "switches: { s: { subnet: 10.0.0.0/16 }, t: { subnet: 10.0.1.0/24 } }\nhosts: { a: { interfaces: { e: s, f: t } } }",
    ["1 subnet-overlap 10.0.1.0/24"],
  ],
  [
    "a cable whose ends disagree",
    "hosts:\n  a: { interfaces: { e: 'b:e' } }\n  b: { interfaces: { e: 'c:e' } }\n  c: { interfaces: { e: 'b:e' } }",
    ["2 cable-mismatch 'b:e'"],
  ],
  [
    "two cables in one interface",
    "hosts:\n  a: { interfaces: { e: 'b:e' } }\n  c: { interfaces: { e: 'b:e' } }\n  b:",
    ["3 cable-mismatch 'b:e'"],
  ],
  ["a cable to itself", "hosts: { a: { interfaces: { e: 'a:e' } } }", ["1 cable-to-itself 'a:e'"]],
  ["an interface plugged into nothing", "hosts: { a: { interfaces: { e: { mtu: 1400 } } } }", ["1 no-link e"]],
  [
    "hardware addresses",
    `${lan}hosts: { a: { interfaces: { e: { link: lan, mac: 2:0:0:0:0:1 }, f: { link: lan, mac: 01:00:00:00:00:01 }, g: { link: lan, mac: 02:00:00:00:00:01 }, h: { link: lan, mac: 02-00-00-00-00-01 } } } }`,
    ["2 mac 2:0:0:0:0:1", "2 mac 01:00:00:00:00:01", "2 duplicate-mac 02-00-00-00-00-01"],
  ],
  [
    "gateways",
    `${lan}hosts: { a: { interfaces: { e: { link: lan, address: 10.0.0.9 } }, gateway: [10.0.1.1, 10.0.0.9, 10.0.0.1/24] } }`,
    ["2 gateway-unreachable 10.0.1.1", "2 gateway 10.0.0.9", "2 gateway 10.0.0.1/24"],
  ],
  [
    "two gateways of one family",
    `${lan}hosts: { a: { interfaces: { e: lan }, gateway: [10.0.0.1, 10.0.0.254] } }`,
    ["2 duplicate-route 10.0.0.254"],
  ],
  [
    "routes",
    `${lan}hosts:\n  a:\n    interfaces: { e: lan }\n    routes:\n      - { to: 10.9.0.1/16, via: 10.0.0.1 }\n      - { to: 10.9.0.0/16 }\n      - { to: x, via: 10.0.0.1 }\n      - { to: 10.9.0.0/16, dev: ee }\n      - { to: 10.9.0.0/16, type: prohibit, via: 10.0.0.1 }\n      - { to: fd00::/8, via: 10.0.0.1 }\n      - { to: 10.8.0.0/16, via: 10.0.0.1, source: 10.0.0.77 }\n      - { to: 10.7.0.0/16, via: 10.0.0.1 }\n      - { to: 10.7.0.0/16, type: blackhole }`,
    [
      "6 route 10.9.0.1/16",
      "7 route {",
      "8 route x",
      "9 unknown-interface ee",
      "10 route prohibit",
      "11 route 10.0.0.1",
      "12 route 10.0.0.77",
      "14 duplicate-route 10.7.0.0/16",
    ],
  ],
  [
    "sysctls",
    "hosts: { a: { sysctls: { kernel.pid_max: 9, net.ipv4.ip_forward: 1, net/ipv4/ip_default_ttl: 9, 'net.ipv4...x': 1 } } }",
    [
      "1 sysctl kernel.pid_max",
      "1 sysctl net.ipv4.ip_forward",
      "1 sysctl net/ipv4/ip_default_ttl",
      "1 sysctl 'net.ipv4...x'",
    ],
  ],
  [
    "too small for IPv6",
    "hosts: { a: { interfaces: { e: { link: 'b:e', address: 'fd00::1/64', mtu: 1000 } } }, b: }",
    ["1 mtu 1000"],
  ],
  [
    "a switch and an interface of root with one name",
    "switches: { eth0: }\nroot: { interfaces: { eth0: 'a:e' } }\nhosts: { a: }",
    ["1 duplicate-name eth0"],
  ],
  [
    "lines of expect",
    "hosts: { a: , b: }\nexpect:\n  - a -> c\n  - x -> b icmp\n  - a => b\n  - a -> b tcp\n  - a -> b udp/65536\n  - 'a -> b icmp/4'\n  - a -> b icmp more\n  - a\n  - c -> 10.0.0.1",
    [
      "3 expect c",
      "4 expect x",
      "5 expect =>",
      "6 expect tcp",
      "7 expect udp/65536",
      "8 expect icmp/4",
      "9 expect more",
      "10 expect a",
      "11 expect c",
    ],
  ],
  ["a lab's name", "name: a/b\nhosts: { a: }", ["1 lab-name a/b"]],
  ["bad YAML", "hosts: { a: { interfaces: }\n", ["2 yaml "]],
  ["two documents", "hosts: { a: }\n---\nhosts: { b: }\n", ["2 yaml …"]],
  ["not a mapping", "- a\n- b", ["1 type -"]],
  ["a key that is no word", "hosts: { ? [a] : b }", ["1 key hosts"]],
  ["an unknown alias", "hosts: { a: *b }", ["1 yaml *b"]],
];

test.each(cases)("%s", (_title, text, expected) => {
  expect(faults(text)).toEqual(expected);
});

test.each(cases)("%s, said well", (_title, text) => {
  for (const { code, summary, hint } of faultsOf(() => parseTopology(text, "lab.yaml"))) {
    expect(code).toMatch(/^topology(\.[a-z-]+)+$/);
    expect(summary).toMatch(/^\S(?!.*\n).*[^.\s]$/);
    expect(hint ?? "").not.toContain("undefined");
  }
});

test("names that were nearly right are suggested", () => {
  const hints = faultsOf(() =>
    parseTopology(
      "switches: { office: }\nhosts: { alice: { interfces: {} }, bob: { interfaces: { e0: ofice, e1: 'alcie:e1' } } }\nexpect: [alize -> bob]",
      "f.yaml",
    ),
  ).map((d) => d.hint);
  expect(hints).toEqual([
    'did you mean "interfaces"?',
    'did you mean "office"?',
    'did you mean "alice:e1"?',
    'did you mean "alice"?',
  ]);
});

test("subjects name the place, also without a file", () => {
  const bad = {
    hosts: { a: { interfaces: { eth0: { link: "s" } } }, b: { routes: [{ via: "10.0.0.1" }] } },
  } as unknown as Topology;
  const found = faultsOf(() => resolveTopology(bad));
  expect(found.map((d) => [d.subject, d.range])).toEqual([
    ["hosts.b.routes[0]", undefined],
    ["hosts.a.interfaces.eth0.link", undefined],
  ]);
});

test("what follows from a fault is not a fault of its own", () => {
  expect(
    faults("hosts: { a: { interfaces: { e: lam }, gateway: 10.0.0.1 } }\nswitches: { lan: { subnet: 10.0.0.0/24 } }"),
  ).toEqual(["1 unknown-switch lam"]);
  expect(
    faults(
      "switches: { lan: { subnet: 10.0.0/24, address: 10.0.0.1/24 } }\nhosts: { a: { interfaces: { e: lan }, gateway: 10.0.0.1 } }",
    ),
  ).toEqual(["1 subnet 10.0.0/24"]);
  expect(faults("hosts: 5\nexpect: [a -> b]")).toEqual(["1 type 5"]);
  expect(faults("switches: [lan]\nhosts: { a: { interfaces: { e: lan } } }")).toEqual(["1 type switches"]);
});

test("1,023 hosts fit on a switch, 1,024 do not", () => {
  const file = (n: number): string =>
    `switches: { s: { subnet: 10.0.0.0/16 } }\nhosts:\n${Array.from({ length: n }, (_, i) => `  h${i}: { interfaces: { e: s } }\n`).join("")}`;
  expect(faults(file(1023))).toEqual([]);
  expect(faults(file(1024))).toEqual(["1 too-many-ports s"]);
});

test("a file with a mistake on every line tells 200 of them and how many more there are", () => {
  const found = faultsOf(() =>
    parseTopology(
      `hosts:\n${Array.from({ length: 3000 }, (_, i) => `  h${i}: { interfces: 1 }\n`).join("")}`,
      "f.yaml",
    ),
  );
  expect(found).toHaveLength(201);
  expect(found.at(-1)).toMatchObject({ code: "topology.more", summary: "2800 more like these are not listed" });
});

test("overlapping subnets that never meet are only warned of", () => {
  const { warnings } = resolveTopology({
    switches: { s: { subnet: "10.0.0.0/16" }, t: { subnet: "10.0.1.0/24" } },
    hosts: { a: { interfaces: { e: "s" } }, b: { interfaces: { e: "t" } } },
  });
  expect(warnings.map((w) => [w.code, w.severity, w.subject])).toEqual([
    ["topology.subnet-overlap", "warning", "switches.t.subnet"],
  ]);
});
