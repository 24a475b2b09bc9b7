// Rules of the firewall on real packets, each with a control beside it; and translation of addresses without ports.
// Cases that differ in the firewall alone are built side by side, a network each, so that they wait for silence together.
//
//   a ──┐
//       lan 10.0.0.0/24, fd00:1::/64 ── eth0 gw eth1 ── wan 203.0.113.0/24, 2001:db8::/64 ── x
//   b ──┘

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { resolveTopology } from "../../../src/topology/index.ts";
import type { Topology } from "../../../src/topology/index.ts";
import { build, prove } from "../../support/engine.ts";
import { ownMachine, wipe } from "../../support/machine.ts";
import { NatLab } from "./lab.ts";
import { inside } from "../../support/witnesses.ts";

beforeAll(ownMachine);
afterEach(wipe);

type NodeBody = NonNullable<NonNullable<Topology["routers"]>[string]>;

function network(gw: NodeBody, more: Partial<Topology> = {}): Topology {
  return {
    switches: {
      lan: { subnet: ["10.0.0.0/24", "fd00:1::/64"] },
      wan: { subnet: ["203.0.113.0/24", "2001:db8::/64"] },
    },
    routers: {
      gw: {
        interfaces: {
          eth0: { link: "lan", address: ["10.0.0.1/24", "fd00:1::1/64"] },
          eth1: { link: "wan", address: ["203.0.113.1/24", "2001:db8::1/64"] },
        },
        ...gw,
      },
    },
    hosts: {
      a: { interfaces: { eth0: { link: "lan", address: ["10.0.0.2", "fd00:1::2"] } } },
      b: { interfaces: { eth0: { link: "lan", address: ["10.0.0.3", "fd00:1::3"] } } },
      x: { interfaces: { eth0: { link: "wan", address: ["203.0.113.9", "2001:db8::9"] } } },
    },
    ...more,
  };
}

/** Builds it and proves every line; those that do not hold. */
async function broken(topology: Topology): Promise<string[]> {
  const { model, expect: lines } = resolveTopology(topology, { name: "t" });
  await build(model);
  const verification = await prove(model, lines, { timeout: 1500 });
  // What only holds because nobody listens proves nothing about a rule.
  const proven = (numbers: readonly number[]): boolean =>
    numbers.every((number) => {
      const { holds, expected, temporary } = verification.results[number]!;
      return holds && !(expected === "unreachable" && temporary);
    });
  return verification.expectations.filter((line) => !proven(line.results)).map((line) => line.text);
}

type Rules = [title: string, firewall: NonNullable<NodeBody["firewall"]>, expect: string[]];

const cases: Rules[] = [
  ["no rules", {}, ["a -> x icmp", "x -> a tcp/80", "a -> gw udp/53", "a -> 2001:db8::9 icmp"]],
  [
    "forward: drop",
    { forward: "drop" },
    ["a -x> x icmp", "a -x> 2001:db8::9 icmp", "a -> gw icmp", "a -> fd00:1::1 icmp", "gw -> x icmp", "a -> b icmp"],
  ],
  [
    "input: drop leaves loopback and neighbour discovery",
    { input: "drop", rules: ["allow established"] },
    [
      "a -x> gw icmp",
      "a -x> gw tcp/22",
      "gw -> 127.0.0.1 icmp",
      "gw -> a icmp",
      "gw -> fd00:1::2 icmp",
      "a -> x tcp/80",
    ],
  ],
  [
    "output: drop",
    { output: "drop", rules: ["allow established on output", "allow tcp/80 on output"] },
    ["gw -x> x icmp", "gw -x> x tcp/81", "gw -> x tcp/80", "a -> gw icmp", "a -> x icmp"],
  ],
  [
    "a port from an interface, and the answers",
    { forward: "drop", rules: ["allow established", "allow tcp/443,8000-8010 from lan"] },
    [
      "a -> x tcp/443",
      "a -> x tcp/8005",
      "a -x> x tcp/444",
      "a -x> x udp/443",
      "x -x> a tcp/443",
      "a -> 2001:db8::9 tcp/443",
    ],
  ],
  [
    "the same without the answers",
    { forward: "drop", rules: ["allow tcp/443 from lan"] },
    ["a -x> x tcp/443", "a -> b tcp/443"],
  ],
  [
    "one network to another",
    { forward: "drop", rules: ["allow established", "allow all from lan to wan"] },
    ["a -> x icmp", "a -> x udp/53", "x -x> a icmp"],
  ],
  [
    "one node, by both of its addresses",
    { rules: ["drop icmp from a on forward"] },
    ["a -x> x icmp", "a -x> 2001:db8::9 icmp", "b -> x icmp", "b -> 2001:db8::9 icmp", "a -> gw icmp", "a -> x tcp/80"],
  ],
  [
    "a network, for the node itself and what it forwards",
    { rules: ["drop icmp from 10.0.0.0/29"] },
    ["a -x> 10.0.0.1 icmp", "a -x> 203.0.113.9 icmp", "a -> fd00:1::1 icmp", "x -> gw icmp"],
  ],
  [
    "the first rule that fits decides",
    { input: "drop", rules: ["drop tcp/22 from b", "allow tcp/22 from lan", "allow established"] },
    ["a -> gw tcp/22", "b -x> gw tcp/22", "x -x> gw tcp/22"],
  ],
  [
    "a group",
    { forward: "drop", rules: ["allow established", "allow all from trusted"] },
    ["a -> 203.0.113.9 icmp", "b -x> 203.0.113.9 icmp", "b -> 2001:db8::9 icmp", "a -x> 2001:db8::9 icmp"],
  ],
];

/** The networks of all cases in one topology: names end in the case's number. None of them has to do with another. */
function together(all: readonly Rules[]): Topology {
  const numbered = (text: string, n: number): string => text.replaceAll(/\b(a|b|x|gw|lan|wan)(?![.:\w>])/g, `$1${n}`);
  const one = ([, firewall, lines]: Rules, n: number): Topology =>
    JSON.parse(numbered(JSON.stringify(network({ firewall }, { expect: lines })), n)) as Topology;
  const parts = all.map(one);
  const merged = <K extends "switches" | "routers" | "hosts">(key: K): NonNullable<Topology[K]> =>
    Object.assign({}, ...parts.map((part) => part[key])) as NonNullable<Topology[K]>;
  return {
    groups: { trusted: ["10.0.0.0/31", "10.0.0.2", "fd00:1::3"] },
    switches: merged("switches"),
    routers: merged("routers"),
    hosts: merged("hosts"),
    expect: parts.flatMap((part) => part.expect ?? []),
  };
}

describe("firewall", () => {
  let failed: string[];
  beforeAll(async () => {
    failed = await broken(together(cases));
    wipe();
  });

  it.each(cases.map(([title], n) => [title, n] as const))("%s", (_, n) => {
    // Lines begin with the name of a node.
    expect(failed.filter((line) => /^[a-z]+(\d+) /.exec(line)?.[1] === String(n))).toEqual([]);
  });
});

describe("firewall, one by one", () => {
  it("to one node", async () => {
    const firewall = { rules: ["reject udp/53 to b", "reject tcp/53 to b"] };
    // The node itself, to whose own packets these rules do not apply, gets an answer.
    const lines = [
      "x -x> b udp/53",
      "x -x> b tcp/53",
      "gw -> b udp/53",
      "gw -> b tcp/53",
      "x -> b udp/54",
      "x -> a udp/53",
    ];
    expect(await broken(network({ firewall }, { expect: lines }))).toEqual([]);
  });

  it("reject answers, drop does not", async () => {
    const rules = ["reject tcp/80 on input", "drop tcp/81 on input"];
    const lab = await NatLab.up(network({ firewall: { rules } }));
    const [gw, a] = await lab.agents("gw", "a");
    for (const port of [80, 81, 82]) await gw.listen(port);
    expect(await a.connect("10.0.0.1", 80)).toEqual({ error: "ECONNREFUSED" });
    expect(await a.connectInVain("10.0.0.1", 81)).toEqual({ error: "timeout" });
    expect(await a.connect("10.0.0.1", 82)).toHaveProperty("seen");
    await lab.down();
  });

  it("a limit lets so many through at once, and no more", async () => {
    const rules = ["allow udp/9 limit 1/hour on input", "drop udp/9 on input"];
    const lab = await NatLab.up(network({ firewall: { rules } }));
    const [gw, a] = await lab.agents("gw", "a");
    const [limited, free] = [await gw.udp(9), await gw.udp(10)];
    const client = await a.udp();
    for (let i = 0; i < 9; i++) await client.send("10.0.0.1", 9, String(i));
    await client.send("10.0.0.1", 10, "done");
    await free.receive();
    const got: string[] = [];
    // Five at once is nft's own measure.
    for (let i = 0; i < 5; i++) got.push((await limited.receive()).text);
    expect(got).toEqual(["0", "1", "2", "3", "4"]);
    expect(inside("gw", "nft", "list", "chain", "inet", "netloom", "input")).toMatch(
      /limit rate 1\/hour counter packets 5 bytes \d+ accept/,
    );
    await lab.down();
  });

  it("two thousand rules in one namespace", async () => {
    const rules = Array.from({ length: 2000 }, (_, i) => `drop udp/${i + 1} from 10.0.${i % 250}.0/24 on forward`);
    const lines = ["udp/1", "udp/1751"].map((what) => `a -x> 203.0.113.9 ${what}`);
    lines.push("a -> 203.0.113.9 udp/2", "a -> 203.0.113.9 udp/2001", "a -> 2001:db8::9 udp/1");
    expect(await broken(network({ firewall: { rules } }, { expect: lines }))).toEqual([]);
  });
});

describe("answers that do not find their way back", () => {
  // x has no route to 10.0.0.0/24.
  const lost = (gw: NodeBody): Topology => {
    const topology = network(gw);
    return { ...topology, hosts: { ...topology.hosts, x: { ...topology.hosts!["x"]!, gateway: [] } } };
  };
  const lines = (arrow: string): string[] => [
    `a ${arrow} x icmp`,
    `a ${arrow} x tcp/80`,
    `a ${arrow} 2001:db8::9 udp/53`,
  ];

  it("without source NAT", async () => {
    expect(await broken({ ...lost({}), expect: [...lines("-x>"), "gw -> x icmp", "a -> 203.0.113.1 icmp"] })).toEqual(
      [],
    );
  });

  it("with masquerade they do, by IPv6 as well if asked for", async () => {
    const nat = [{ masquerade: "eth1", ipv6: "masquerade" }] as const;
    expect(await broken({ ...lost({ nat: [...nat] }), expect: lines("->") })).toEqual([]);
    wipe();
    const four = [{ masquerade: "eth1" }];
    expect(
      await broken({ ...lost({ nat: four }), expect: ["a -> 203.0.113.9 icmp", "a -x> 2001:db8::9 icmp"] }),
    ).toEqual([]);
  });

  it("only of those in from", async () => {
    const nat = [{ masquerade: "eth1", from: "a" }];
    expect(
      await broken({ ...lost({ nat }), expect: ["a -> 203.0.113.9 icmp", "b -x> 203.0.113.9 icmp", "b -> gw icmp"] }),
    ).toEqual([]);
  });

  it("with snat: the server sees the address and the ports that were given", async () => {
    const nat = [{ snat: { out: "eth1", to: "203.0.113.1", ports: "6000-6009" }, from: "10.0.0.0/24" }];
    const lab = await NatLab.up(lost({ nat }));
    const [a, x] = await lab.agents("a", "x");
    await x.listen(80);
    const seen = await a.connect("203.0.113.9", 80, { from: 40_000 });
    expect(seen).toMatchObject({ seen: expect.stringMatching(/^203\.0\.113\.1 600\d$/) as string });
    await lab.down();
  });
});

//   a fd00:1::2 ── lan fd00:1::/64 ── eth0 gw eth1 ── wan 2001:db8::/64 ── x, with a route to 2001:db8:1::/64 by gw
it("one IPv6 prefix stands for another, in both directions", async () => {
  const topology = network({ nat: [{ masquerade: "eth1", ipv6: { prefix: "2001:db8:1::/64" } }] });
  const route = { to: "2001:db8:1::/64", via: "2001:db8::1" };
  const x = { ...topology.hosts!["x"]!, gateway: [], routes: [route] };
  const lab = await NatLab.up({ ...topology, hosts: { ...topology.hosts, x } });
  const [a, b, outside] = await lab.agents("a", "b", "x");
  await outside.listen(80);
  await b.listen(80);
  expect(await a.connect("2001:db8::9", 80, { from: 4000 })).toEqual({ seen: "2001:db8:1::2 4000" });
  expect(await outside.connect("2001:db8:1::3", 80, { from: 5000 })).toEqual({ seen: "2001:db8::9 5000" });
  // Nobody is at the other end of an address that stands for none.
  expect(await outside.connectInVain("2001:db8:1::77", 80)).not.toHaveProperty("seen");
  expect(await b.connect("2001:db8::9", 80, { from: 4000 })).toEqual({ seen: "2001:db8:1::3 4000" });
  await lab.down();
});

//   a fd00:1::2 ── lan fd00:1::/64 ── eth0 gw eth1 2001:db8::1 ── wan ── x, with a route to 2001:db8:1::/64 by gw
it("a prefix leads nobody past the firewall, a published port does", async () => {
  const nat = [{ masquerade: "eth1", ipv6: { prefix: "2001:db8:1::/64" } }];
  const rules = ["allow established", "allow all from lan to wan", "allow tcp/81 from wan to a"];
  const topology = network({
    nat,
    publish: [{ in: "eth1", port: 8080, to: "a:80" }],
    firewall: { forward: "drop", rules },
  });
  const route = { to: "2001:db8:1::/64", via: "2001:db8::1" };
  const x = { ...topology.hosts!["x"]!, gateway: [], routes: [route] };
  const lab = await NatLab.up({ ...topology, hosts: { ...topology.hosts, x } });
  const [a, outside] = await lab.agents("a", "x");
  for (const port of [80, 81]) await a.listen(port);
  await outside.listen(80);
  expect(await a.connect("2001:db8::9", 80, { from: 4000 })).toEqual({ seen: "2001:db8:1::2 4000" });
  const [published, allowed, neither] = await Promise.all([
    outside.connect("2001:db8::1", 8080, { from: 5000 }),
    outside.connect("2001:db8:1::2", 81, { from: 5001 }),
    outside.connectInVain("2001:db8:1::2", 80),
  ]);
  expect([published, allowed]).toEqual([{ seen: "2001:db8::9 5000" }, { seen: "2001:db8::9 5001" }]);
  expect(neither).toEqual({ error: "timeout" });
  await lab.down();
});
