// What somebody changes by hand in a lab that runs: it is noticed as it happens, planned, and mended; what is theirs stays.

import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, beforeAll, describe, expect, it } from "vitest";
import { type DriftReport, followDrift } from "../../src/engine/drift.ts";
import { PRIVATE_MACHINE } from "../../src/kernel/index.ts";
import type { Model } from "../../src/model/index.ts";
import { resolveTopology, type Topology } from "../../src/topology/index.ts";
import { build, reconcile } from "../support/engine.ts";
import { ownMachine, wipe } from "../support/machine.ts";
import { has, inside, ip } from "../support/witnesses.ts";

beforeAll(ownMachine);

//   a ─┐                       p ── q (a cable)
//   b ─┴─ lan ── gw ── wan ── c
const OFFICE = {
  root: { sysctls: { "net.ipv4.ip_default_ttl": "77" } },
  switches: {
    lan: { subnet: ["10.0.0.0/24", "2001:db8::/64"], address: ["10.0.0.253/24", "2001:db8::253/64"] },
    wan: { subnet: "10.9.0.0/24" },
  },
  hosts: {
    a: { interfaces: { eth0: "lan" }, gateway: "10.0.0.254", routes: [{ to: "10.77.0.0/16", via: "10.0.0.254" }] },
    b: { interfaces: { eth0: "lan" }, sysctls: { "net.ipv4.conf.eth0.arp_filter": 1 } },
    c: { interfaces: { eth0: "wan" } },
    p: { interfaces: { eth0: { link: "q:eth0", address: "10.5.0.1/30" } } },
    q: { interfaces: { eth0: { link: "p:eth0", address: "10.5.0.2/30" } } },
  },
  routers: {
    gw: {
      interfaces: {
        eth0: { link: "lan", address: ["10.0.0.254", "2001:db8::254"] },
        eth1: { link: "wan", address: "10.9.0.254" },
      },
      nat: [{ masquerade: "eth1" }],
    },
  },
} satisfies Topology;

/** The plan as it is reported while somebody follows it. */
class Follower {
  readonly #stop = new AbortController();
  readonly #events = new EventEmitter();
  readonly #ended: Promise<void>;
  readonly #failed: Promise<never>;
  readonly followers = new Set<(touched: Iterable<string>) => void>();
  latest: DriftReport | null = null;

  constructor(model: Model) {
    this.#ended = followDrift({
      context: PRIVATE_MACHINE,
      wanted: () => model,
      previous: () => model,
      services: () => [],
      inBetween: (look) => look(),
      followers: this.followers,
      onReport: (report) => {
        this.latest = report;
        this.#events.emit("report");
      },
      signal: this.#stop.signal,
    });
    this.#failed = new Promise((_, reject) => void this.#ended.catch(reject));
    this.#failed.catch(() => {});
  }

  /** Waits for a report of which this is true, without asking for one. */
  async until(condition: (said: string[]) => boolean): Promise<string[]> {
    for (;;) {
      const said = this.latest?.changes.map(
        (one) => `${one.action} ${one.namespace} ${one.kind} ${one.id}: ${one.reason}`,
      );
      if (said !== undefined && condition(said)) return said;
      await Promise.race([once(this.#events, "report"), this.#failed]);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

let model: Model;
let follower: Follower;
beforeEach(async () => {
  model = resolveTopology(OFFICE, { name: "t" }).model;
  await build(model);
  follower = new Follower(model);
  await follower.until((said) => said.length === 0);
});
afterEach(async () => {
  await follower.stop();
  wipe();
});

const nft = (node: string, ...words: string[]): string => inside(node, "nft", ...words);

const SETTING = "a setting of the kernel";
const KINDS: [string, () => unknown, RegExp][] = [
  ["an MTU", () => ip("-n", "a", "link", "set", "eth0", "mtu", "1300"), /^update a link eth0: mtu is 1300/m],
  [
    "a MAC address",
    () => ip("-n", "a", "link", "set", "eth0", "address", "02:00:00:00:00:07"),
    /^update a link eth0: mac/m,
  ],
  ["a link that is down", () => ip("-n", "a", "link", "set", "eth0", "down"), /^update a link eth0: up is false/m],
  [
    "a link with another name",
    () => (ip("-n", "a", "link", "set", "eth0", "down"), ip("-n", "a", "link", "set", "eth0", "name", "net7")),
    /^update a link eth0: name is net7/m,
  ],
  [
    "a link with a second name",
    () => ip("-n", "a", "link", "property", "add", "dev", "eth0", "altname", "other"),
    /^update a link eth0: altnames is other/m,
  ],
  ["a link that is gone", () => ip("-n", "a", "link", "del", "eth0"), /^create a link eth0/m],
  ["a cable that is gone", () => ip("-n", "p", "link", "del", "eth0"), /^create q link eth0/m],
  [
    "a port taken out of its switch",
    () => ip("link", "set", "a-eth0", "nomaster"),
    /^update root link a-eth0: master is none/m,
  ],
  [
    "a port in another switch",
    () => ip("link", "set", "a-eth0", "master", "wan"),
    /^update root link a-eth0: master is wan/m,
  ],
  ["a switch that is down", () => ip("link", "set", "lan", "down"), /^update root link lan: up is false/m],
  [
    "a switch that speaks STP",
    () => ip("link", "set", "lan", "type", "bridge", "stp_state", "1"),
    /^update root link lan: stp/m,
  ],
  ["a switch that is gone", () => ip("link", "del", "lan"), /^create root link lan/m],
  [
    "an address more",
    () => ip("-n", "a", "address", "add", "10.0.0.250/24", "dev", "eth0"),
    /^delete a address eth0 10\.0\.0\.250/m,
  ],
  [
    "an address less",
    () => ip("address", "del", "10.0.0.253/24", "dev", "lan"),
    /^create root address lan 10\.0\.0\.253/m,
  ],
  [
    "an IPv6 address less",
    () => ip("-n", "b", "address", "del", "2001:db8::2/64", "dev", "eth0"),
    /^create b address eth0 2001:db8::2/m,
  ],
  ["a route less", () => ip("-n", "a", "route", "del", "10.77.0.0/16"), /^create a route 10\.77\.0\.0\/16/m],
  [
    "a route more",
    () => ip("-n", "a", "route", "add", "10.78.0.0/16", "via", "10.0.0.254"),
    /^delete a route 10\.78\.0\.0\/16/m,
  ],
  [
    "a route elsewhere",
    () => ip("-n", "a", "route", "replace", "10.77.0.0/16", "via", "10.0.0.2"),
    /^update a route 10\.77\.0\.0\/16/m,
  ],
  [
    "an IPv6 route more",
    () => ip("-n", "a", "route", "add", "2001:db8:7::/64", "via", "2001:db8::253"),
    /^delete a route 2001:db8:7::\/64/m,
  ],
  [
    "a rule more",
    () => ip("-n", "gw", "rule", "add", "from", "10.0.0.1", "table", "77", "priority", "90"),
    /^delete gw rule ipv4 90/m,
  ],
  [
    "an IPv6 rule more",
    () => ip("-n", "gw", "-6", "rule", "add", "from", "2001:db8::1", "table", "77"),
    /^delete gw rule ipv6/m,
  ],
  [
    "a neighbour",
    () => ip("-n", "a", "neighbour", "add", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "eth0"),
    /^delete a neighbour eth0 10\.0\.0\.9/m,
  ],
  ["forwarding", () => inside("gw", "sysctl", "-qw", "net.ipv4.ip_forward=0"), /^update gw forwarding/m],
  ["IPv6 forwarding", () => inside("gw", "sysctl", "-qw", "net.ipv6.conf.all.forwarding=0"), /^update gw forwarding/m],
  ["a node", () => ip("netns", "del", "b"), /^create b namespace b/m],
  [
    "another namespace under a node's name",
    () => (ip("netns", "del", "b"), ip("netns", "add", "b")),
    /^create b link eth0/m,
  ],
  // The kernel announces nothing of such settings: they are seen with the next thing that it does.
  [
    SETTING,
    () => (
      inside("b", "sysctl", "-qw", "net.ipv4.conf.eth0.arp_filter=0"),
      ip("-n", "b", "link", "set", "lo", "mtu", "9000")
    ),
    /^update b sysctl net\.ipv4\.conf\.eth0\.arp_filter/m,
  ],
];

if (has("nft")) {
  KINDS.push(
    [
      "a rule of ours less",
      () => nft("gw", "flush", "chain", "inet", "netloom", "postrouting"),
      /^update gw table inet netloom/m,
    ],
    [
      "a rule in our table more",
      () => nft("gw", "add", "rule", "inet", "netloom", "postrouting", "drop"),
      /^update gw table inet netloom/m,
    ],
    ["our table", () => nft("gw", "delete", "table", "inet", "netloom"), /^create gw table inet netloom/m],
  );
}

describe("drift is noticed, and mended", () => {
  it.each(KINDS)("%s", async (title, meddle, expected) => {
    meddle();
    const said = await follower.until((list) => expected.test(list.join("\n")));
    // Nothing but what has to do with it.
    const nodes = new Set(said.map((one) => one.split(" ")[1]!));
    expect([...nodes].filter((node) => node !== "root").length).toBeLessThanOrEqual(6);
    await reconcile(model, model);
    // As whoever has changed it does.
    if (title === SETTING) for (const tell of follower.followers) tell(["b"]);
    await follower.until((list) => list.length === 0);
    expect((await reconcile(model, model)).changes).toEqual([]);
    expect(inside("a", "ping", "-c1", "-W2", "10.9.0.1")).toMatch(/1 received/);
  });
});
