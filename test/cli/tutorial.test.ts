// The networks that tutorials have their readers type, typed: their own commands, unprivileged, in `netloom sandbox`.

import { describe, expect, test } from "vitest";
import { machine, program, textOf, until } from "./program.ts";
import { tutorial } from "./tutorial-machine.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const NEEDED = ["ip", "ping"];

describe.skipIf(!has(...NEEDED))("tutorials", { concurrent: false }, () => {
  //   machine     blue: lo     red: lo
  test("1. the life of a namespace: add, list, exec, exec in all, delete", async () => {
    const said = await tutorial(
      netloom,
      `
      ip netns add blue
      ip netns add red
      echo '## list'
      ip netns list
      ls /run/netns
      echo '## fresh'
      ip netns exec blue ip link
      echo '## unreachable'
      ip netns exec blue ping -c1 -W0.5 127.0.0.1
      ip netns exec blue ip link set dev lo up
      echo '## loopback'
      ip netns exec blue ping -c1 -W0.5 127.0.0.1
      echo '## whole'
      ip netns exec blue ping -c1 -W0.5 127.7.7.7
      echo '## other'
      ip netns exec red ping -c1 -W0.5 127.0.0.1
      echo '## all'
      ip -all netns exec ip link show lo
      echo '## delete'
      ip netns delete blue
      ip netns list
      echo '## gone'
      ip netns exec blue true || echo "status $?"
      ip netns identify $$; ip netns add red || echo "status $?"
      `,
    );
    expect(said("list").split(/\s+/).sort()).toEqual(["blue", "blue", "red", "red"]);
    expect(said("fresh")).toMatch(/^1: lo: <LOOPBACK> mtu 65536 .*state DOWN[^\n]*\n[^\n]*$/);
    expect(said("unreachable")).toContain("Network is unreachable");
    expect(said("loopback")).toContain(" 0% packet loss");
    expect(said("whole")).toContain("64 bytes from 127.7.7.7");
    expect(said("other")).toContain("Network is unreachable");
    expect(said("all")).toMatch(/netns: blue\n1: lo: <LOOPBACK,UP,LOWER_UP>/);
    expect(said("all")).toMatch(/netns: red\n1: lo: <LOOPBACK> /);
    expect(said("delete")).toBe("red");
    expect(said("gone")).toMatch(/Cannot open network namespace "blue"[^]*File exists[^]*status 1/);
  });

  test.skipIf(!has("script"))("1. a shell in a namespace, with a prompt of its own", async () => {
    const said = await tutorial(
      netloom,
      `
      ip netns add netns0
      echo 'PS1="netns0> "' > rc
      echo '## long'
      printf 'ip -o link | wc -l\\nexit 3\\n' | script -qec 'ip netns exec netns0 /bin/bash --rcfile rc' /dev/null || echo "status $?"
      echo '## short'
      printf 'echo $((6 * 7))\\nexit\\n' | script -qec 'ip netns exec netns0 bash -rcfile <(echo "PS1=\\"inside> \\"")' /dev/null
      `,
      { SHELL: "/bin/bash" },
    );
    expect(said("long")).toMatch(/netns0> [^]*\b1\b[^]*status 3/);
    expect(said("short")).toMatch(/inside> [^]*\b42\b/);
  });

  //   machine: eth1 ── cable      then      machine: cable ── eth1: box
  test.skipIf(!has("iptables"))("2. isolation: a network card moved into a namespace", async () => {
    const said = await tutorial(
      netloom,
      `
      ip link add eth1 type veth peer name cable   # stands for a real card and what it is plugged into
      ip link set cable up
      ip addr add 192.0.2.2/24 dev eth1
      ip link set eth1 up
      ip netns add box
      echo '## before'
      ip -br addr show eth1; ip route
      ip link set eth1 netns box
      echo '## outside'
      ip link show eth1; ip route; echo end of routes
      echo '## inside'
      ip netns exec box ip -br link show eth1
      ip netns exec box ip -br -4 addr show eth1; echo end of addresses
      ip addr add 192.0.2.1/24 dev cable
      ip netns exec box ip addr add 192.0.2.2/24 dev eth1
      echo '## down'
      ok ping -c1 -W0.5 192.0.2.2
      ip netns exec box ip link set eth1 up
      echo '## readdressed'
      ip netns exec box ip route
      ok ping -c1 -W3 192.0.2.2
      echo '## firewall'
      ip netns exec box iptables -A INPUT -p icmp -j DROP
      ok ping -c1 -W0.5 192.0.2.2
      ip netns exec box ip link set lo up
      ok ip netns exec box ping -c1 -W0.5 192.0.2.1
      ok ping -c1 -W0.5 127.0.0.1
      ip netns exec box iptables -S INPUT
      iptables -S INPUT
      echo '## sockets'
      node server.cjs 80 machine & machine=$!
      ip netns exec box node server.cjs 80 box & box=$!
      wait_for ask 127.0.0.1 80
      wait_for ask 192.0.2.2 80
      ask 127.0.0.1 80
      ask 192.0.2.2 80
      kill $machine $box
      `,
    );
    expect(said("before")).toMatch(/eth1@cable +UP +192\.0\.2\.2\/24/);
    expect(said("before")).toContain("192.0.2.0/24 dev eth1");
    expect(said("outside")).toBe('Device "eth1" does not exist.\nend of routes');
    expect(said("inside")).toMatch(/^eth1@if\d+ +DOWN [^\n]*\n(eth1@if\d+ +DOWN *\n)?end of addresses$/);
    expect(said("down")).toBe("LOST");
    expect(said("readdressed")).toMatch(
      /^192\.0\.2\.0\/24 dev eth1 proto kernel scope link src 192\.0\.2\.2 *\nANSWERED$/,
    );
    expect(said("firewall").split("\n")).toEqual([
      "LOST", // box drops the request
      "LOST", // and the answer
      "ANSWERED", // the machine has no such rule
      "-P INPUT ACCEPT",
      "-A INPUT -p icmp -j DROP",
      "-P INPUT ACCEPT",
    ]);
    expect(said("sockets")).toBe("machine\nbox");
  });

  //   ns1: veth0 10.0.0.1 ──── veth1 10.0.0.2 :ns2
  test("3. two namespaces and a veth pair with names", async () => {
    const said = await tutorial(
      netloom,
      `
      ip netns add ns1
      ip netns add ns2
      ip link add veth0 type veth peer name veth1
      echo '## pair'
      ip link
      ip link set veth0 netns ns1
      ip link set veth1 netns ns2
      ip netns exec ns1 ip addr add 10.0.0.1/24 dev veth0
      ip netns exec ns2 ip addr add 10.0.0.2/24 dev veth1
      echo '## one'
      ip netns exec ns1 ip link set dev veth0 up
      ip netns exec ns1 ip link show veth0
      ip netns exec ns1 ip route
      ok ip netns exec ns1 ping -c1 -W0.5 10.0.0.2
      echo '## both'
      ip netns exec ns2 ip link set dev veth1 up
      ip netns exec ns1 ip link show veth0
      ip netns exec ns1 ip route
      ip netns exec ns1 ping -c1 -W3 10.0.0.2
      echo '## machine'
      ip -br link
      ok ping -c1 -W0.5 10.0.0.2
      echo '## after'
      ip netns delete ns1
      wait_for sh -c '! ip netns exec ns2 ip link show veth1'
      ip netns exec ns2 ip link
      `,
    );
    expect(said("pair")).toMatch(/veth1@veth0: <BROADCAST,MULTICAST,M-DOWN>/);
    expect(said("pair")).toMatch(/veth0@veth1: <BROADCAST,MULTICAST,M-DOWN>/);
    expect(said("one")).toMatch(/veth0@if\d+: <NO-CARRIER,BROADCAST,MULTICAST,UP> .* state LOWERLAYERDOWN/);
    // iproute2 says the number or, when it finds the namespace, its name.
    expect(said("one")).toMatch(/link-netns(id \d+| ns2)/);
    expect(said("one")).toMatch(/10\.0\.0\.0\/24 dev veth0 .*linkdown/);
    expect(said("one")).toMatch(/LOST$/);
    expect(said("both")).toMatch(/<BROADCAST,MULTICAST,UP,LOWER_UP> .* state UP/);
    expect(said("both")).toMatch(/^10\.0\.0\.0\/24 dev veth0 proto kernel scope link src 10\.0\.0\.1 *$/m);
    expect(said("both")).toContain(" 0% packet loss");
    expect(said("machine")).toMatch(/^lo [^\n]*\nLOST$/);
    expect(said("after")).toMatch(/^1: lo: [^\n]*\n[^\n]*$/);
  });

  //   ns1: veth0 ──── veth1 :ns2
  test.skipIf(!has("ifconfig"))("3. a pair that the kernel numbers, and ifconfig", async () => {
    const said = await tutorial(
      netloom,
      `
      ip netns add ns1
      ip netns add ns2
      ip link add type veth
      echo '## numbered'
      ip -br link
      ip link set veth0 netns ns1
      ip link set veth1 netns ns2
      echo '## missing'
      ifconfig veth0
      ip netns exec ns1 ifconfig veth0 192.168.7.1 netmask 255.255.255.0 up
      ip netns exec ns2 ifconfig veth1 192.168.7.2/24 up
      echo '## configured'
      ip netns exec ns1 ifconfig veth0
      ip netns exec ns1 route -n
      ok ip netns exec ns1 ping -c1 -W3 192.168.7.2
      ip netns exec ns2 ifconfig veth1 down
      echo '## down'
      ok ip netns exec ns1 ping -c1 -W0.5 192.168.7.2
      `,
    );
    expect(said("numbered")).toMatch(/veth0@veth1 +DOWN/);
    expect(said("numbered")).toMatch(/veth1@veth0 +DOWN/);
    expect(said("missing")).toContain("Device not found");
    expect(said("configured")).toMatch(/UP,BROADCAST,RUNNING[^]*inet 192\.168\.7\.1 {2}netmask 255\.255\.255\.0/);
    expect(said("configured")).toMatch(/^192\.168\.7\.0 +0\.0\.0\.0 +255\.255\.255\.0 +U .*veth0$/m);
    expect(said("configured")).toMatch(/ANSWERED$/);
    expect(said("down")).toBe("LOST");
  });

  //   machine: veth-a 10.0.0.1/24 ──── veth-b 10.0.0.2/24 :guest
  test("4. from the machine into a namespace", async () => {
    const said = await tutorial(
      netloom,
      `
      ip netns add guest
      ip link add veth-a type veth peer name veth-b netns guest
      ip addr add 10.0.0.1/24 dev veth-a
      ip link set veth-a up
      ip -n guest addr add 10.0.0.2/24 dev veth-b
      echo '## before'
      ok ping -c1 -W0.5 10.0.0.2
      ip -n guest link set veth-b up
      echo '## routes'
      ip route
      ip -n guest route
      echo '## pings'
      ok ping -c1 -W3 10.0.0.2
      ok ip netns exec guest ping -c1 -W3 10.0.0.1
      echo '## beyond'
      ip netns exec guest ping -c1 -W0.5 10.0.1.1
      `,
    );
    expect(said("before")).toBe("LOST");
    expect(said("routes")).toMatch(
      /^10\.0\.0\.0\/24 dev veth-a .*src 10\.0\.0\.1 *\n10\.0\.0\.0\/24 dev veth-b .*src 10\.0\.0\.2 *$/,
    );
    expect(said("pings")).toBe("ANSWERED\nANSWERED");
    expect(said("beyond")).toContain("Network is unreachable");
  });

  //   left 192.168.188.96 ── br0 (no address) ── right 192.168.188.69
  test.skipIf(!has("brctl", "ifconfig"))("5. two namespaces through a bridge without an address", async () => {
    const said = await tutorial(
      netloom,
      `
      ip netns add left
      ip netns add right
      brctl addbr br0
      ip link add type veth
      ip link set veth0 netns left
      brctl addif br0 veth1
      ip link add veth2 type veth peer name veth3
      ip link set veth2 netns right
      brctl addif br0 veth3
      ip netns exec left ifconfig veth0 192.168.188.96 netmask 255.255.255.0 up
      ip netns exec right ifconfig veth2 192.168.188.69 netmask 255.255.255.0 up
      echo '## show'
      brctl show
      echo '## ports down'
      bridge link
      ok ip netns exec left ping -c1 -W0.5 192.168.188.69
      ifconfig veth1 up
      ifconfig veth3 up
      echo '## bridge down'
      bridge link
      ok ip netns exec left ping -c1 -W0.5 192.168.188.69
      ip link set br0 up
      wait_for sh -c '[ $(bridge link | grep -c "state forwarding") = 2 ]'
      echo '## up'
      bridge link
      ok ip netns exec left ping -c1 -W3 192.168.188.69
      echo '## learnt'
      brctl showmacs br0 | tail -n +2 | awk '{ print $1, $3 }' | sort
      echo '## machine'
      ip -br -4 addr show br0
      ping -c1 -W0.5 192.168.188.69
      ip link set veth3 nomaster
      echo '## unplugged'
      ok ip netns exec left ping -c1 -W0.5 192.168.188.69
      echo '## delete'
      brctl delbr br0
      ip link set br0 down; brctl delbr br0 && ip link show br0
      `,
    );
    expect(said("show")).toMatch(
      /^bridge name\s+bridge id\s+STP enabled\s+interfaces\nbr0\s+8000\.[0-9a-f]{12}\s+no\s+veth1\n\s+veth3$/,
    );
    expect(said("ports down")).toMatch(/veth1@.*state disabled[^]*veth3@.*state disabled[^]*LOST$/);
    expect(said("bridge down")).toMatch(/LOST$/);
    expect(said("bridge down")).not.toContain("state forwarding");
    expect(said("up")).toMatch(/veth1@.*state forwarding[^]*veth3@.*state forwarding[^]*ANSWERED$/);
    expect(said("learnt").split("\n")).toEqual(["1 no", "1 yes", "2 no", "2 yes"]);
    expect(said("machine")).toContain("Network is unreachable");
    expect(said("unplugged")).toBe("LOST");
    expect(said("delete")).toMatch(/still up; can't delete it[^]*Device "br0" does not exist/);
  });
});

test("nothing of a sandbox is seen outside while it is there, and nothing on the machine can be changed from it", async () => {
  const before = machine();
  const running = netloom.start([
    "sandbox",
    "--",
    "sh",
    "-c",
    `for key in kernel/panic kernel/hostname kernel/core_pattern vm/swappiness fs/file-max; do
       (echo "$(cat /proc/sys/$key)" > /proc/sys/$key) 2>/dev/null && echo "wrote $key"
     done
     for file in /proc/sysrq-trigger /sys/kernel/uevent_seqnum /sys/power/state; do
       [ -e $file ] && (: > $file) 2>/dev/null && echo "opened $file"
     done
     echo 1 > /proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward
     ip netns add seen && ip link add marked type veth && ip netns list
     echo ready; while [ -e ${netloom.folder} ] && ! [ -e ${netloom.folder}/done ]; do sleep 0.02; done`,
  ]);
  await until(() => running.seen.out.includes("ready") || running.over());
  expect(running.seen.out).toBe("1\nseen\nready\n");
  expect(machine()).toEqual(before);
  expect(textOf("/proc/net/dev")).not.toContain("marked");
  netloom.file("done", "");
  expect(await running.ended).toMatchObject({ err: "", code: 0 });
  await netloom.clean();
  expect(machine()).toEqual(before);
});
