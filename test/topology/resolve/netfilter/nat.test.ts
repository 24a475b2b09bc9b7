// What nat and publish become: the rules of a model. What those rules do to packets is shown in test/cli/.

import { describe, expect, test } from "vitest";
import { resolveTopology } from "../../../../src/topology/index.ts";
import { office, V4, V6 } from "../../office.ts";
import { chain, elements, table } from "./rules.ts";

describe("nat", () => {
  test("plain masquerade is one rule, and leaves IPv6 alone", () => {
    const { model } = office({ nat: [{ masquerade: "eth1" }] });
    expect(table(model, "gw")).toEqual({
      family: "inet",
      name: "netloom",
      sets: [],
      chains: [
        {
          name: "postrouting",
          base: { type: "nat", hook: "postrouting", priority: 100, policy: "accept", devices: [] },
          rules: [
            {
              steps: [
                { kind: "match", fields: ["nfproto"], not: false, values: ["ipv4"] },
                { kind: "match", fields: ["oifname"], not: false, values: ["eth1"] },
                { kind: "masquerade", port: null, flags: [] },
              ],
              comment: null,
            },
          ],
        },
      ],
    });
  });

  test("IPv6 is masqueraded when asked for; from narrows it by addresses, nodes, switches and groups", () => {
    const { model } = office(
      {
        nat: [
          { masquerade: "eth1", from: ["10.0.0.128/25", "a"], ipv6: "masquerade" },
          { masquerade: "eth1", from: "few", ipv6: "masquerade" },
          { masquerade: "eth1", from: "lan" },
        ],
      },
      { groups: { few: ["b", "10.0.0.64/30"] } },
    );
    const out = "oifname eth1";
    expect(chain(model, "gw", "postrouting")).toEqual([
      `${V4} ${out} ip saddr {10.0.0.2, 10.0.0.128/25} masquerade`,
      `${V6} ${out} ip6 saddr fd00:1::2 masquerade`,
      `${V4} ${out} ip saddr @few_v4 masquerade`,
      `${V6} ${out} ip6 saddr @few_v6 masquerade`,
      `${V4} ${out} ip saddr 10.0.0.0/24 masquerade`,
    ]);
    expect([elements(model, "gw", "few_v4"), elements(model, "gw", "few_v6")]).toEqual([
      ["10.0.0.3", "10.0.0.64/30"],
      ["fd00:1::3"],
    ]);
  });

  test("snat to an address, to a range, with ports", () => {
    const { model, warnings } = office({
      nat: [
        { snat: { out: "eth1", to: "203.0.113.1" }, from: "a" },
        { snat: { out: "eth1", to: "2001:db8::1" } },
        { snat: { out: "eth1", to: "203.0.114.8-203.0.114.15", ports: "1024-2047" } },
      ],
    });
    expect(warnings).toEqual([]);
    const out = "oifname eth1";
    expect(chain(model, "gw", "postrouting")).toEqual([
      `${V4} ${out} ip saddr 10.0.0.2 snat 203.0.113.1 : -`,
      `${V6} ${out} snat 2001:db8::1 : -`,
      `${V4} ${out} l4proto {tcp, udp} snat 203.0.114.8-203.0.114.15 : 1024-2047`,
      `${V4} ${out} snat 203.0.114.8-203.0.114.15 : -`,
    ]);
  });

  test("one IPv6 prefix for another, both ways", () => {
    const { model } = office({ nat: [{ masquerade: "eth1", ipv6: { prefix: "2001:db8:1::/64" } }] });
    expect(chain(model, "gw", "postrouting")).toEqual([
      `${V4} oifname eth1 masquerade`,
      `${V6} oifname eth1 ip6 saddr fd00:1::/64 snat prefix 2001:db8:1::/64 : -`,
    ]);
    expect(chain(model, "gw", "prerouting")).toEqual([
      `${V6} iifname eth1 ip6 daddr 2001:db8:1::/64 fib daddr type != local dnat prefix fd00:1::/64 : -`,
    ]);
  });

  test("a prefix leads nobody past the node's own firewall", () => {
    const nat = [{ masquerade: "eth1", ipv6: { prefix: "2001:db8:1::/64" } }];
    const firewall = { forward: "drop" as const };
    expect(chain(office({ nat, firewall }).model, "gw", "forward")).toEqual(["policy drop"]);
    const { model } = office({ nat, firewall, publish: [{ port: 80, to: "a" }] });
    expect(chain(model, "gw", "forward")).toEqual([
      "policy drop",
      `${V4} ct status dnat accept # published`,
      `${V6} ct status dnat ct original ip6 daddr != 2001:db8:1::/64 accept # published`,
    ]);
  });

  const closed = [`${V4} iifname eth1 ct state new ct status != dnat drop # unsolicited`];
  const closedNode = [`${V4} iifname eth1 ct state new ct status != dnat l4proto {tcp, udp} drop # unsolicited`];
  const leaving = `${V4} oifname eth1 fib saddr type != local`;

  test.each(["corporate", "cloud"] as const)("%s: each connection gets a port of its own", (type) => {
    const { model } = office({ nat: [{ masquerade: "eth1", type }] });
    expect(table(model, "gw").sets).toEqual([]);
    expect(chain(model, "gw", "postrouting")).toEqual([`${leaving} masquerade fully-random`]);
    expect([chain(model, "gw", "prerouting"), chain(model, "gw", "input"), chain(model, "gw", "forward")]).toEqual([
      [],
      closedNode,
      closed,
    ]);
  });

  const endpoint = "l4proto . ip saddr . sport";
  test("home: books of ports, nothing from outside but answers, hairpins", () => {
    const { model } = office({ nat: [{ masquerade: "eth1", type: "home" }] });
    expect(table(model, "gw").sets.map((set) => [set.name, set.key.join(), set.value?.join(), set.timeout])).toEqual([
      ["nat1_in_ip4", "inet_proto,inet_service", "ipv4_addr,inet_service", 300],
      ["nat1_out_ip4", "inet_proto,ipv4_addr,inet_service", "inet_service", 300],
      ["nat1_taken_ip4", "inet_proto,inet_service", undefined, 300],
    ]);
    expect(chain(model, "gw", "prerouting")).toEqual([
      `${V4} iifname != eth1 ip daddr 203.0.113.1 l4proto {tcp, udp} dnat nat1_in_ip4[l4proto . dport] : nat1_in_ip4[l4proto . dport] # hairpin`,
    ]);
    expect(chain(model, "gw", "postrouting")).toEqual([
      `${V4} iifname != eth1 oifname != eth1 fib saddr type != local ct status dnat l4proto {tcp, udp} l4proto . ct original proto-dst @nat1_taken_ip4 goto nat1_hairpin_ip4`,
      `${leaving} l4proto {tcp, udp} goto nat1_map_ip4`,
      `${leaving} masquerade`,
    ]);
    const [known, kept, other, ...rest] = chain(model, "gw", "nat1_map_ip4");
    expect(known).toBe(`${V4} masquerade nat1_out_ip4[${endpoint}] # has a port`);
    expect(kept).toBe(
      `${V4} l4proto . sport != @nat1_taken_ip4 nat1_taken_ip4[l4proto . sport] =  nat1_in_ip4[l4proto . sport] = ip saddr . sport nat1_out_ip4[${endpoint}] = sport masquerade sport # keeps its port`,
    );
    expect(other).toContain("l4proto . hash(ip saddr . sport, 1) != @nat1_taken_ip4");
    expect(other).toMatch(/masquerade hash\(ip saddr \. sport, 1\) # takes another port$/);
    expect([rest.length, rest.at(-1)]).toEqual([4, "drop # no port left"]);
    const refresh = chain(model, "gw", "nat_refresh");
    expect(
      refresh.map((rule) => /l4proto (\w+) ct direction (\w+) ct status (\w+) .* (\d+)s/.exec(rule)?.slice(1)),
    ).toEqual([
      ["tcp", "original", "snat", "7440"],
      ["tcp", "reply", "dnat", "7440"],
      ["udp", "original", "snat", "300"],
      ["udp", "reply", "dnat", "300"],
    ]);
    expect([chain(model, "gw", "input"), chain(model, "gw", "forward")]).toEqual([closedNode, closed]);
  });

  const into = "dnat nat1_in_ip4[l4proto . dport] : nat1_in_ip4[l4proto . dport] # to who has the port";
  test.each(["full-cone", "cgnat"] as const)("%s: whoever has the port gets it from anyone", (type) => {
    const { model } = office({ nat: [{ masquerade: "eth1", type }] });
    expect(chain(model, "gw", "prerouting")[0]).toBe(
      `${V4} iifname eth1 ip daddr 203.0.113.1 l4proto {tcp, udp} ${into}`,
    );
  });

  test("address-dependent filtering asks whether that address was sent to", () => {
    const type = { filtering: "address-dependent" } as const;
    const { model } = office({ nat: [{ masquerade: "eth1", type }] });
    expect(chain(model, "gw", "prerouting")).toEqual([
      `${V4} iifname eth1 ip daddr 203.0.113.1 l4proto {tcp, udp} l4proto . dport . ip saddr @nat1_seen_ip4 ${into}`,
    ]);
    for (const rule of chain(model, "gw", "nat_refresh"))
      expect(rule).toMatch(/nat1_seen_ip4\[l4proto \. sport \. ip daddr\] =  (300|7440)s$/);
  });

  test("a mapping for each destination with endpoint-independent filtering has the destination in its key", () => {
    const type = { mapping: "address-and-port-dependent", filtering: "endpoint-independent" } as const;
    const { model } = office({ nat: [{ masquerade: "eth1", type }] });
    const rules = chain(model, "gw", "nat1_map_ip4");
    expect(rules).toHaveLength(6); // no rule that keeps the port: two destinations would share it
    expect(rules[0]).toBe(`${V4} masquerade nat1_out_ip4[${endpoint} . ip daddr . dport] # has a port`);
    expect(rules[1]).toContain("hash(ip saddr . sport . ip daddr . dport, 1)");
  });

  test("of both families when IPv6 is masqueraded, and only for those in from", () => {
    const { model } = office({ nat: [{ masquerade: "eth1", from: "a", type: "cloud", ipv6: "masquerade" }] });
    const random = "fib saddr type != local";
    expect(chain(model, "gw", "postrouting")).toEqual([
      `${V4} oifname eth1 ${random} ip saddr 10.0.0.2 masquerade fully-random`,
      `${V6} oifname eth1 ${random} ip6 saddr fd00:1::2 masquerade fully-random`,
    ]);
    expect(chain(model, "gw", "forward")).toEqual([
      `${V4} iifname eth1 ct state new ct status != dnat ip daddr 10.0.0.2 drop # unsolicited`,
      `${V6} iifname eth1 ct state new ct status != dnat ip6 daddr fd00:1::2 drop # unsolicited`,
    ]);
  });

  test("published ports are not given away", () => {
    const { model } = office({ nat: [{ masquerade: "eth1", type: "home" }], publish: [{ port: 80, to: "a" }] });
    expect(elements(model, "gw", "published")).toEqual(["tcp . 80"]);
    for (const rule of chain(model, "gw", "nat1_map_ip4").slice(1, -1)) expect(rule).toContain("!= @published");
  });
});

describe("publish", () => {
  test("on an interface: its addresses, in maps for outside and for the node itself", () => {
    const { model } = office({
      publish: [
        { in: "eth1", port: 8080, to: "b:80" },
        { in: "eth1", port: "5000-5002", protocol: "both", to: "10.0.0.2:6000-6002" },
      ],
    });
    expect(elements(model, "gw", "publish_ip4")).toEqual([
      "203.0.113.1 . tcp . 5000 = 10.0.0.2 . 6000",
      "203.0.113.1 . tcp . 5001 = 10.0.0.2 . 6001",
      "203.0.113.1 . tcp . 5002 = 10.0.0.2 . 6002",
      "203.0.113.1 . tcp . 8080 = 10.0.0.3 . 80",
      "203.0.113.1 . udp . 5000 = 10.0.0.2 . 6000",
      "203.0.113.1 . udp . 5001 = 10.0.0.2 . 6001",
      "203.0.113.1 . udp . 5002 = 10.0.0.2 . 6002",
    ]);
    expect(elements(model, "gw", "publish_ip6")).toEqual(["2001:db8::1 . tcp . 8080 = fd00:1::3 . 80"]);
    const of = (set: string, key: string): string => `l4proto {tcp, udp} dnat ${set}[${key}] : ${set}[${key}]`;
    const rules = [
      `${V4} ${of("publish_ip4", "ip daddr . l4proto . dport")}`,
      `${V6} ${of("publish_ip6", "ip6 daddr . l4proto . dport")}`,
    ];
    expect([chain(model, "gw", "prerouting"), chain(model, "gw", "nat_output")]).toEqual([rules, rules]);
    expect(chain(model, "gw", "postrouting")).toEqual([
      "iifname . oifname {eth0 . eth0, eth1 . eth1} ct status dnat masquerade # hairpin",
    ]);
  });

  test("on every address of the node but its loopback", () => {
    const { model } = office({ publish: [{ port: "53", protocol: "udp", to: "[fd00:1::3]:5353" }] });
    expect(elements(model, "gw", "publish_any_ip6")).toEqual(["udp . 53 = fd00:1::3 . 5353"]);
    const rest =
      "fib daddr type local l4proto {tcp, udp} dnat publish_any_ip6[l4proto . dport] : publish_any_ip6[l4proto . dport]";
    expect(chain(model, "gw", "prerouting")).toEqual([`${V6} ${rest}`]);
    expect(chain(model, "gw", "nat_output")).toEqual([`${V6} ip6 daddr != ::1 ${rest}`]);
  });

  test("two hundred ports are two rules", () => {
    const publish = Array.from({ length: 200 }, (_, i) => ({ port: 8000 + i, to: `10.0.0.2:${9000 + i}` }));
    const { model } = office({ publish });
    expect(elements(model, "gw", "publish_any_ip4")).toHaveLength(200);
    expect(table(model, "gw").chains.flatMap((each) => each.rules)).toHaveLength(3);
  });

  test("a target's address near the node is taken, and its fixed lease if it has no other", () => {
    const { model } = resolveTopology({
      switches: { lan: { subnet: "10.0.0.0/24" }, far: { subnet: "10.9.0.0/24" } },
      hosts: {
        two: { interfaces: { eth0: "far", eth1: "lan" } },
        leased: { interfaces: { eth0: { link: "lan", address: "dhcp" } } },
      },
      routers: {
        gw: {
          interfaces: { eth0: { link: "lan", address: "10.0.0.1", dhcp: { fixed: { leased: "10.0.0.50" } } } },
          publish: [
            { port: 1, to: "two" },
            { port: 2, to: "leased:22" },
          ],
        },
      },
    });
    expect(elements(model, "gw", "publish_any_ip4")).toEqual(["tcp . 1 = 10.0.0.2 . 1", "tcp . 2 = 10.0.0.50 . 22"]);
  });

  test("on an interface whose own address is leased", () => {
    const { model } = resolveTopology({
      switches: { lan: { subnet: "10.0.0.0/24" } },
      hosts: { b: { interfaces: { eth0: "lan" } } },
      routers: {
        isp: { interfaces: { eth0: { link: "gw:eth1", address: "198.51.100.1/24", dhcp: true } } },
        gw: {
          interfaces: { eth0: { link: "lan", address: "10.0.0.1" }, eth1: { link: "isp:eth0", address: "dhcp" } },
          publish: [{ in: "eth1", port: 80, to: "b" }],
        },
      },
    });
    const lead = "l4proto {tcp, udp} dnat publish_eth1_ip4[l4proto . dport] : publish_eth1_ip4[l4proto . dport]";
    expect(chain(model, "gw", "prerouting")).toEqual([
      `${V4} iifname eth1 fib daddr . iif type local ${lead}`,
      `${V4} iifname != eth1 fib daddr type local fib daddr . iif type != local ${lead}`,
    ]);
  });

  test("its connections pass the node's own firewall, behind the user's rules", () => {
    const { model } = office({
      publish: [{ port: 80, to: "a" }],
      firewall: { forward: "drop", rules: ["drop all from 203.0.113.66"] },
    });
    expect(chain(model, "gw", "forward")).toEqual([
      "policy drop",
      `${V4} ip saddr 203.0.113.66 drop # drop all from 203.0.113.66`,
      "ct status dnat accept # published",
    ]);
  });
});
