// The tutorials' larger networks: a gateway with NAT, a virtual router, DHCP, pods. As in tutorial.test.ts, their own commands.

import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NETLOOM, program, textOf } from "./program.ts";
import { tutorial, type Sections } from "./tutorial-machine.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const tools = has("ip", "ping", "brctl", "ifconfig", "route", "sysctl");

/** Some kernels have left out one of the two, or do not load its modules for those without privileges. */
const works = (...command: string[]): boolean =>
  spawnSync(NETLOOM, ["sandbox", "--", ...command], { env: netloom.env, stdio: "ignore" }).status === 0;

/** tcpdump gives up root's rights for those of another user, which takes a second user: one id is not enough. */
const single =
  process.getuid!() !== 0 &&
  spawnSync(NETLOOM, ["sandbox", "--", "cat", "/proc/self/uid_map"], { env: netloom.env })
    .stdout.toString()
    .trim()
    .split("\n").length === 1;

/** A folder in which `iptables` is one of its two kinds, as update-alternatives would have it. */
function alternative(kind: "legacy" | "nft"): string {
  const folder = join(netloom.folder, kind);
  mkdirSync(folder);
  symlinkSync(`/usr/sbin/xtables-${kind}-multi`, join(folder, "iptables"));
  return folder;
}

describe.skipIf(!tools)("tutorials with routers", () => {
  //   a 172.19.0.2 ──┐
  //   b 172.19.0.3 ── br0 172.19.0.1 · machine · eth0 198.51.100.1 ──── eth0 198.51.100.2 internet (knows no way back)
  //   c 172.19.0.4 ──┘
  for (const kind of ["legacy", "nft"] as const) {
    const usable = tools && has(`iptables-${kind}`) && works(`iptables-${kind}`, "-t", "nat", "-S");
    test.skipIf(!usable)(`6. a bridge as gateway, forwarding, MASQUERADE, DNAT (iptables-${kind})`, async () => {
      const said = await tutorial(
        netloom,
        `
        PATH=${alternative(kind)}:$PATH
        echo '## version'
        iptables -V
        brctl addbr br0
        ifconfig br0 172.19.0.1 netmask 255.255.255.0 up
        n=1
        for name in a b c; do
          n=$((n + 1))
          ip netns add $name
          ip link add veth-$name type veth peer name eth0 netns $name
          brctl addif br0 veth-$name
          ifconfig veth-$name up
          ip netns exec $name ifconfig lo up
          ip netns exec $name ifconfig eth0 172.19.0.$n netmask 255.255.255.0 up
          ip netns exec $name route add default gw 172.19.0.1
        done
        ip netns add internet
        ip link add eth0 type veth peer name eth0 netns internet
        ifconfig eth0 198.51.100.1 netmask 255.255.255.0 up
        ip netns exec internet ifconfig eth0 198.51.100.2 netmask 255.255.255.0 up
        # Counts what comes in from a, whoever it says it is from.
        ip netns exec internet iptables -A INPUT -p icmp -s 172.19.0.0/24
        ip netns exec internet iptables -A INPUT -p icmp -s 198.51.100.1
        seen() { ip netns exec internet iptables -nvxL INPUT | awk '/172.19.0.0|198.51.100.1/ { printf "%s ", $1 } END { print "" }'; }
        echo '## local'
        ip netns exec a route -n
        ok ip netns exec a ping -c1 -W3 172.19.0.3
        ok ip netns exec a ping -c1 -W3 172.19.0.1
        ok ip netns exec a ping -c1 -W3 198.51.100.1
        ok ping -c1 -W3 198.51.100.2
        ip netns exec internet iptables -Z
        echo '## no forwarding'
        ok ip netns exec a ping -c1 -W0.5 198.51.100.2
        seen
        echo '## forwarding'
        sysctl -w net.ipv4.ip_forward=1
        ok ip netns exec a ping -c1 -W0.5 198.51.100.2
        seen
        echo '## dropped'
        iptables -P FORWARD DROP
        iptables -t nat -A POSTROUTING -s 172.19.0.0/24 -o eth0 -j MASQUERADE
        ip netns exec internet iptables -Z
        ok ip netns exec a ping -c1 -W0.5 198.51.100.2
        seen
        echo '## one way'
        iptables -A FORWARD -i br0 -o eth0 -j ACCEPT
        ok ip netns exec a ping -c1 -W0.5 198.51.100.2
        seen
        echo '## both ways'
        iptables -A FORWARD -i eth0 -o br0 -m state --state ESTABLISHED,RELATED -j ACCEPT
        ok ip netns exec a ping -c1 -W3 198.51.100.2
        ok ip netns exec c ping -c1 -W3 198.51.100.2
        seen
        echo '## not from outside'
        ip netns exec internet ip route add 172.19.0.0/24 via 198.51.100.1
        ok ip netns exec internet ping -c1 -W0.5 172.19.0.2
        ip netns exec internet ip route del 172.19.0.0/24
        echo '## still bridged'
        ok ip netns exec a ping -c1 -W3 172.19.0.3
        ip netns exec a node server.cjs 80 a & server=$!
        wait_for ask 172.19.0.2 80
        echo '## unpublished'
        ip netns exec internet bash -c 'ask 198.51.100.1 8080' || echo REFUSED
        iptables -t nat -A PREROUTING -p tcp --dport 8080 -m addrtype --dst-type LOCAL -j DNAT --to-destination 172.19.0.2:80
        iptables -A FORWARD -p tcp -d 172.19.0.2 --dport 80 -j ACCEPT
        echo '## published, outside'
        ip netns exec internet bash -c 'ask 198.51.100.1 8080'
        echo '## published, machine'
        ask 198.51.100.1 8080 || echo REFUSED
        iptables -t nat -A OUTPUT -p tcp -d 198.51.100.1 --dport 8080 -j DNAT --to-destination 172.19.0.2:80
        ask 198.51.100.1 8080
        iptables -A FORWARD -i br0 -o br0 -m state --state ESTABLISHED,RELATED -j ACCEPT
        echo '## published, neighbour'
        # a answers b directly, from an address that b never spoke to; unless the machine is in between both ways.
        ip netns exec b env PATIENCE=1 bash -c 'ask 198.51.100.1 8080' || echo LOST
        iptables -t nat -A POSTROUTING -s 172.19.0.0/24 -d 172.19.0.2 -p tcp --dport 80 -j MASQUERADE
        ip netns exec b bash -c 'ask 198.51.100.1 8080'
        kill $server
        echo '## rules'
        iptables -t nat -S
        ip netns exec a iptables -t nat -S
        `,
      );
      expect(said("version")).toContain(kind === "nft" ? "nf_tables" : "legacy");
      expect(said("local")).toMatch(/^0\.0\.0\.0 +172\.19\.0\.1 +0\.0\.0\.0 +UG .*eth0$/m);
      expect(said("local").split("\n").slice(-4)).toEqual(["ANSWERED", "ANSWERED", "ANSWERED", "ANSWERED"]);
      expect(said("no forwarding").split(/\s+/)).toEqual(["LOST", "0", "0"]);
      // It gets there, and the answer has nowhere to go.
      expect(said("forwarding").split(/\s*\n/)).toEqual(["net.ipv4.ip_forward = 1", "LOST", "1 0"]);
      expect(said("dropped").split(/\s+/)).toEqual(["LOST", "0", "0"]);
      expect(said("one way").split(/\s+/)).toEqual(["LOST", "0", "1"]);
      expect(said("both ways").split(/\s+/)).toEqual(["ANSWERED", "ANSWERED", "0", "3"]);
      expect(said("not from outside")).toBe("LOST");
      expect(said("still bridged")).toBe("ANSWERED");
      expect(said("unpublished")).toBe("REFUSED");
      expect(said("published, outside")).toBe("a");
      expect(said("published, machine")).toBe("REFUSED\na");
      expect(said("published, neighbour")).toBe("LOST\na");
      expect(said("rules")).toContain("-A POSTROUTING -s 172.19.0.0/24 -o eth0 -j MASQUERADE");
      expect(said("rules").match(/MASQUERADE/g)).toHaveLength(2); // none of them in a
    });
  }

  //   vm1 10.1.1.11 ── inside ── e0 10.1.1.1 · router · e1 192.0.2.2 ── phys ── 192.0.2.9 pc (knows no way back)
  //   vm2 10.1.1.12 ──┘
  const routed = `
    for name in vm1 vm2 router pc; do ip netns add $name; done
    for bridge in inside phys; do brctl addbr $bridge; ifconfig $bridge up; done
    plug() { # NAMESPACE INTERFACE BRIDGE ADDRESS/LENGTH
      ip link add $1-$2 type veth peer name $2 netns $1
      brctl addif $3 $1-$2
      ifconfig $1-$2 up
      ip netns exec $1 ip link set $2 up
      [ -z "$4" ] || ip netns exec $1 ip addr add $4 dev $2
    }
    `;
  test.skipIf(!has("iptables", "traceroute"))("8. a virtual router: the answer that cannot come back", async () => {
    const said = await tutorial(
      netloom,
      `
      ${routed}
      plug vm1 eth0 inside 10.1.1.11/24
      plug vm2 eth0 inside 10.1.1.12/24
      plug router e0 inside 10.1.1.1/24
      plug router e1 phys 192.0.2.2/24
      plug pc eth0 phys 192.0.2.9/24
      ip netns exec vm1 route add default gw 10.1.1.1
      ip netns exec vm2 route add default gw 10.1.1.1
      echo '## local'
      ok ip netns exec vm1 ping -c1 -W3 10.1.1.12
      ok ip netns exec vm1 ping -c1 -W3 10.1.1.1
      ok ip netns exec router ping -c1 -W3 192.0.2.9
      ip netns exec pc iptables -A INPUT -p icmp -s 10.1.1.11
      ip netns exec pc iptables -A INPUT -p icmp -s 192.0.2.2
      ip netns exec pc iptables -Z
      seen() { ip netns exec pc iptables -nvxL INPUT | awk '/10.1.1.11|192.0.2.2/ { printf "%s ", $1 } END { print "" }'; }
      echo '## no forwarding'
      ok ip netns exec vm1 ping -c1 -W0.5 192.0.2.9
      seen
      echo '## no way back'
      ip netns exec router sysctl -w net.ipv4.ip_forward=1
      ok ip netns exec vm1 ping -c1 -W0.5 192.0.2.9
      seen
      ip netns exec pc ping -c1 -W0.5 10.1.1.11
      ip netns exec router iptables -t nat -A POSTROUTING -o e1 -j MASQUERADE
      echo '## translated'
      ok ip netns exec vm1 ping -c1 -W3 192.0.2.9
      seen
      echo '## hops'
      ip netns exec vm1 traceroute -n -q1 -w3 192.0.2.9
      echo '## machine'
      sysctl net.ipv4.ip_forward
      iptables -t nat -S | grep -c MASQUERADE
      `,
    );
    expect(said("local").split("\n")).toEqual(["ANSWERED", "ANSWERED", "ANSWERED"]);
    expect(said("no forwarding").split(/\s+/)).toEqual(["LOST", "0", "0"]);
    expect(said("no way back")).toMatch(/^net\.ipv4\.ip_forward = 1\nLOST\n1 0 *\n/);
    expect(said("no way back")).toContain("Network is unreachable");
    expect(said("translated").split(/\s+/)).toEqual(["ANSWERED", "1", "1"]);
    expect(said("hops")).toMatch(/^ 1 {2}10\.1\.1\.1 .*\n 2 {2}192\.0\.2\.9 /m);
    expect(said("machine")).toBe("net.ipv4.ip_forward = 0\n0"); // only the router forwards and translates
  });

  //   vm1 10.1.1.11 ── inside ── e0 10.1.1.1 · router
  const capture = async (): Promise<Sections> => {
    const said = await tutorial(
      netloom,
      `
      ${routed}
      plug vm1 eth0 inside 10.1.1.11/24
      plug vm2 eth0 inside 10.1.1.12/24
      plug router e0 inside 10.1.1.1/24
      # Each ends by itself with the answer; vm2 sees neither, so it is ended.
      ip netns exec router tcpdump -ni e0 -c2 icmp > at-router 2> router.log & first=$!
      tcpdump -ni inside -c2 icmp -w at-bridge.pcap 2> bridge.log & second=$!
      ip netns exec vm2 tcpdump -lni eth0 icmp > at-vm2 2> vm2.log & third=$!
      for log in router bridge vm2; do wait_for grep -E 'listening on|change' $log.log; done
      echo '## ping'
      ok ip netns exec vm1 ping -c1 -W3 10.1.1.1
      echo '## logs'
      cat router.log bridge.log
      wait $first $second
      kill $third
      echo '## router'
      cat at-router
      echo '## bridge'
      tcpdump -nr at-bridge.pcap
      echo '## vm2'
      cat at-vm2
      `,
    );
    expect(said("ping")).toBe("ANSWERED");
    return said;
  };
  if (single) {
    test.skipIf(!has("tcpdump"))("8. tcpdump says that it needs a second user, and there is none", async () => {
      expect((await capture())("logs")).toContain("Couldn't change to 'tcpdump'");
    });
  } else {
    test.skipIf(!has("tcpdump"))("8. tcpdump in a namespace and on a bridge", async () => {
      const said = await capture();
      const both = /10\.1\.1\.11 > 10\.1\.1\.1: ICMP echo request[^]*10\.1\.1\.1 > 10\.1\.1\.11: ICMP echo reply/;
      expect(said("router")).toMatch(both);
      expect(said("bridge")).toMatch(both);
      expect(said("vm2")).toBe(""); // the bridge has learnt who is where
    });
  }

  //   vm1 eth0 ── inside  ── e0 10.1.1.1 · router (dnsmasq on e0)
  //   vm2 eth0 ── inside2 ── e1 10.1.2.1 ─┘
  test.skipIf(!has("dnsmasq", "udhcpc"))("9. DHCP in the router's namespace, a range for each bridge", async () => {
    // The program's own script would write the real machine's resolv.conf: files are not private.
    const lease = netloom.file(
      "lease.sh",
      '#!/bin/sh\n[ "$1" != bound ] || { ifconfig $interface $ip netmask $subnet; route add default gw $router; }\n',
    );
    const resolver = textOf("/etc/resolv.conf");
    const said = await tutorial(
      netloom,
      `
      cp ${lease} lease.sh; chmod +x lease.sh
      ${routed}
      brctl addbr inside2; ifconfig inside2 up
      plug vm1 eth0 inside ''
      plug vm2 eth0 inside2 ''
      plug router e0 inside 10.1.1.1/24
      plug router e1 inside2 10.1.2.1/24
      serve="dnsmasq --no-daemon --conf-file=/dev/null --port=0 --no-ping --dhcp-authoritative --bind-interfaces"
      client() { ip netns exec $1 udhcpc -i eth0 -n -q -t $2 -T 1 -s $here/lease.sh; }
      ip netns exec router $serve --interface=e0 --dhcp-range=10.1.1.100,10.1.1.199,1h --dhcp-leasefile=$here/leases > log 2>&1 & first=$!
      wait_for grep 'sockets bound' log
      echo '## lease'
      client vm1 5
      ip netns exec vm1 ip -4 -br addr show eth0
      ip netns exec vm1 ip route
      ok ip netns exec vm1 ping -c1 -W3 10.1.1.1
      echo '## file'
      cat leases
      echo '## elsewhere'
      client vm2 1
      ip netns exec router $serve --interface=e1 --dhcp-range=10.1.2.100,10.1.2.199,1h --dhcp-leasefile=$here/leases2 > log2 2>&1 & second=$!
      wait_for grep 'sockets bound' log2
      echo '## second'
      client vm2 5
      ip netns exec vm2 ip -4 -br addr show eth0
      ok ip netns exec vm2 ping -c1 -W3 10.1.2.1
      echo '## where'
      for name in router vm1; do echo $name $(ip netns exec $name cat /proc/net/udp | grep -c ':0043 '); done
      echo machine $(grep -c ':0043 ' /proc/net/udp)
      kill $first $second
      `,
    );
    expect(said("lease")).toMatch(/eth0@if\d+ +UP +10\.1\.1\.1\d\d\/24/);
    expect(said("lease")).toMatch(/^default via 10\.1\.1\.1 dev eth0/m);
    expect(said("lease")).toMatch(/ANSWERED$/);
    expect(said("file")).toMatch(/^\d+ ([0-9a-f]{2}:){5}[0-9a-f]{2} 10\.1\.1\.1\d\d /);
    expect(said("elsewhere")).toContain("no lease");
    expect(said("second")).toMatch(/eth0@if\d+ +UP +10\.1\.2\.1\d\d\/24[^]*ANSWERED$/);
    expect(said("where")).toBe("router 2\nvm1 0\nmachine 0");
    expect(textOf("/etc/resolv.conf")).toBe(resolver);
  });

  //   web eth0@ifN ── vethXXXX ──┐
  //   db  eth0@ifN ── vethXXXX ── cni0 10.244.0.1/24, MTU 1450
  test("10. pods: which veth of the machine belongs to which container", async () => {
    const said = await tutorial(
      netloom,
      `
      ip link add cni0 type bridge
      ip addr add 10.244.0.1/24 dev cni0
      ip link set cni0 up
      n=1
      for pod in web db; do
        n=$((n + 1))
        ip netns add $pod
        ip link add type veth
        ip link set veth1 name eth0 mtu 1450 netns $pod
        ip link set veth0 name veth$(printf '%08x' $((0xbeef * n))) mtu 1450 master cni0 up
        ip netns exec $pod ip addr add 10.244.0.$n/24 dev eth0
        ip netns exec $pod ip link set eth0 up
        ip netns exec $pod ip route add default via 10.244.0.1
      done
      echo '## pod'
      ip netns exec web ip link show eth0
      echo '## machine'
      ip link show master cni0
      echo '## whose'
      for pod in web db; do
        index=$(ip netns exec $pod cat /sys/class/net/eth0/iflink)
        outer=$(ip -o link | awk -F': ' -v index_=$index '$1 == index_ { split($2, name, "@"); print name[1] }')
        echo $pod $outer $(cat /sys/class/net/$outer/iflink) $(ip netns exec $pod cat /sys/class/net/eth0/ifindex)
      done
      echo '## sizes'
      ok ip netns exec web ping -c1 -W3 -M do -s 1422 10.244.0.3
      ip netns exec web ping -c1 -W0.5 -M do -s 1423 10.244.0.3
      `,
    );
    expect(said("pod")).toMatch(/^\d+: eth0@if\d+: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 .*\n.*link-netnsid \d+/);
    expect(said("machine")).toMatch(/veth00017dde@if\d+: .* mtu 1450 .*master cni0[^]*link-netns web/);
    expect(said("machine")).toMatch(/veth00023ccd@if\d+: .* mtu 1450 .*master cni0[^]*link-netns db/);
    const [web, db] = said("whose")
      .split("\n")
      .map((line) => line.split(" "));
    expect(web!.slice(0, 2)).toEqual(["web", "veth00017dde"]);
    expect(db!.slice(0, 2)).toEqual(["db", "veth00023ccd"]);
    expect([web![2], db![2]]).toEqual([web![3], db![3]]);
    expect(said("sizes")).toMatch(/^ANSWERED\n[^]*(message too long|Message too long)/);
  });
});
