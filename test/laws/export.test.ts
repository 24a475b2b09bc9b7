// The law of exporting, without a kernel: what a file resolves to is exported to a file that resolves to it again.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Model } from "../../src/model/index.ts";
import { parseTopology, resolveTopology, shapeTopology } from "../../src/topology/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { exportTopology, writeTopology } from "../../src/export/index.ts";
import { networks, topologyOf } from "./random.ts";

const SEED = Number(process.env["NETLOOM_SEED"] ?? Date.now() % 0x7fffffff);

/** The exported file, once it was seen that it makes the model again. */
function roundTrip(model: Model): string {
  const exported = exportTopology(model);
  const text = writeTopology(exported);
  const again = resolveTopology(parseTopology(text, "exported.yaml"), { name: model.name });
  // With the text, so that a failure shows it.
  expect({ text, model: again.model, unexpressed: exported.unexpressed }).toEqual({ text, model, unexpressed: [] });
  return text;
}

const EXAMPLES = new URL("../../examples/", import.meta.url).pathname;

test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml")))("examples/%s", (name) => {
  const { model } = resolveTopology(parseTopology(readFileSync(join(EXAMPLES, name), "utf8"), name));
  roundTrip(model);
});

test.each(["star:40", "chain:6", "ring:5", "tree:2,3", "full:4"])("shape %s", (shape) => {
  const text = roundTrip(resolveTopology(shapeTopology(shape)!, { name: "shape" }).model);
  expect(text).not.toMatch(/mac:|mtu:/);
});

const lan = { subnet: ["10.0.0.0/24", "fd00::/64"], address: ["10.0.0.1/24", "fd00::1/64"] };
const gw = {
  interfaces: {
    eth0: { link: "lan", address: ["10.0.0.254/24", "fd00::254/64"] },
    eth1: { link: "wan", address: ["203.0.113.1/24", "203.0.113.8/24", "2001:db8::1/64"] },
  },
};
type Router = NonNullable<NonNullable<Topology["routers"]>[string]>;
/** a, b ── lan ── eth0 gw eth1 ── wan ── s */
const office = (more: Router, top: Partial<Topology> = {}): Topology => ({
  switches: { lan, wan: { subnet: ["203.0.113.0/24", "2001:db8::/64"] } },
  hosts: { a: { interfaces: { eth0: "lan" } }, b: { interfaces: { eth0: "lan" } }, s: { interfaces: { eth0: "wan" } } },
  routers: { gw: { ...gw, ...more } },
  ...top,
});

const types = (["endpoint-independent", "address-and-port-dependent"] as const).flatMap((mapping) =>
  (["endpoint-independent", "address-dependent", "address-and-port-dependent"] as const).flatMap((filtering) =>
    [true, false].map((hairpinning) => ({ mapping, filtering, hairpinning })),
  ),
);

const networksByHand: Readonly<Record<string, Topology>> = {
  "nothing at all": {},
  "hosts without interfaces": { hosts: { a: null, b: {} } },
  "a switch without a subnet": {
    switches: { s: {} },
    hosts: { a: { interfaces: { eth0: { link: "s", address: "10.0.0.1/24" } } }, b: { interfaces: { eth0: "s" } } },
  },
  "addresses in an order of their own": {
    switches: { s: { subnet: "10.0.0.0/24" } },
    hosts: {
      zoe: { interfaces: { eth0: "s" } },
      ann: { interfaces: { eth0: { link: "s", address: "10.0.0.9" } } },
      bob: { interfaces: { eth0: "s" } },
    },
  },
  "some addresses of several": {
    switches: { s: { subnet: ["10.0.0.0/24", "10.0.1.0/24"] } },
    hosts: {
      a: { interfaces: { eth0: "s" } },
      b: { interfaces: { eth0: { link: "s", address: "10.0.1.7" } } },
      c: { interfaces: { eth0: { link: "s", address: [] } } },
    },
  },
  "MTUs of ports and switches": {
    switches: { s: { subnet: "10.0.0.0/24", mtu: 9000 }, t: { subnet: "10.1.0.0/24" } },
    hosts: {
      a: { interfaces: { eth0: "s", eth1: { link: "t", mtu: 1400 } } },
      b: { interfaces: { eth0: { link: "s", mtu: 1450 }, eth1: "t" } },
    },
  },
  "a cable with two MTUs": {
    hosts: {
      a: { interfaces: { eth0: { link: "b:eth0", mtu: 1500, address: "10.0.0.1/30" } } },
      b: { interfaces: { eth0: { link: "a:eth0", mtu: 1400, address: "10.0.0.2/30" } } },
    },
  },
  "a cable from a node to itself": { hosts: { a: { interfaces: { x: "a:y" } } } },
  "root on a switch of its own": {
    root: { interfaces: { eth9: "s" } },
    switches: { s: { subnet: "10.0.0.0/24" } },
    hosts: { a: { interfaces: { eth0: "s" } } },
  },
  "no gateway where there is one": { switches: { lan }, hosts: { a: { interfaces: { eth0: "lan" }, gateway: [] } } },
  "a gateway of its own": { switches: { lan }, hosts: { a: { interfaces: { eth0: "lan" }, gateway: "10.0.0.7" } } },
  "link-local addresses given": {
    switches: { s: {} },
    hosts: {
      a: { interfaces: { eth0: { link: "s", address: ["fe80::7/64", "fd00::7/64"] } } },
      b: { interfaces: { eth0: { link: "s", address: "fe80::8/64" } } },
    },
  },
  "names that YAML takes for numbers": {
    switches: { "1": { subnet: "10.0.0.0/24" } },
    hosts: { "2": { interfaces: { "0x1": "1", "3": { link: "1e3:null" } } }, "1e3": null, true: null, "007": null },
  },
  "long names of ports": {
    switches: { s: { subnet: "10.0.0.0/24" } },
    hosts: { "a-rather-long-name": { interfaces: { eth0: "s", "eth0.1": "s" } } },
  },
  routes: {
    switches: { lan, other: { subnet: ["10.7.0.0/24", "fd07::/64"] } },
    hosts: {
      a: {
        interfaces: { eth0: "lan", eth1: "other" },
        gateway: ["10.0.0.1", "fd00::1"],
        routes: [
          { to: "10.9.0.0/16", via: "10.7.0.77", metric: 5, source: "10.7.0.1" },
          { to: "10.10.0.0/16", via: ["10.7.0.77", "10.0.0.77"] },
          { to: "default", via: "10.7.0.78", metric: 50 },
          { to: "default", via: "10.7.0.78", table: 100 },
          { to: "10.12.0.1", dev: "eth1" },
          { to: "fd09::/64", via: "fe80::1", dev: "eth1" },
          { to: "fd0a::/64", via: "fd07::99", metric: 7 },
          { to: "10.66.0.0/16", type: "blackhole" },
          { to: "::/0", type: "unreachable", metric: 9999 },
          { to: "10.67.0.0/16", type: "prohibit", table: 7 },
        ],
        sysctls: { "net.ipv4.tcp_congestion_control": "reno", "net.ipv4.conf.eth0.proxy_arp": true },
      },
    },
  },
  masquerade: office({ nat: [{ masquerade: "eth1" }] }),
  "masquerade for some": office({
    nat: [
      { masquerade: "eth1", from: ["10.0.0.0/25", "10.0.0.128/26", "a"] },
      { masquerade: "eth0", from: "203.0.113.64/26", ipv6: "masquerade" },
    ],
  }),
  "masquerade for both versions": office({ nat: [{ masquerade: "eth1", from: "lan", ipv6: "masquerade" }] }),
  "one prefix for another": office({
    nat: [
      { masquerade: "eth1", ipv6: { prefix: "2001:db8:1::/64" } },
      { masquerade: "eth1", from: "fd00::/64", ipv6: { prefix: "2001:db8:2::/64" } },
    ],
  }),
  snat: office({
    nat: [
      { snat: { out: "eth1", to: "203.0.113.8", ports: "1024-4095" }, from: "a" },
      { snat: { out: "eth1", to: "203.0.113.1-203.0.113.8" } },
      { snat: { out: "eth1", to: "2001:db8::1" }, from: "fd00::/64" },
    ],
  }),
  groups: office(
    {
      nat: [{ masquerade: "eth1", from: "trusted", ipv6: "masquerade" }],
      firewall: { rules: ["allow all from trusted", "drop tcp from four"] },
    },
    {
      groups: {
        trusted: ["10.0.0.0/25", "fd00::/64", "10.0.0.200", "10.0.0.201"],
        four: ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
        unused: "10.5.0.0/16",
      },
    },
  ),
  publish: office({
    publish: [
      { in: "eth1", port: 8080, to: "a:80" },
      { in: "eth1", port: "5000-5004", protocol: "both", to: "10.0.0.3:6000-6004" },
      { port: 53, protocol: "udp", to: "[fd00::2]:53" },
      { port: 443, to: "b" },
    ],
  }),
  "publish, NAT and a filter": office({
    nat: [{ masquerade: "eth1", type: "cgnat" }],
    publish: [{ in: "eth1", port: 22, to: "b" }],
    firewall: {
      input: "drop",
      forward: "drop",
      output: "drop",
      rules: [
        "allow established",
        "allow tcp/443 from lan",
        "allow all from eth0 to eth1",
        "drop icmp from a on input limit 10/second log",
        "reject udp/53,67-69 to b",
        "allow tcp from any on output",
        "allow invalid",
      ],
    },
  }),
  "a rule that is there twice": office({
    firewall: { rules: ["allow icmp", "allow icmp", "allow tcp/1 on input", "allow tcp/2 on forward", "drop all"] },
  }),
  ...Object.fromEntries(
    types.map((type) => [
      `NAT ${Object.values(type).join(" ")}`,
      office({
        nat: [
          { masquerade: "eth0", from: "203.0.113.64/26" },
          { masquerade: "eth1", type, ipv6: "masquerade" },
        ],
      }),
    ]),
  ),
  services: {
    root: { dns: { upstream: "192.0.2.53", domain: "lab.test" } },
    switches: {
      lan: { ...lan, dhcp: { lease: 600, fixed: { a: "10.0.0.50", "02:00:00:00:00:99": "10.0.0.51" } } },
      n: { subnet: "10.3.0.0/24" },
    },
    hosts: {
      a: {
        interfaces: { eth0: { link: "lan", address: "dhcp" } },
        run: [
          "sleep 9",
          ["sleep", "9 9"],
          { command: "a | b", name: "pipe", restart: "always", env: { A: "1" }, cwd: "/tmp" },
        ],
      },
      c: { interfaces: { eth0: { link: "n", address: "dhcp" } } },
    },
    routers: {
      gw: {
        interfaces: {
          eth0: "lan",
          eth1: { link: "n", dhcp: { gateway: "none", dns: "10.3.0.9", range: ["10.3.0.9", "10.3.0.19"] } },
        },
      },
    },
  },
  "interfaces of the machine": {
    root: { uplink: { interface: "eth0", bridge: "br-ex" } },
    switches: { "br-ex": { subnet: "192.0.2.0/24" } },
    hosts: {
      a: { interfaces: { eth0: { link: "br-ex", address: "192.0.2.7" } }, gateway: "192.0.2.1" },
      b: {
        interfaces: {
          up: { device: "eth1", address: "198.51.100.7/24", mtu: 1400 },
          eth0: { link: "a:eth9", address: "10.0.0.1/30" },
        },
      },
      c: { interfaces: { eth0: { device: "eth2", address: [], mac: "02:00:00:00:00:07", up: false } } },
    },
  },
  uplink: {
    root: {
      uplink: { kind: "internet", subnet: "10.9.9.0/24", listen: "0.0.0.0", loopback: false },
      forwarding: true,
      nat: [{ masquerade: "uplink0" }],
      publish: [{ in: "uplink0", port: 80, to: "a" }],
    },
    switches: { lan: { subnet: "10.0.0.0/24", address: "10.0.0.1/24", dhcp: true } },
    hosts: {
      a: { interfaces: { eth0: "lan" }, dns: true },
      b: { interfaces: { eth0: { link: "lan", address: "dhcp" } } },
    },
  },
};

describe("a network is the same again, and all of it is expressed", () => {
  test.each(Object.entries(networksByHand))("%s", (_, topology) => {
    roundTrip(resolveTopology(topology, { name: "hand" }).model);
  });
});

test(`resolve(export(resolve(x))) is resolve(x) of random networks (seed ${SEED}; NETLOOM_SEED replays it)`, () => {
  fc.assert(
    fc.property(networks, (network) => {
      roundTrip(resolveTopology(topologyOf(network), { name: "random" }).model);
    }),
    { seed: SEED, numRuns: 100 },
  );
});
