// What the kernel cannot be asked about: what a model leaves open.

import { describe, expect, test } from "vitest";
import type { Namespace, NetfilterTable } from "../../src/model/index.ts";
import { type Arrival, type Disposition, Evaluator, type Packet } from "../../src/packet/index.ts";
import {
  accept,
  chain,
  drop,
  match,
  POSTROUTING,
  rule,
  set,
  table,
  masquerade,
  lookup,
} from "../apply/netfilter/tables.ts";

const link = { up: true, mtu: 1500, mac: null, master: null, altnames: [] };
const ROUTER: Namespace = {
  name: "r",
  forwarding: { ipv4: true, ipv6: true },
  links: [
    { kind: "loopback", name: "lo", ...link },
    { kind: "veth", name: "eth0", peer: null, ...link },
    { kind: "veth", name: "eth1", peer: null, ...link },
  ],
  addresses: [
    { link: "eth0", family: 4, address: "10.0.0.1", prefixLength: 24, origin: "static" },
    { link: "eth1", family: 4, address: "10.0.1.1", prefixLength: 24, origin: "static" },
  ],
  routes: [],
  rules: [],
  neighbours: [],
  sysctls: {},
  netfilter: [],
  services: [],
  nameService: null,
};
const PACKET: Packet = {
  family: 4,
  source: "10.0.0.2",
  destination: "10.0.1.2",
  protocol: "tcp",
  sourcePort: 40_000,
  destinationPort: 80,
  icmpType: null,
  icmpCode: null,
  tcpFlags: ["syn"],
  ttl: 64,
  mark: 0,
};

function dispositions(
  netfilter: readonly NetfilterTable[],
  more: Partial<Namespace> = {},
  arrival: Partial<Arrival> = {},
): Disposition[] {
  const evaluator = new Evaluator({ ...ROUTER, netfilter, ...more });
  return evaluator.evaluate({ packet: PACKET, link: "eth0", ...arrival }).map(({ disposition }) => disposition);
}

const FORWARDED = { kind: "forwarded", link: "eth1", nextHop: "10.0.1.2" };
const limit = { kind: "limit", rate: 10, seconds: 1, burst: 5, over: false } as const;
const opaque = (text: string) => ({ kind: "opaque", text, data: "" }) as const;

describe("a condition that cannot be judged", () => {
  test("makes the result undetermined, and is named, where it decides", () => {
    const [found] = dispositions([table([], [chain("f", { policy: "drop" }, rule(limit, accept))])]);
    expect(found).toEqual({
      kind: "undetermined",
      reason: "whether the rate is within 10 packets in 1 s",
      unmodelled: false,
    });
  });

  test("is passed over where both ways lead to the same, and the outcome says so", () => {
    const tables = [table([], [chain("f", {}, rule(limit, accept))])];
    expect(dispositions(tables)).toEqual([FORWARDED]);
    const [outcome] = new Evaluator({ ...ROUTER, netfilter: tables }).evaluate({ packet: PACKET, link: "eth0" });
    expect(outcome!.assumed).toEqual(["whether the rate is within 10 packets in 1 s"]);
  });

  test("is not asked for what comes before it does not match", () => {
    expect(dispositions([table([], [chain("f", {}, rule(match("l4proto", "udp"), limit, drop))])])).toEqual([
      FORWARDED,
    ]);
  });

  test("is what rules have learned", () => {
    const learned = set("learned", ["ipv4_addr"], [], { dynamic: true });
    const [found] = dispositions([
      table([learned], [chain("f", {}, rule(match("nfproto", "ipv4"), lookup("ip saddr", "learned"), drop))]),
    ]);
    expect(found).toMatchObject({ kind: "undetermined" });
  });

  test("is the packet's own, where it is not known", () => {
    const tables = [table([], [chain("f", {}, rule(match("nfproto", "ipv4"), match("ip saddr", "10.0.0.9"), drop))])];
    expect(dispositions(tables, {}, { packet: { ...PACKET, source: null } })).toMatchObject([{ kind: "undetermined" }]);
    expect(dispositions(tables)).toEqual([FORWARDED]);
  });
});

describe("what is unmodelled", () => {
  test("is named, where a packet meets it", () => {
    const tables = [table([], [chain("f", {}, rule(match("l4proto", "tcp"), opaque("queue to 1")))])];
    expect(dispositions(tables)).toEqual([
      { kind: "undetermined", reason: '"queue to 1" in inet netloom f', unmodelled: true },
    ]);
    expect(dispositions(tables, {}, { packet: { ...PACKET, protocol: "udp" } })).toEqual([FORWARDED]);
  });

  test("is a condition only, if nft's text of it says so", () => {
    expect(dispositions([table([], [chain("f", {}, rule(opaque("meta skuid 0"), accept))])])).toEqual([FORWARDED]);
  });

  test("is a chain that sees frames of the link", () => {
    const frames = (device: string): NetfilterTable => ({
      family: "netdev",
      name: "t",
      sets: [],
      chains: [chain("in", { hook: "ingress", devices: [device] }, rule(drop))],
    });
    expect(dispositions([frames("eth0")])).toMatchObject([{ kind: "undetermined", unmodelled: true }]);
    expect(dispositions([frames("eth0")])[0]).toHaveProperty(
      "reason",
      "chain netdev t in sees frames, which are not evaluated",
    );
    expect(dispositions([frames("eth1")])).toEqual([FORWARDED]);
  });

  test("is which of two chains with one priority comes first, where that matters", () => {
    const marking = chain("a", {}, rule({ kind: "set", field: "mark", value: 1 }));
    const asking = chain("b", {}, rule(match("mark", "0x00000001"), drop));
    expect(dispositions([table([], [marking, asking])])).toMatchObject([{ kind: "undetermined" }]);
    const later = chain("b", { priority: 1 }, rule(match("mark", "0x00000001"), drop));
    expect(dispositions([table([], [marking, later])])).toMatchObject([
      { kind: "dropped", by: { chain: "b", rule: 0 } },
    ]);
  });
});

describe("several next hops", () => {
  test("are as many outcomes, each with what its link makes of it", () => {
    const routes: Namespace["routes"] = [
      {
        family: 4,
        to: "10.9.0.0/16",
        type: "unicast",
        table: 254,
        metric: 0,
        source: null,
        nextHops: [
          { via: "10.0.0.3", link: "eth0", weight: 1 },
          { via: "10.0.1.3", link: "eth1", weight: 1 },
        ],
        origin: "static",
      },
    ];
    const packet = { ...PACKET, destination: "10.9.0.1" };
    const tables = [table([], [chain("nat", POSTROUTING, rule(masquerade))])];
    const outcomes = new Evaluator({ ...ROUTER, routes, netfilter: tables }).evaluate({ packet, link: "eth0" });
    expect(outcomes.map(({ disposition, packet: { source } }) => [disposition, source])).toEqual([
      [{ kind: "forwarded", link: "eth0", nextHop: "10.0.0.3" }, "10.0.0.1"],
      [{ kind: "forwarded", link: "eth1", nextHop: "10.0.1.3" }, "10.0.1.1"],
    ]);
  });
});

test("a host drops what is not for it, and has what is", () => {
  const forwarding = { ipv4: false, ipv6: false };
  expect(dispositions([], { forwarding })).toEqual([{ kind: "not-forwarding" }]);
  expect(dispositions([], { forwarding }, { packet: { ...PACKET, destination: "10.0.1.1" } })).toEqual([
    { kind: "delivered", link: "eth0" },
  ]);
});
