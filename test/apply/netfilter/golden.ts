// Rules in nft's words, and the same in the model's.

import type {
  NatFlag,
  NetfilterOperand,
  NetfilterRule,
  NetfilterSet,
  NetfilterStep,
} from "../../../src/model/index.ts";
import { accept, counter, drop, ipv4, ipv6, lookup, map, masquerade, match, rule, set, tcp, unless } from "./tables.ts";

const icmp = match("l4proto", "icmp");
const constant = (from: string, to = from) => ({ kind: "constant", from, to }) as const;
const prefix = (text: string) => ({ kind: "prefix", prefix: text }) as const;
const nat = (
  kind: "snat" | "dnat",
  family: 4 | 6,
  address: NetfilterOperand,
  port: NetfilterOperand | null = null,
  flags: readonly NatFlag[] = [],
): NetfilterStep => ({ kind, family, address, port, flags });
const reject = (text: string): NetfilterStep => ({ kind: "reject", with: text });

/** nft's text of a set or map, and ours. Every one is of a type of its own. */
export const SETS: readonly (readonly [string, NetfilterSet])[] = [
  [
    "set addresses { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }",
    set("addresses", ["ipv4_addr"], [["10.0.0.1"], ["10.0.0.2"]]),
  ],
  [
    "set networks { type ipv4_addr; flags interval; elements = { 10.0.0.0/24, 10.1.0.1-10.1.0.5, 255.0.0.0/8 } }",
    set("networks", ["ipv4_addr"], [["10.0.0.0/24"], ["10.1.0.1-10.1.0.5"], ["255.0.0.0/8"]], { interval: true }),
  ],
  [
    "set networks6 { type ipv6_addr; flags interval; elements = { 2001:db8::/32, ::1 } }",
    set("networks6", ["ipv6_addr"], [["2001:db8::/32"], ["::1"]], { interval: true }),
  ],
  [
    "set marks { type mark; flags interval; elements = { 0x1-0x5 } }",
    set("marks", ["mark"], [["0x00000001-0x00000005"]], { interval: true }),
  ],
  ['set links { type ifname; elements = { "eth0", "eth1" } }', set("links", ["ifname"], [["eth0"], ["eth1"]])],
  [
    "set pairs { type ipv4_addr . inet_service; elements = { 10.0.0.1 . 80 } }",
    set("pairs", ["ipv4_addr", "inet_service"], [["10.0.0.1", "80"]]),
  ],
  [
    "set areas { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/24 . 80-90, 10.1.0.1 . 53 } }",
    set(
      "areas",
      ["ipv4_addr", "inet_service"],
      [
        ["10.0.0.0/24", "80-90"],
        ["10.1.0.1", "53"],
      ],
      { interval: true },
    ),
  ],
  [
    "set seen { type ipv4_addr . inet_service; size 100; flags dynamic,timeout; timeout 1m; }",
    set("seen", ["ipv4_addr", "inet_service"], [], { dynamic: true, timeout: 60, size: 100 }),
  ],
  ["set plain { type ipv4_addr; flags dynamic; }", set("plain", ["ipv4_addr"], [], { dynamic: true })],
  [
    "map services { type inet_service : ipv4_addr . inet_service; elements = { 80 : 10.0.0.1 . 8080 } }",
    map("services", ["inet_service"], ["ipv4_addr", "inet_service"], [[["80"], ["10.0.0.1", "8080"]]]),
  ],
  [
    "map verdicts { type inet_service : verdict; elements = { 80 : accept, 81 : jump other, 82 : goto other, 83 : drop } }",
    map(
      "verdicts",
      ["inet_service"],
      ["verdict"],
      [
        [["80"], ["accept"]],
        [["81"], ["jump other"]],
        [["82"], ["goto other"]],
        [["83"], ["drop"]],
      ],
    ),
  ],
  [
    "map learned { type ipv4_addr . inet_service : ipv4_addr . inet_service; size 50; flags dynamic,timeout; timeout 30s; }",
    map("learned", ["ipv4_addr", "inet_service"], ["ipv4_addr", "inet_service"], [], {
      dynamic: true,
      timeout: 30,
      size: 50,
    }),
  ],
];

type Golden = readonly (readonly [nft: string, ours: NetfilterRule])[];

export const FILTER: Golden = [
  ["tcp dport 80 accept", rule(tcp, match("dport", "80"), accept)],
  ["tcp dport 80-90 accept", rule(tcp, match("dport", "80-90"), accept)],
  ["tcp dport != 80-90 counter drop", rule(tcp, unless("dport", "80-90"), counter, drop)],
  ["tcp dport { 80, 443 } accept", rule(tcp, match("dport", "80", "443"), accept)],
  ["tcp dport { 80-90, 443 } accept", rule(tcp, match("dport", "80-90", "443"), accept)],
  ["tcp sport != { 80, 443 } accept", rule(tcp, unless("sport", "80", "443"), accept)],
  ["meta l4proto { tcp, udp } th dport 53 accept", rule(match("l4proto", "tcp", "udp"), match("dport", "53"), accept)],
  ["ip saddr 10.0.0.1 accept", rule(ipv4, match("ip saddr", "10.0.0.1"), accept)],
  ["ip saddr 10.0.0.0/24 accept", rule(ipv4, match("ip saddr", "10.0.0.0/24"), accept)],
  ["ip daddr != 10.0.0.0/25 accept", rule(ipv4, unless("ip daddr", "10.0.0.0/25"), accept)],
  ["ip daddr 10.0.0.1-10.0.0.9 accept", rule(ipv4, match("ip daddr", "10.0.0.1-10.0.0.9"), accept)],
  ["ip saddr { 10.0.0.1, 10.0.0.2 } accept", rule(ipv4, match("ip saddr", "10.0.0.1", "10.0.0.2"), accept)],
  ["ip saddr { 10.0.0.0/24, 10.0.2.1 } accept", rule(ipv4, match("ip saddr", "10.0.0.0/24", "10.0.2.1"), accept)],
  [
    "ip saddr { 10.0.0.0/25, 10.0.0.128/25, 10.0.0.7, 10.1.0.7 } accept",
    rule(ipv4, match("ip saddr", "10.0.0.0/25", "10.0.0.128/25", "10.0.0.7", "10.1.0.7"), accept),
  ],
  ["ip protocol icmp accept", rule(ipv4, match("ip protocol", "icmp"), accept)],
  ["ip6 saddr 2001:db8::/64 accept", rule(ipv6, match("ip6 saddr", "2001:db8::/64"), accept)],
  ["ip6 daddr 2001:db8::/61 accept", rule(ipv6, match("ip6 daddr", "2001:db8::/61"), accept)],
  ["ip6 daddr ::1 accept", rule(ipv6, match("ip6 daddr", "::1"), accept)],
  [
    "ip saddr . tcp dport { 10.0.0.1 . 80 } accept",
    rule(ipv4, tcp, match(["ip saddr", "dport"], "10.0.0.1 . 80"), accept),
  ],
  [
    "ip saddr . tcp dport { 10.0.0.0/24 . 80-90, 10.1.0.1 . 5 } accept",
    rule(ipv4, tcp, match(["ip saddr", "dport"], "10.0.0.0/24 . 80-90", "10.1.0.1 . 5"), accept),
  ],
  ["ip saddr @addresses accept", rule(ipv4, lookup("ip saddr", "addresses"), accept)],
  ["ip saddr != @networks drop", rule(ipv4, lookup("ip saddr", "networks", true), drop)],
  ["ip saddr . tcp dport @areas accept", rule(ipv4, tcp, lookup(["ip saddr", "dport"], "areas"), accept)],
  ["ct state established,related accept", rule(match("ct state", "established", "related"), accept)],
  ["ct state invalid drop", rule(match("ct state", "invalid"), drop)],
  ["ct state ! new accept", rule(unless("ct state", "new"), accept)],
  ["ct status dnat accept", rule(match("ct status", "dnat"), accept)],
  ["ct direction reply accept", rule(match("ct direction", "reply"), accept)],
  ["ct mark 0x7 accept", rule(match("ct mark", "0x00000007"), accept)],
  ["ct original ip saddr 10.0.0.0/24 accept", rule(match("ct original ip saddr", "10.0.0.0/24"), accept)],
  [
    "ct original ip daddr { 10.0.0.0/24, 10.0.3.0/24 } accept",
    rule(match("ct original ip daddr", "10.0.0.0/24", "10.0.3.0/24"), accept),
  ],
  ["ct reply ip6 saddr 2001:db8::1 accept", rule(match("ct reply ip6 saddr", "2001:db8::1"), accept)],
  ["meta mark 0x5 accept", rule(match("mark", "0x00000005"), accept)],
  ["meta mark 0x1-0x5 accept", rule(match("mark", "0x00000001-0x00000005"), accept)],
  ["meta mark { 0x1-0x5, 0x8 } accept", rule(match("mark", "0x00000001-0x00000005", "0x00000008"), accept)],
  ["meta mark { 0x1, 0x8 } accept", rule(match("mark", "0x00000001", "0x00000008"), accept)],
  ["meta mark @marks accept", rule(lookup("mark", "marks"), accept)],
  ['iifname "eth0" accept', rule(match("iifname", "eth0"), accept)],
  ['oifname != "eth0" accept', rule(unless("oifname", "eth0"), accept)],
  ['iifname "eth*" accept', rule(match("iifname", "eth*"), accept)],
  ['iifname { "eth0", "lo" } accept', rule(match("iifname", "eth0", "lo"), accept)],
  ['iifname { "eth*", "lo" } accept', rule(match("iifname", "eth*", "lo"), accept)],
  ["iifname @links accept", rule(lookup("iifname", "links"), accept)],
  [
    'iifname . ip saddr { "eth0" . 10.0.0.1 } accept',
    rule(ipv4, match(["iifname", "ip saddr"], "eth0 . 10.0.0.1"), accept),
  ],
  ["fib daddr type local accept", rule(match("fib daddr type", "local"), accept)],
  ["fib daddr type { local, broadcast } accept", rule(match("fib daddr type", "local", "broadcast"), accept)],
  ["tcp flags syn accept", rule(tcp, match("tcp flags", "syn"), accept)],
  ["tcp flags syn,ack accept", rule(tcp, match("tcp flags", "syn", "ack"), accept)],
  ["tcp flags ! syn,ack accept", rule(tcp, unless("tcp flags", "ack", "syn"), accept)],
  ["icmp type echo-request accept", rule(ipv4, icmp, match("icmp type", "echo-request"), accept)],
  [
    "icmp type { echo-request, echo-reply } accept",
    rule(ipv4, icmp, match("icmp type", "echo-request", "echo-reply"), accept),
  ],
  [
    "icmpv6 type nd-neighbor-solicit accept",
    rule(ipv6, match("l4proto", "ipv6-icmp"), match("icmpv6 type", "nd-neighbor-solicit"), accept),
  ],
  ["meta pkttype broadcast drop", rule(match("pkttype", "broadcast"), drop)],
  [
    "limit rate 5/second burst 7 packets accept",
    rule({ kind: "limit", rate: 5, seconds: 1, burst: 7, over: false }, accept),
  ],
  ["limit rate over 5/minute drop", rule({ kind: "limit", rate: 5, seconds: 60, burst: 5, over: true }, drop)],
  ['log prefix "x: " level info', rule({ kind: "log", prefix: "x: ", level: 6, group: null })],
  ['log prefix "x"', rule({ kind: "log", prefix: "x", level: null, group: null })],
  ["log group 3", rule({ kind: "log", prefix: null, level: null, group: 3 })],
  ["meta mark set 0x5", rule({ kind: "set", field: "mark", value: 5 })],
  ["ct mark set 0xff000000", rule({ kind: "set", field: "ct mark", value: 0xff000000 })],
  [
    "ip saddr 10.0.0.1 reject with icmp admin-prohibited",
    rule(ipv4, match("ip saddr", "10.0.0.1"), reject("icmp admin-prohibited")),
  ],
  ["ip6 saddr ::1 reject with icmpv6 no-route", rule(ipv6, match("ip6 saddr", "::1"), reject("icmpv6 no-route"))],
  ["reject with icmpx host-unreachable", rule(reject("icmpx host-unreachable"))],
  ["reject", rule(reject("icmpx port-unreachable"))],
  ["reject with tcp reset", rule(tcp, reject("tcp reset"))],
  ["notrack", rule({ kind: "notrack" })],
  ["tcp dport vmap @verdicts", rule(tcp, { kind: "verdict-map", fields: ["dport"], set: "verdicts" })],
  ["jump other", rule({ kind: "jump", chain: "other" })],
  ["counter return", rule(counter, { kind: "return" })],
  ["goto other", rule({ kind: "goto", chain: "other" })],
  ['accept comment "what it is for"', rule(accept, "what it is for")],
  [
    "add @plain { ip saddr }",
    rule(ipv4, { kind: "update", operation: "add", set: "plain", key: ["ip saddr"], value: [], timeout: null }),
  ],
  [
    "update @seen { ip saddr . tcp sport timeout 30s }",
    rule(ipv4, tcp, {
      kind: "update",
      operation: "update",
      set: "seen",
      key: ["ip saddr", "sport"],
      value: [],
      timeout: 30,
    }),
  ],
  [
    "delete @seen { ip saddr . tcp sport }",
    rule(ipv4, tcp, {
      kind: "update",
      operation: "delete",
      set: "seen",
      key: ["ip saddr", "sport"],
      value: [],
      timeout: null,
    }),
  ],
  [
    "update @learned { ip saddr . tcp sport : ip daddr . tcp dport }",
    rule(ipv4, tcp, {
      kind: "update",
      operation: "update",
      set: "learned",
      key: ["ip saddr", "sport"],
      value: ["ip daddr", "dport"],
      timeout: null,
    }),
  ],
];

const services = (part: number) => ({ kind: "map", fields: ["dport"], set: "services", part }) as const;

export const DNAT: Golden = [
  [
    "tcp dport 80 dnat ip to 10.0.0.1:8080",
    rule(tcp, match("dport", "80"), nat("dnat", 4, constant("10.0.0.1"), constant("8080"))),
  ],
  ["dnat ip to 10.0.0.1-10.0.0.9", rule(nat("dnat", 4, constant("10.0.0.1", "10.0.0.9")))],
  [
    "meta l4proto tcp dnat ip to 10.0.0.1-10.0.0.9:80-90",
    rule(tcp, nat("dnat", 4, constant("10.0.0.1", "10.0.0.9"), constant("80", "90"))),
  ],
  ["meta l4proto tcp dnat ip6 to [2001:db8::1]:80", rule(tcp, nat("dnat", 6, constant("2001:db8::1"), constant("80")))],
  ["dnat ip to tcp dport map @services", rule(tcp, nat("dnat", 4, services(0), services(1)))],
  ["dnat ip prefix to 10.1.0.0/24", rule(nat("dnat", 4, prefix("10.1.0.0/24")))],
  ["meta l4proto tcp redirect to :80-90", rule(tcp, { kind: "redirect", port: constant("80", "90"), flags: [] })],
  ["meta l4proto tcp redirect to :80 random", rule(tcp, { kind: "redirect", port: constant("80"), flags: ["random"] })],
];

export const SNAT: Golden = [
  ["masquerade", rule(masquerade)],
  [
    'oifname "eth1" masquerade fully-random,persistent',
    rule(match("oifname", "eth1"), { kind: "masquerade", port: null, flags: ["persistent", "fully-random"] }),
  ],
  [
    "meta l4proto tcp masquerade to :40000-50000",
    rule(tcp, { kind: "masquerade", port: constant("40000", "50000"), flags: [] }),
  ],
  ["snat ip to 203.0.113.1 persistent", rule(nat("snat", 4, constant("203.0.113.1"), null, ["persistent"]))],
  ["snat ip6 prefix to 2001:db8:1::/64", rule(nat("snat", 6, prefix("2001:db8:1::/64")))],
];
