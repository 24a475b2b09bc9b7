// What firewall and groups become: the rules of a model. What those rules do to packets is shown in test/cli/.

import { describe, expect, test } from "vitest";
import { resolveTopology } from "../../../../src/topology/index.ts";
import { node } from "../../helpers.ts";
import { office, V4, V6 } from "../../office.ts";
import { chain, elements, table } from "./rules.ts";

test("a node without nat, publish and firewall has no table", () => {
  const { model } = office(
    { nat: [], publish: null, firewall: { input: "accept", rules: [] } },
    { groups: { g: "a" } },
  );
  expect(model.namespaces.flatMap((each) => each.netfilter)).toEqual([]);
});

describe("firewall", () => {
  const discovery =
    "nfproto ipv6 l4proto ipv6-icmp icmpv6 type {nd-neighbor-advert, nd-neighbor-solicit, nd-router-advert, nd-router-solicit} accept # neighbour discovery";

  test("policies: the node's loopback and neighbour discovery stay", () => {
    const { model } = office({ firewall: { input: "drop", forward: "drop", output: "drop" } });
    expect(["input", "forward", "output"].map((hook) => chain(model, "gw", hook))).toEqual([
      ["policy drop", "iifname lo accept # loopback", discovery],
      ["policy drop"],
      ["policy drop", "oifname lo accept # loopback", discovery],
    ]);
    const { model: bare } = resolveTopology({ hosts: { a: { firewall: { input: "drop" } } } });
    expect(chain(bare, "a", "input")).toEqual(["policy drop", "iifname lo accept # loopback"]);
  });

  const cases: [rule: string, rules: string[]][] = [
    ["allow established", ["ct state {established, related} accept"]],
    ["drop invalid", ["ct state invalid drop"]],
    ["allow all from lan to wan", ["iifname eth0 oifname eth1 accept"]],
    ["allow tcp/443 from eth0", ["iifname eth0 l4proto tcp dport 443 accept"]],
    ["drop icmp from 10.0.2.0/24", [`${V4} ip saddr 10.0.2.0/24 l4proto icmp drop`]],
    ["drop icmp from any", ["l4proto {icmp, ipv6-icmp} drop"]],
    [
      "reject udp/53 to b",
      [
        `${V4} ip daddr 10.0.0.3 l4proto udp dport 53 reject icmpx port-unreachable`,
        `${V6} ip6 daddr fd00:1::3 l4proto udp dport 53 reject icmpx port-unreachable`,
      ],
    ],
    ["reject tcp", ["l4proto tcp reject tcp reset"]],
    [
      "allow tcp/80,443,8000-8010,8005-8020,443 from trusted to 10.0.0.5",
      [`${V4} ip saddr @trusted_v4 ip daddr 10.0.0.5 l4proto tcp dport {80, 443, 8000-8020} accept`],
    ],
    [
      "drop udp from s limit 10/second log",
      [
        `${V4} ip saddr 203.0.113.2 l4proto udp limit 10/1s log "netloom: " drop`,
        `${V6} ip6 saddr 2001:db8::2 l4proto udp limit 10/1s log "netloom: " drop`,
      ],
    ],
    ["allow icmp limit 3/hour", ["l4proto {icmp, ipv6-icmp} limit 3/3600s accept"]],
  ];

  test.each(cases)("%s", (text, expected) => {
    const groups = { trusted: ["10.0.0.64/26", "10.0.0.65", "fd00:9::/48", "a"] };
    const { model } = office({ firewall: { rules: [`${text} on forward`] } }, { groups });
    expect(chain(model, "gw", "forward").map((rule) => rule.replace(` # ${text} on forward`, ""))).toEqual(expected);
    expect(chain(model, "gw", "input")).toEqual([]);
  });

  test("a rule is for input and forward, for forward alone if it says where to, or where it says", () => {
    const rules = ["allow tcp/1", "allow tcp/2 to eth1", "allow tcp/3 in output", "allow tcp/4 on input"];
    const { model } = office({ firewall: { rules } });
    const ports = (hook: string): string[] =>
      chain(model, "gw", hook).flatMap((rule) => /dport (\d+)/.exec(rule)?.[1] ?? []);
    expect(["input", "forward", "output"].map(ports)).toEqual([["1", "4"], ["1", "2"], ["3"]]);
  });

  test("groups become sets, of which those of one range do not overlap", () => {
    const groups = { trusted: ["10.0.0.64/26", "10.0.0.65", "fd00:9::/48", "a"], unused: "b" };
    const { model } = office({ firewall: { rules: ["drop all from trusted"] } }, { groups });
    expect(table(model, "gw").sets.map((set) => [set.name, set.interval])).toEqual([
      ["trusted_v4", true],
      ["trusted_v6", true],
    ]);
    expect(elements(model, "gw", "trusted_v4")).toEqual(["10.0.0.2", "10.0.0.64/26"]);
  });

  test("root names its switches as interfaces", () => {
    const { model } = resolveTopology({
      switches: { lan: { subnet: "10.0.0.0/24", address: "10.0.0.1/24" } },
      root: { forwarding: true, nat: [{ masquerade: "lan" }], firewall: { rules: ["drop all from lan on input"] } },
    });
    expect(chain(model, "root", "postrouting")).toEqual([`${V4} oifname lan masquerade`]);
    expect(chain(model, "root", "input")).toEqual(["iifname lan drop # drop all from lan on input"]);
    expect(node(model, "root").netfilter).toHaveLength(1);
  });
});
