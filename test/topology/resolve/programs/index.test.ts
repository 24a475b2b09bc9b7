// DHCP, resolvers and processes: from the file to the model, and what can be wrong with them.

import { describe, expect, test } from "vitest";
import type { Service } from "../../../../src/model/index.ts";
import { resolveTopology } from "../../../../src/topology/index.ts";
import type { Topology } from "../../../../src/topology/index.ts";
import { addresses, faults, link, node } from "../../helpers.ts";

const modelOf = (topology: Topology) => resolveTopology(topology, { name: "t" }).model;

function service<K extends Service["kind"]>(
  topology: Topology,
  name: string,
  kind: K,
): Extract<Service, { kind: K }> | undefined {
  return node(modelOf(topology), name).services.find((one): one is Extract<Service, { kind: K }> => one.kind === kind);
}

const lan = { lan: { subnet: "10.0.0.0/24" } };
const leased = { interfaces: { eth0: { link: "lan", address: "dhcp" } } };

describe("a DHCP server", () => {
  test("hands out what it is told to, with the node as gateway", () => {
    const topology: Topology = {
      switches: lan,
      routers: {
        gw: {
          interfaces: {
            eth0: {
              link: "lan",
              dhcp: {
                range: ["10.0.0.100", "10.0.0.200"],
                lease: "12h",
                domain: "Lab.Test",
                dns: "192.0.2.53",
                fixed: { a: "10.0.0.50", "02:00:00:00:00:99": "10.0.0.120" },
              },
            },
          },
        },
      },
      hosts: { a: leased, b: { interfaces: { eth0: "lan" } } },
    };
    const model = modelOf(topology);
    expect(service(topology, "gw", "dhcp-server")).toEqual({
      kind: "dhcp-server",
      link: "eth0",
      range: ["10.0.0.100", "10.0.0.200"],
      prefixLength: 24,
      gateway: "10.0.0.1",
      dns: ["192.0.2.53"],
      domain: "lab.test",
      leaseTime: 43_200,
      fixed: [
        { mac: link(model, "a", "eth0").mac, address: "10.0.0.50", name: "a" },
        { mac: "02:00:00:00:00:99", address: "10.0.0.120", name: null },
      ],
      advertise: [],
      router: false,
    });
    expect(service(topology, "a", "dhcp-client")).toEqual({ kind: "dhcp-client", link: "eth0", families: [4] });
    expect(addresses(model, "a")).toEqual([]);
    expect(node(model, "a").routes).toEqual([]);
  });

  test("takes the longest free run of the upper half when it is told nothing", () => {
    const server = (hosts: Topology["hosts"]) =>
      service(
        { switches: { lan: { ...lan.lan, address: "10.0.0.254", dhcp: true } }, ...(hosts && { hosts }) },
        "root",
        "dhcp-server",
      );
    expect(server({})).toMatchObject({ link: "lan", range: ["10.0.0.128", "10.0.0.253"], gateway: "10.0.0.254" });
    const interfaces = { eth0: { link: "lan", address: "10.0.0.140" } };
    expect(server({ x: { interfaces } })).toMatchObject({ range: ["10.0.0.141", "10.0.0.253"] });
  });

  test("has no gateway to tell where nobody forwards, nor where none is wanted", () => {
    const gateway = (forwarding: boolean, dhcp: true | { gateway: string }) =>
      service(
        { switches: lan, hosts: { s: { forwarding, interfaces: { eth0: { link: "lan", dhcp } } } } },
        "s",
        "dhcp-server",
      )?.gateway;
    expect(gateway(true, true)).toBe("10.0.0.1");
    expect(gateway(false, true)).toBeNull();
    expect(gateway(true, { gateway: "none" })).toBeNull();
    expect(gateway(false, { gateway: "10.0.0.9" })).toBe("10.0.0.9");
  });

  test("keeps its range and its fixed leases from addresses that are picked", () => {
    const model = modelOf({
      switches: { lan: { subnet: "10.0.0.0/28" } },
      routers: {
        gw: {
          interfaces: { eth0: { link: "lan", dhcp: { range: ["10.0.0.2", "10.0.0.9"], fixed: { a: "10.0.0.10" } } } },
        },
      },
      hosts: { a: leased, b: { interfaces: { eth0: "lan" } } },
    });
    expect(addresses(model, "gw")).toEqual(["eth0 10.0.0.1/28"]);
    expect(addresses(model, "b")).toEqual(["eth0 10.0.0.11/28"]);
  });

  test("advertises IPv6 networks, and its clients hear them", () => {
    const topology: Topology = {
      switches: { lan: { subnet: ["10.0.0.0/24", "2001:db8::/64"] } },
      routers: { gw: { interfaces: { eth0: { link: "lan", dhcp: true } } } },
      hosts: { a: { interfaces: { "eth0.5": { link: "lan", address: ["dhcp"] } } } },
    };
    const model = modelOf(topology);
    expect(service(topology, "gw", "dhcp-server")).toMatchObject({ advertise: ["2001:db8::/64"], router: true });
    expect(service(topology, "a", "dhcp-client")?.families).toEqual([4, 6]);
    expect(node(model, "a").addresses.map(({ address }) => address.slice(0, 6))).toEqual(["fe80::"]);
    expect(node(model, "a").sysctls).toEqual({
      "net.ipv6.conf.eth0/5.accept_ra": "1",
      "net.ipv6.conf.eth0/5.accept_dad": "0",
    });
    const routers = { gw: { interfaces: { eth0: { link: "lan", dhcp: { ra: false } } } } };
    const silent: Topology = { ...topology, routers };
    expect(service(silent, "gw", "dhcp-server")).toMatchObject({ advertise: [], router: false });
    expect(service(silent, "a", "dhcp-client")?.families).toEqual([4]);
    expect(node(modelOf(silent), "a")).toMatchObject({ addresses: [], sysctls: {} });
  });
});

test("a resolver knows every static address, asks its own node's server, and is told to clients", () => {
  const topology: Topology = {
    switches: lan,
    routers: {
      gw: { dns: { domain: "lab.test", upstream: "192.0.2.1" }, interfaces: { eth0: { link: "lan", dhcp: true } } },
    },
    hosts: { a: leased, b: { interfaces: { eth0: "lan" } } },
  };
  expect(service(topology, "gw", "resolver")).toEqual({
    kind: "resolver",
    links: ["lo", "eth0"],
    upstream: ["192.0.2.1"],
    domain: "lab.test",
    hosts: [
      { name: "gw", address: "10.0.0.1" },
      { name: "b", address: "10.0.0.2" },
    ],
  });
  expect(node(modelOf(topology), "gw").nameService).toEqual({ servers: ["127.0.0.1"], search: ["lab.test"] });
  expect(service(topology, "gw", "dhcp-server")).toMatchObject({ dns: ["10.0.0.1"], domain: "lab.test" });
  expect(node(modelOf(topology), "b").nameService).toBeNull();
});

test("processes: texts, lists and objects, each with a name of its own", () => {
  const model = modelOf({
    hosts: {
      a: {
        run: [
          "sleep 100",
          ["/usr/bin/sleep", 5],
          "while true; do date; done",
          { command: "exit 3", name: "three", restart: "on-failure", env: { N: 1, YES: true }, cwd: "/tmp" },
        ],
      },
    },
  });
  const common = { kind: "process", environment: {}, directory: null, restart: "never" };
  expect(node(model, "a").services).toEqual([
    { ...common, name: "sleep", command: ["sleep", "100"] },
    { ...common, name: "sleep-2", command: ["/usr/bin/sleep", "5"] },
    {
      ...common,
      name: "three",
      command: ["/bin/sh", "-c", "exit 3"],
      environment: { N: "1", YES: "true" },
      directory: "/tmp",
      restart: "on-failure",
    },
    { ...common, name: "while", command: ["/bin/sh", "-c", "while true; do date; done"] },
  ]);
});

test("a process is not called as the server beside it", () => {
  const names = (dns: boolean): string[] =>
    node(modelOf({ hosts: { a: { dns, run: ["dnsmasq --version"] } } }), "a").services.flatMap((one) =>
      one.kind === "process" ? [one.name] : [],
    );
  expect(names(false)).toEqual(["dnsmasq"]);
  expect(names(true)).toEqual(["dnsmasq-2"]);
});

const head = "switches: { lan: { subnet: [10.0.0.0/24, '2001:db8::/56'] } }\n";
const server = (dhcp: string, hosts = "") =>
  `${head}routers: { gw: { interfaces: { e: { link: lan, address: 10.0.0.1, dhcp: ${dhcp} } } } }\nhosts: { a: { interfaces: { e: { link: lan, address: dhcp } } }, ${hosts} }`;
const run = (item: string) => `hosts: { a: { run: [${item}] } }`;

// Title, text, and every fault: line, code, and what in the line it points at.
const cases: [title: string, text: string, expected: string[]][] = [
  ["nothing", server("true"), []],
  ["a range outside the subnet", server("{ range: [10.0.1.100, 10.0.0.200] }"), ["2 dhcp-range 10.0.1.100"]],
  ["a range backwards", server("{ range: [10.0.0.200, 10.0.0.100] }"), ["2 dhcp-range range"]],
  ["a range of one", server("{ range: [10.0.0.200] }"), ["2 dhcp-range range"]],
  ["a range up to the broadcast address", server("{ range: [10.0.0.9, 10.0.0.255] }"), ["2 dhcp-range 10.0.0.255"]],
  ["a range of names", server("{ range: [a, b] }"), ["2 dhcp-range a", "2 dhcp-range b"]],
  [
    "a static address in the range",
    server("{ range: [10.0.0.1, 10.0.0.50] }", "b: { interfaces: { e: { link: lan, address: 10.0.0.20 } } }"),
    ["3 address-in-range 10.0.0.20"],
  ],
  [
    "fixed leases outside the subnet, taken, twice, of nobody",
    server(
      "{ fixed: { a: 10.0.9.1, 02:00:00:00:00:01: 10.0.0.1, 02:00:00:00:00:02: 10.0.0.7, 02:00:00:00:00:03: 10.0.0.7, zz: 10.0.0.8, b: 10.0.0.9 } }",
      "b: { interfaces: { e: { link: lan, address: 10.0.0.20 } } }",
    ),
    ["2 dhcp-fixed 10.0.9.1", "2 dhcp-fixed 10.0.0.1", "2 dhcp-fixed 10.0.0.7", "2 dhcp-fixed zz", "2 dhcp-fixed b"],
  ],
  [
    "a server without an address",
    "switches: { s: { dhcp: true } }\nhosts: { a: { interfaces: { e: { link: s, dhcp: true } } } }",
    ["1 dhcp-no-address dhcp", "2 dhcp-no-address dhcp"],
  ],
  [
    "a server that is a client",
    `${head}hosts: { a: { interfaces: { e: { link: lan, address: dhcp, dhcp: true } } } }`,
    ["2 dhcp-no-address dhcp"],
  ],
  [
    "a client without a server",
    `${head}hosts: { a: { interfaces: { e: { link: lan, address: dhcp }, f: { link: "b:f", address: dhcp } } }, b: }`,
    ["2 no-dhcp-server dhcp", "2 no-dhcp-server dhcp"],
  ],
  [
    "a client whose server is switched off",
    "switches: { lan: { subnet: 10.0.0.0/24, address: 10.0.0.1/24, dhcp: false } }\nhosts: { a: { interfaces: { e: { link: lan, address: dhcp } } } }",
    ["2 no-dhcp-server dhcp"],
  ],
  [
    "two servers on one switch, and on one cable",
    `${head}routers: { r: { interfaces: { e: { link: lan, dhcp: true }, f: { link: "s:f", address: 10.1.0.1/24, dhcp: true } } }, s: { interfaces: { e: { link: lan, dhcp: true }, f: { link: "r:f", address: 10.1.0.2/24, dhcp: true } } } }`,
    ["2 two-dhcp-servers dhcp", "2 two-dhcp-servers dhcp"],
  ],
  [
    "dhcp beside an address",
    server("true", "b: { interfaces: { e: { link: lan, address: [dhcp, 10.0.0.9] } } }"),
    ["3 address dhcp"],
  ],
  ["a switch that wants a lease", "switches: { s: { subnet: 10.0.0.0/24, address: dhcp } }", ["1 address dhcp"]],
  [
    "times, gateways, name servers, domains",
    server("{ lease: 1m, gateway: 10.9.0.1, dns: [x], domain: a..b, ra: true }"),
    ["2 dhcp-lease 1m", "2 dhcp-gateway 10.9.0.1", "2 dhcp-dns x", "2 domain a..b", "2 dhcp-ra true"],
  ],
  [
    "an interface whose name means more to dnsmasq",
    "hosts: { a: { interfaces: { 'e,*': { link: 'b:e', address: 10.0.0.1/24, dhcp: true } } }, b: }",
    ["1 interface-name dhcp"],
  ],
  ["a time of no unit", server("{ lease: 3y }"), ["2 dhcp-lease 3y"]],
  ["unknown keys", server("{ rnage: [] }"), ["2 unknown-key rnage"]],
  [
    "a resolver's upstream",
    "hosts: { a: { dns: { upstream: [one.one], up: 1 } } }",
    ["1 dns-upstream one.one", "1 unknown-key up"],
  ],
  ["no command", run("[], '', { command: ' ' }"), ["1 run-command [", "1 run-command ''", "1 run-command {"]],
  ["an unknown word", run("{ command: x, restart: sometimes }"), ["1 value sometimes"]],
  ["no command at all", run("{ name: x }"), ["1 missing-key {"]],
  [
    "names, folders and variables",
    run(
      "{ command: x, name: a/b }, { command: x, cwd: tmp }, { command: x, env: { A=B: 1 } }, { command: x, name: q }, { command: y, name: q }",
    ),
    ["1 run-name a/b", "1 run-cwd tmp", "1 run-env A=B", "1 run-name q"],
  ],
];

test.each(cases)("%s", (_title, text, expected) => {
  expect(faults(text)).toEqual(expected);
});
