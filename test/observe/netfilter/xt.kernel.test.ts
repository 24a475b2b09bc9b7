import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { spawnSyncIn } from "../../../src/kernel/index.ts";
import type { NetfilterRule, NetfilterStep } from "../../../src/model/index.ts";
import { readTables } from "../../../src/observe/netfilter/index.ts";
import { accept, counter, drop, match, rule, tcp, unless } from "../../apply/netfilter/tables.ts";
import { Network } from "../../support/network.ts";
import { ownMachine } from "../../support/machine.ts";

beforeAll(ownMachine);

const hasIptables = spawnSync("iptables-nft", ["--version"]).status === 0;

const constant = (from: string, to = from) => ({ kind: "constant", from, to }) as const;
const nat = (
  kind: "snat" | "dnat",
  family: 4 | 6,
  more: Partial<Extract<NetfilterStep, { kind: "snat" | "dnat" }>>,
): NetfilterStep => ({ kind, family, address: null, port: null, flags: [], ...more });
const masquerade: NetfilterStep = { kind: "masquerade", port: null, flags: [] };
const icmp = match("l4proto", "icmp");
const opaque = (text: string) =>
  ({ kind: "opaque", text, data: expect.stringMatching(/^[0-9a-f]+$/) }) as NetfilterStep;

const RULES: readonly (readonly [string, NetfilterRule])[] = [
  [
    "-t nat -A POSTROUTING -s 10.0.0.0/24 -o eth0 -j MASQUERADE",
    rule(match("oifname", "eth0"), match("ip saddr", "10.0.0.0/24"), counter, masquerade),
  ],
  [
    "-t nat -A POSTROUTING ! -o eth0 -p tcp -j MASQUERADE --to-ports 1000-2000 --random",
    rule(unless("oifname", "eth0"), tcp, counter, {
      kind: "masquerade",
      port: constant("1000", "2000"),
      flags: ["random"],
    }),
  ],
  [
    "-t nat -A POSTROUTING -j SNAT --to-source 192.0.2.1",
    rule(counter, nat("snat", 4, { address: constant("192.0.2.1") })),
  ],
  [
    "-t nat -A POSTROUTING -p tcp -j SNAT --to-source 192.0.2.1-192.0.2.9:80-90 --persistent",
    rule(
      tcp,
      counter,
      nat("snat", 4, {
        address: constant("192.0.2.1", "192.0.2.9"),
        port: constant("80", "90"),
        flags: ["persistent"],
      }),
    ),
  ],
  [
    "-t nat -A PREROUTING -i eth+ -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1:8080",
    rule(
      match("iifname", "eth*"),
      tcp,
      match("dport", "80"),
      counter,
      nat("dnat", 4, { address: constant("10.0.0.1"), port: constant("8080") }),
    ),
  ],
  [
    "-t nat -A PREROUTING -p udp --dport 80:90 -j REDIRECT --to-ports 53",
    rule(match("l4proto", "udp"), match("dport", "80-90"), counter, {
      kind: "redirect",
      port: constant("53"),
      flags: [],
    }),
  ],
  [
    "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j ACCEPT",
    rule(match("fib daddr type", "local"), counter, accept),
  ],
  [
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    rule(match("ct state", "established", "related"), counter, accept),
  ],
  ["-A INPUT -m conntrack ! --ctstate INVALID -j ACCEPT", rule(unless("ct state", "invalid"), counter, accept)],
  ["-A INPUT -m state --state NEW -j ACCEPT", rule(match("ct state", "new"), counter, accept)],
  [
    "-A INPUT -p tcp -m multiport --dports 80,100:110,443 -j ACCEPT",
    rule(tcp, match("dport", "80", "100-110", "443"), counter, accept),
  ],
  [
    "-A INPUT -p icmp --icmp-type echo-request -j ACCEPT",
    rule(icmp, match("icmp type", "echo-request"), counter, accept),
  ],
  ["-A INPUT -i lo -j ACCEPT -m comment --comment hello", rule(match("iifname", "lo"), counter, accept, "hello")],
  [
    "-A INPUT -m limit --limit 5/min -j LOG --log-prefix x --log-level 6",
    rule({ kind: "limit", rate: 5, seconds: 60, burst: 5, over: false }, counter, {
      kind: "log",
      prefix: "x",
      level: 6,
      group: null,
    }),
  ],
  ["-A INPUT -p tcp -j REJECT --reject-with tcp-reset", rule(tcp, counter, { kind: "reject", with: "tcp reset" })],
  [
    "-A INPUT -j REJECT --reject-with icmp-host-prohibited",
    rule(counter, { kind: "reject", with: "icmp host-prohibited" }),
  ],
  ["-A INPUT -j DROP", rule(counter, drop)],
  ["-A INPUT -p tcp --syn -j DROP", rule(tcp, opaque("tcp flags syn / fin,syn,rst,ack"), counter, drop)],
  ["-A FORWARD -m physdev --physdev-in eth0 -j DROP", rule(opaque('xt match "physdev"'), counter, drop)],
  ["-t mangle -A PREROUTING -j MARK --set-mark 7", rule(counter, { kind: "set", field: "mark", value: 7 })],
  ["-t mangle -A PREROUTING -j MARK --or-mark 7", rule(counter, opaque('xt target "MARK"'))],
];

const RULES6: typeof RULES = [
  ["-t nat -A POSTROUTING -s fd00::/64 -j MASQUERADE", rule(match("ip6 saddr", "fd00::/64"), counter, masquerade)],
  [
    "-t nat -A PREROUTING -p tcp -j DNAT --to-destination [fd00::1]:80",
    rule(tcp, counter, nat("dnat", 6, { address: constant("fd00::1"), port: constant("80") })),
  ],
  ["-A INPUT -j REJECT", rule(counter, { kind: "reject", with: "icmpv6 port-unreachable" })],
  [
    "-A INPUT -p ipv6-icmp --icmpv6-type echo-request -j ACCEPT",
    rule(match("l4proto", "ipv6-icmp"), match("icmpv6 type", "echo-request"), counter, accept),
  ],
];

//   [nf-a]  a namespace by itself
test
  .skipIf(!hasIptables)
  .each([
    ...RULES.map((row) => ["iptables-nft", ...row] as const),
    ...RULES6.map((row) => ["ip6tables-nft", ...row] as const),
  ])("%s %s", (program, command, expected) => {
  using network = new Network(["nf-a"]);
  const fd = network.fd("nf-a");
  const { status, stderr } = spawnSyncIn(fd, program, command.split(" "));
  expect([status, stderr]).toEqual([0, ""]);
  const rules = readTables(fd, "nf-a").flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  expect(rules).toEqual([expected]);
});
