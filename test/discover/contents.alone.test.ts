// What is discovered in one namespace, against what iproute2 says of it.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { libc } from "../../src/kernel/libc.ts";
import { NetlinkSocket, OpenNamespace, within } from "../../src/kernel/index.ts";
import { readVlans } from "../../src/discover/vlans.ts";
import { discovered } from "../../src/show/discover/index.ts";
import { PLAIN } from "../../src/show/index.ts";
import { children, discover, json, link, place, tidy } from "./machine.ts";
import { sh } from "../support/witnesses.ts";

afterEach(tidy);

describe("what a namespace holds", () => {
  //   a: eth0 10.1.0.1/24 ═══ eth0: b 10.1.0.2/24
  const PAIR = `ip netns add a; ip netns add b; ip -n a link add eth0 type veth peer name eth0 netns b
    for n in a b; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
    ip -n a addr add 10.1.0.1/24 dev eth0; ip -n b addr add 10.1.0.2/24 dev eth0`;

  test("routes of all tables, rules, neighbours with their state", () => {
    sh(`${PAIR}
      ip -n a route add default via 10.1.0.2; ip -n a route add 10.9.0.0/16 via 10.1.0.2 table 100
      ip -n a route add blackhole 192.0.2.0/24; ip -n a route add local 10.7.0.0/16 dev lo table local
      ip -n a rule add from 10.9.0.0/16 table 100 priority 1000
      ip -n a neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent
      ip netns exec a ping -c1 -W1 10.1.0.2`);
    const { model, neighbours, localRoutes } = place(discover(), "a");
    const theirs = json<{ dst: string; protocol?: string; table?: string }>("ip -4 -n a -j route show table all");
    // Those of `ip route add` are of protocol boot, which is left unsaid.
    const added = theirs.filter(({ protocol }) => protocol === undefined);
    expect(added).toHaveLength(4);
    const ours = [...model.routes, ...localRoutes].filter(({ family, origin }) => family === 4 && origin !== "kernel");
    expect(ours.map(({ to, table }) => `${to} ${table}`).sort()).toEqual([
      "0.0.0.0/0 254",
      "10.7.0.0/16 255",
      "10.9.0.0/16 100",
      "192.0.2.0/24 254",
    ]);
    expect(model.rules).toMatchObject([{ priority: 1000, from: "10.9.0.0/16", action: { kind: "table", table: 100 } }]);
    const seen = json<{ dst: string; lladdr?: string; state: string[] }>("ip -n a -j -4 neigh");
    const known = neighbours.filter(({ family }) => family === 4);
    expect(known.map(({ address, mac, state }) => `${address} ${mac} ${state}`).sort()).toEqual(
      seen.map(({ dst, lladdr, state }) => `${dst} ${lladdr} ${state[0]!.toLowerCase()}`).sort(),
    );
    expect(seen).toHaveLength(2);
  });

  test("what routes say beyond a destination and a way", () => {
    sh(`${PAIR}; ip -n a addr add fd00::1/64 dev eth0 nodad; ip -n a route add 10.13.0.0/16 via 10.1.0.2 mtu 1300 advmss 1200
      ip -n a route add 10.14.0.0/16 via 10.1.0.2 table 77 tos 0x10; ip -n a route add 10.15.0.0/16 via 10.1.0.2
      ip -n a -6 route add fd02::/64 via fd00::2 pref high; ip -n a -6 route add fd03::/64 from fd00::/64 via fd00::2`);
    const discovery = discover();
    const notes = place(discovery, "a").routeNotes.map(({ to, table, about }) => `${to} ${table} ${about}`);
    expect(notes.sort()).toEqual(["10.13.0.0/16 254 mtu 1300, advmss 1200", "fd02::/64 254 preferred"]);
    // A model would take them for routes of all packets.
    const { selectiveRoutes, model } = place(discovery, "a");
    expect(selectiveRoutes).toMatchObject([
      { to: "10.14.0.0/16", table: 77, nextHops: [{ via: "10.1.0.2", link: "eth0" }], about: "tos 0x10" },
      { to: "fd03::/64", nextHops: [{ via: "fd00::2", link: "eth0" }], about: "from fd00::/64" },
    ]);
    expect(model.routes.filter(({ origin }) => origin === "static").map(({ to }) => to)).toEqual([
      "10.13.0.0/16",
      "10.15.0.0/16",
      "fd02::/64",
    ]);
    const text = discovered(discovery, PLAIN, { details: true, whole: discovery });
    expect(text).toMatch(/^a +10\.13\.0\.0\/16 +10\.1\.0\.2 +eth0 .*static +mtu 1300, advmss 1200$/m);
    expect(text).toMatch(/^a +10\.14\.0\.0\/16 +10\.1\.0\.2 +eth0 +77 +static +tos 0x10$/m);
    expect(text.indexOf("10.15.0.0/16")).toBeLessThan(text.indexOf("10.14.0.0/16"));
  });

  test("metrics, next hops and makers of routes", () => {
    sh(`${PAIR}; r() { to=10.$1.0.0/16; shift; ip -n a route add $to via "$@"; }
      r 20 10.1.0.2 rto_min 5ms mtu lock 1400 features ecn congctl reno; r 21 192.0.2.1 dev eth0 onlink
      ip -n a route add 10.22.0.0/16 encap ip id 10 dst 10.1.0.2 dev eth0; r 23 10.1.0.2 realm 4/5 proto bird
      ip -n a nexthop add id 7 via 10.1.0.2 dev eth0; ip -n a route add 10.24.0.0/16 nhid 7; r 25 10.1.0.2 proto 77
      ip -n a route add 10.26.0.0/16 dev eth0 scope global; r 27 10.1.0.2 proto static; ip -n a route add 10.28.0.0/16 dev eth0
      ip -n a route add 10.29.0.0/16 nexthop via 10.1.0.2 nexthop encap ip id 11 dst 10.1.0.2 dev eth0`);
    const notes = place(discover(), "a").routeNotes;
    expect(notes.map(({ to, about, by, wraps }) => [to, about, by, wraps])).toEqual([
      ["10.20.0.0/16", "mtu lock 1400, features ecn, rto_min 5, congctl reno", null, false],
      ["10.21.0.0/16", "onlink", null, false],
      ["10.22.0.0/16", "encap ip", null, true],
      ["10.23.0.0/16", "realm 4/5", "bird", false],
      ["10.24.0.0/16", "nexthop object 7", null, false],
      ["10.25.0.0/16", "", "protocol 77", false],
      ["10.26.0.0/16", "scope global", null, false],
      ["10.29.0.0/16", "encap ip", null, true],
    ]);
  });

  //   a: eth0 ── pa ─┐
  //   b: eth0 ── pb ─┴─ br0        br1, that nobody has touched
  test("rules that were taken away, addresses that are answered for, IPsec", () => {
    sh(`${PAIR}; ip -n a rule del prio 32767; ip -n a -6 rule del prio 32766
      ip -n a neigh add proxy 10.1.0.50 dev eth0; ip -n a -6 neigh add proxy fd00::50 dev eth0
      ip -n a xfrm policy add src 10.1.0.1 dst 10.1.0.2 dir out tmpl src 10.1.0.1 dst 10.1.0.2 proto esp mode tunnel
      ip -n a xfrm policy add src 10.1.0.2 dst 10.1.0.1 dir in tmpl src 10.1.0.2 dst 10.1.0.1 proto esp mode tunnel`);
    const discovery = discover();
    const { rules, ipsec, neighbours } = place(discovery, "a");
    expect(rules).toEqual([
      { priority: 32_767, family: 4, selects: "all", action: "table default", model: false, gone: true },
      { priority: 32_766, family: 6, selects: "all", action: "table main", model: false, gone: true },
    ]);
    expect(neighbours.map(({ address, link: on, state }) => `${address} ${on} ${state}`)).toEqual([
      "10.1.0.50 eth0 proxy",
      "fd00::50 eth0 proxy",
    ]);
    expect(ipsec).toEqual({ policies: 2, states: 0 });
    // Controls: the other end has what every namespace begins with.
    const { rules: theirs, ipsec: none, neighbours: nobody } = place(discovery, "b");
    expect({ theirs, none, nobody }).toEqual({ theirs: [], none: { policies: 0, states: 0 }, nobody: [] });
    expect(discovered(discovery, PLAIN, { details: false, whole: discovery })).toMatch(/^a +named +IPsec/m);
  });

  test("a multicast router's routes", () => {
    sh(PAIR);
    using namespace = OpenNamespace.open("/run/netns/a");
    const index = json<{ ifindex: number }>("ip -n a -j link show eth0")[0]!.ifindex;
    // What such a daemon does: linux/mroute.h MRT_INIT; MRT_ADD_VIF with VIFF_USE_IFINDEX; MRT_ADD_MFC.
    const fd = within(namespace.fd, () => libc().socket(2, 3, 2));
    const set = (option: number, value: Uint8Array): void =>
      expect(libc().setsockopt(fd, 0, option, value, value.length)).toBe(0);
    set(200, Uint8Array.of(1, 0, 0, 0));
    set(202, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0, index, 0, 0, 0, 0, 0, 0, 0));
    const before = place(discover(), "a").otherRoutes;
    const mfc = new Uint8Array(60);
    mfc.set([10, 1, 0, 2, 239, 1, 1, 1]);
    set(204, mfc);
    const discovery = discover();
    libc().close(fd);
    expect({ before, after: place(discovery, "a").otherRoutes }).toEqual({
      before: {},
      after: { "IPv4 multicast": 1 },
    });
    expect(discovered(discovery, PLAIN, { details: false, whole: discovery })).toMatch(
      /^a +named +routes IPv4 multicast/m,
    );
  });

  test("what somebody has set of links, of bridges and of their ports", () => {
    sh(`ip link add br0 type bridge; ip link add br1 type bridge
      for node in a b; do ip netns add $node; ip link add eth0 netns $node type veth peer name p$node; ip link set p$node master br0; done
      ip -n a link set eth0 arp off; ip -n a link set eth0 multicast off allmulticast on txqueuelen 77 group 5
      ip -n a link set eth0 gso_max_size 20000 gso_max_segs 20; ip -n a link set lo txqueuelen 5
      ip link set br0 type bridge ageing_time 5000 hello_time 100 priority 4096 no_linklocal_learn 1 nf_call_iptables 1
      ip link set pa type bridge_slave hairpin on learning off isolated on cost 5 priority 3 backup_port pb`);
    const discovery = discover();
    expect(link(discovery, "a", "eth0").settings).toEqual({
      arp: "off",
      multicast: "off",
      allmulticast: "on",
      txqueuelen: 77,
      group: 5,
      gso_max_size: 20_000,
      gso_max_segs: 20,
    });
    expect(link(discovery, "a", "lo").settings).toEqual({ txqueuelen: 5 });
    expect(link(discovery, "root", "br0").settings).toEqual({
      ageing_time: 5_000,
      hello_time: 100,
      priority: 4_096,
      no_linklocal_learn: "on",
      nf_call_iptables: 1,
    });
    expect(link(discovery, "root", "pa").settings).toEqual({
      "port hairpin": "on",
      "port learning": "off",
      "port isolated": "on",
      "port cost": 5,
      "port priority": 3,
      "port backup_port": "pb",
    });
    // Controls: what is as it was made has none.
    const untouched = [
      ["root", "br1"],
      ["root", "pb"],
      ["b", "eth0"],
      ["b", "lo"],
    ] as const;
    for (const [node, name] of untouched) expect(link(discovery, node, name).settings).toEqual({});
    const text = discovered(discovery, PLAIN, { details: true, whole: discovery });
    expect(text).toMatch(
      /^root +br0 .* stp off, ageing 50, hello_time 100, priority 4096, no_linklocal_learn on, nf_call_iptables 1/m,
    );
  });

  test("what addresses say beyond themselves", () => {
    sh(`${PAIR}; ip -n a addr add 10.3.0.1/24 brd + dev eth0; ip -n a addr add fd09::1/64 dev eth0 nodad
      ip -n a addr add 10.4.0.1/24 dev eth0 label eth0:1 noprefixroute; ip -n a addr add 10.5.0.1/24 dev eth0 scope link metric 7
      ip -n a addr add 10.6.0.1/24 brd 10.6.0.7 dev eth0; ip -n a addr add fd01::1/64 dev eth0 nodad preferred_lft 0
      ip -n a addr add 10.7.0.1/24 dev eth0 valid_lft 1000 preferred_lft 1000 metric 9`);
    const { addressNotes } = place(discover(), "a");
    expect(addressNotes.map(({ link, address, about }) => `${link} ${address} ${about}`).sort()).toEqual([
      "eth0 10.4.0.1 label eth0:1, noprefixroute",
      "eth0 10.5.0.1 scope link, metric 7",
      "eth0 10.6.0.1 brd 10.6.0.7",
      "eth0 fd01::1 deprecated",
    ]);
  });

  test("rules in full, and in the model only those that it can say in full", () => {
    sh(`ip netns add a; ip -n a link add v0 type veth peer name v1
      ip -n a rule add from 10.1.0.0/16 iif v0 table 100 prio 100; ip -n a rule add not to 10.2.0.0/16 table 101 prio 101
      ip -n a rule add sport 80 ipproto tcp table 102 prio 102; ip -n a rule add tos 0x10 table 104 prio 104
      ip -n a rule add fwmark 0x1/0xf table 105 prio 105 suppress_prefixlength 0; ip -n a rule add dport 1-5 goto 32766 prio 106
      ip -n a rule add unreachable from 9.9.9.9 prio 107; ip -n a rule add nop prio 108
      ip -n a -6 rule add from fd00::/64 oif v0 table 109 prio 109; ip -n a rule add uidrange 0-0 table 110 prio 110`);
    const { rules, model } = place(discover(), "a");
    expect(rules.map(({ priority, selects, action }) => `${priority} ${selects}: ${action}`)).toEqual([
      "100 from 10.1.0.0/16 iif v0: table 100",
      "101 not to 10.2.0.0/16: table 101",
      "102 tcp sport 80: table 102",
      "104 tos 0x10: table 104",
      "105 mark 0x1/0xf: table 105, without prefixes up to /0",
      "106 dport 1-5: goto 32766",
      "107 from 9.9.9.9/32: unreachable",
      "108 all: nop",
      "110 uid 0: table 110",
      "109 from fd00::/64 oif v0: table 109",
    ]);
    expect(rules.filter((rule) => rule.model).map(({ priority }) => priority)).toEqual([100, 107, 109]);
    expect(model.rules.map(({ priority }) => priority)).toEqual([100, 107, 109]);
    const theirs = json<{ priority: number }>("ip -n a -j rule").map(({ priority }) => priority);
    expect(theirs.filter((priority) => priority > 0 && priority < 32766)).toEqual(
      rules.filter(({ family }) => family === 4).map(({ priority }) => priority),
    );
  });

  test("counters, queueing disciplines, sockets and who has them", async () => {
    sh(`${PAIR}; tc -n a qdisc add dev eth0 root tbf rate 10mbit burst 32kbit latency 50ms
      ip netns exec a ping -c3 -i0.01 -W1 10.1.0.2`);
    using namespace = OpenNamespace.open("/run/netns/a");
    const server = createServer();
    // A socket in a namespace that its process is not in.
    within(namespace.fd, () => server.listen(8080));
    if (!server.listening) await once(server, "listening");
    const there = spawn(
      "ip",
      [
        "netns",
        "exec",
        "b",
        process.execPath,
        "-e",
        "require('dgram').createSocket('udp4').bind(5353, () => console.log())",
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    children.push(there);
    await once(there.stdout, "data");
    const discovery = discover();
    server.close();
    const [stats] = json<{ stats64: Record<"rx" | "tx", { packets: number; bytes: number }> }>(
      "ip -n a -j -s link show eth0",
    );
    const { received, sent, qdiscs } = link(discovery, "a", "eth0");
    expect(sent.packets).toBeGreaterThanOrEqual(3);
    expect(sent.packets).toBeLessThanOrEqual(stats!.stats64.tx.packets);
    expect(received.bytes).toBeLessThanOrEqual(stats!.stats64.rx.bytes);
    const [theirs] = json<{ kind: string; handle: string; options: { rate: number; burst: number } }>(
      "tc -n a -j qdisc show dev eth0",
    );
    // tc cuts its burst off where we round.
    expect(qdiscs).toMatchObject([
      {
        kind: theirs!.kind,
        handle: theirs!.handle,
        parent: "root",
        options: { rate: theirs!.options.rate * 8, burst: theirs!.options.burst + 1 },
      },
    ]);
    expect(place(discovery, "a").sockets).toMatchObject([{ protocol: "tcp", address: "::", port: 8080 }]);
    expect(place(discovery, "b").sockets).toMatchObject([
      { protocol: "udp", address: "0.0.0.0", port: 5353, processes: [{ pid: there.pid }] },
    ]);
    expect(place(discovery, "b").processes).toMatchObject([{ pid: there.pid, command: "node" }]);
  });

  //   root: br0 ── va ═══ eth0: a,  vx (vxlan 42)
  test("MAC tables of bridges and VXLANs", () => {
    sh(`ip netns add a; ip link add br0 type bridge; ip link set br0 up; ip addr add 10.1.0.254/24 dev br0
      ip link add va type veth peer name eth0 netns a; ip link set va master br0 up; ip -n a link set eth0 up; ip -n a addr add 10.1.0.1/24 dev eth0
      ip link add vx type vxlan id 42 dstport 4789; ip link set vx up
      bridge fdb add 02:00:00:00:00:09 dev vx dst 192.0.2.9
      bridge fdb add 02:00:00:00:00:08 dev va master static
      ping -c1 -W1 10.1.0.1`);
    const { forwarding } = place(discover(), "root");
    const [eth0] = json<{ address: string }>("ip -n a -j link show eth0");
    expect(forwarding).toContainEqual({
      link: "va",
      bridge: "br0",
      mac: eth0!.address,
      vlan: null,
      remote: null,
      state: "learned",
    });
    expect(forwarding).toContainEqual({
      link: "va",
      bridge: "br0",
      mac: "02:00:00:00:00:08",
      vlan: null,
      remote: null,
      state: "static",
    });
    expect(forwarding).toContainEqual(
      expect.objectContaining({ link: "vx", bridge: null, mac: "02:00:00:00:00:09", remote: "192.0.2.9" }),
    );
    const theirs = json<{ mac: string; ifname: string; master?: string }>("bridge -j fdb show br br0").filter(
      ({ master }) => master === "br0",
    );
    const ours = forwarding.filter(({ bridge }) => bridge === "br0");
    expect(new Set(ours.map(({ mac }) => mac))).toEqual(new Set(theirs.map(({ mac }) => mac)));
  });

  //   root: br0 ── va, with VLANs where the kernel can
  test("VLANs of a bridge's ports, as bridge tells them", () => {
    sh("ip link add br0 type bridge; ip link add va type veth peer name vb; ip link set va master br0");
    const filters = spawnSync("ip", ["link", "set", "br0", "type", "bridge", "vlan_filtering", "1"]).status === 0;
    if (filters) sh("bridge vlan add dev va vid 10 pvid untagged; bridge vlan add dev va vid 20-30");
    using socket = NetlinkSocket.open({ name: "root" });
    // Whether or not this bridge minds them.
    const links = [{ info: { kind: "bridge", bridge: { vlanFiltering: 1 } } }] as never;
    const found = readVlans(socket, links);
    const index = (name: string): number => json<{ ifindex: number }>(`ip -j link show ${name}`)[0]!.ifindex;
    const theirs = json<{ ifname: string; vlans: { vlan: number; vlanEnd?: number; flags?: string[] }[] }>(
      "bridge -j -compressvlans vlan",
    );
    expect([...found.keys()]).toEqual(expect.arrayContaining([index("va"), index("br0")]));
    for (const name of ["va", "br0"]) {
      const vlans = theirs.find(({ ifname }) => ifname === name)?.vlans ?? [];
      expect(found.get(index(name))).toEqual(
        vlans.map(({ vlan, vlanEnd, flags = [] }) => ({
          first: vlan,
          last: vlanEnd ?? vlan,
          untagged: flags.includes("Egress Untagged"),
          pvid: flags.includes("PVID"),
        })),
      );
    }
    expect(readVlans(socket, []).size).toBe(0);
    expect(link(discover(), "root", "va").vlans).toHaveLength(filters ? 3 : 0);
  });

  test("netfilter: in whose words it is, and tables of iptables-legacy by name", () => {
    sh(`ip netns add a; ip netns exec a nft 'table inet own { chain in { type filter hook input priority 0; policy drop; tcp dport 22 accept; ct state established accept; }; }'
      ip netns exec a iptables-nft -t nat -A POSTROUTING -j MASQUERADE
      ip netns exec a iptables-legacy -A INPUT -p tcp --dport 1 -j DROP`);
    const { netfilter } = place(discover(), "a");
    expect(netfilter).toContainEqual({
      origin: "nft",
      family: "inet",
      table: "own",
      sets: 0,
      chains: [{ name: "in", hook: "input", policy: "drop", rules: 2 }],
    });
    expect(netfilter.find(({ table }) => table === "nat")).toMatchObject({ origin: "iptables-nft", family: "ip" });
    expect(netfilter).toContainEqual({ origin: "iptables-legacy", family: "ip", table: "filter", sets: 0, chains: [] });
  });
});
