// What a network typed by hand has and a file does not: it is listed, and what is in the file is as it was.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type HostMachine, hostMachine, OFFICE } from "./host-machine.ts";
import { NETLOOM, program } from "./program.ts";
import { trialOf } from "./trial.ts";
import { canType, PAIR } from "./tutorials.ts";
import { has } from "../support/witnesses.ts";

const netloom = program();
const trial = trialOf(netloom);

/*
 *   a: eth0 10.0.0.1, fd00::1 ──── eth0 10.0.0.2, fd00::2 :b
 */
const CABLE = `
ip link add eth0 netns a type veth peer name eth0 netns b
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip -n a addr add fd00::1/64 dev eth0 nodad
ip -n b addr add fd00::2/64 dev eth0 nodad
`;
const UP = `
ip netns add a; ip netns add b
${CABLE}
for node in a b; do ip -n $node link set lo up; ip -n $node link set eth0 up; done
`;

/** Types it and exports it: the file, and its list of what is not in it. */
async function exported(commands: string) {
  const file = join(netloom.folder, "typed.yaml");
  const { err, code } = await netloom.run([
    "sandbox",
    "--",
    "bash",
    "-ec",
    `${commands}\n${NETLOOM} export --no-macs --no-expect -o ${file}`,
  ]);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  await netloom.clean();
  const text = readFileSync(file, "utf8");
  const lost = [...text.matchAll(/^# {3}(.*)$/gm)].map(([, line]) => line!);
  return { file, text, lost, warnings: err };
}

if (canType)
  test("routes and addresses that say more than a file", async () => {
    const { file, text, lost, warnings } = await exported(`${UP}
      r() { ip -n a route add "$@"; }
      r 10.1.0.0/16 via 10.0.0.2; r 10.2.0.0/16 via 10.0.0.2 mtu 1300
      r 10.3.0.0/16 via 192.0.2.1 dev eth0 onlink; r 10.4.0.0/16 via inet6 fd00::2 dev eth0
      r 10.5.0.0/16 encap ip id 10 dst 10.0.0.2 dev eth0; r 10.6.0.0/16 via 10.0.0.2 tos 0x10
      r 10.7.0.0/16 via 10.0.0.2 proto kernel; r fd01::/64 from fd00::/64 via fd00::2
      ip -n a neigh add proxy 10.0.0.50 dev eth0; ip -n a rule del prio 32767; ip -n a rule add iif eth0 table 9 prio 90
      r 10.8.0.0/16 via 10.0.0.2 proto bird; r unreachable 10.9.0.0/16
      ip -n a addr add 10.20.0.1 peer 10.20.0.2/32 dev eth0; ip -n a addr add 10.21.0.1/24 dev eth0 valid_lft 1000 preferred_lft 1000
      ip -n a addr add 10.22.0.1/24 dev eth0 noprefixroute; ip -n a addr add 10.23.0.1/24 brd + dev eth0`);
    expect(lost).toEqual([
      "a route to 10.4.0.0/16: its gateway fd00::2 is of the other IP version",
      "a route to 10.3.0.0/16: a has no network in common with gateway 192.0.2.1",
      "a eth0 10.21.0.1/24: it has a lifetime, like a DHCP lease: write `address: dhcp` if it is one",
      "a route to 10.7.0.0/16: it is marked as made by the kernel",
      "a rule 90: from all iif eth0 table 9: policy rules are not part of a file",
      "a eth0 10.20.0.1 peer 10.20.0.2/32: an address in a file has no peer",
      "a eth0 10.22.0.1 noprefixroute: an address in a file has a prefix length and nothing else",
      "a route to 10.2.0.0/16 mtu 1300: a route of a file only has a destination and gateways",
      "a route to 10.5.0.0/16 encap ip: no route of a file encapsulates packets",
      "a route to 10.6.0.0/16 tos 0x10: a route of a file is for all packets",
      "a route to fd01::/64 from fd00::/64: a route of a file is for all packets",
      "a neighbour proxy 10.0.0.50 on eth0: no key of a file makes a node answer for another address",
      "a rule 32767 all, removed: every node of a file has it",
      "hardware addresses of a, b: they were omitted: netloom assigns its own",
      "a routes of bird: they are written as they are now and will not follow changes",
    ]);
    expect(warnings.match(/^warning/gm)).toHaveLength(13);
    // Control: what a file can say is in it, and nothing in place of the rest.
    expect([...text.matchAll(/\{ to: .*\}/g)].map(([route]) => route)).toEqual([
      "{ to: 10.1.0.0/16, via: 10.0.0.2 }",
      "{ to: 10.2.0.0/16, via: 10.0.0.2 }",
      "{ to: 10.8.0.0/16, via: 10.0.0.2 }",
      "{ to: 10.9.0.0/16, type: unreachable }",
    ]);
    // What somebody adds for some packets only is left alone; a second route for all of them is taken away.
    expect(await netloom.run(["up", file])).toMatchObject({ code: 0 });
    const typed = "ip route add 10.1.0.0/16 via 10.0.0.2 tos 0x10; ip route add 10.30.0.0/16 via 10.0.0.2";
    expect(await netloom.run(["exec", "a", "--", "sh", "-ec", typed])).toMatchObject({ code: 0 });
    expect((await netloom.run(["plan", file])).out).toMatch(
      /^ +- a route 10\.30\.0\.0\/16 .*\n.*: 1 change, 1 to remove\n$/,
    );
    expect(await netloom.run(["up", file])).toMatchObject({ code: 0, err: expect.not.stringContaining("error") });
    const { out } = await netloom.run(["exec", "a", "--", "ip", "-4", "route", "show", "root", "10.0.0.0/8"]);
    expect(out).toContain("10.1.0.0/16 tos 0x10 via 10.0.0.2");
    expect(out).toContain("10.1.0.0/16 via 10.0.0.2");
    expect(out).not.toContain("10.30.0.0/16");
    await netloom.run(["down"]);
    await netloom.clean();
  });

if (canType && has("bridge"))
  test("settings of links, of a switch and of its ports", async () => {
    //   a: eth0 ── pa ─┐
    //   b: eth0 ── pb ─┴─ br0
    const { file, text, lost } = await exported(`
      ip link add br0 type bridge hello_time 100; ip link set br0 up
      for node in a b; do
        ip netns add $node; ip link add eth0 netns $node type veth peer name p$node; ip link set p$node master br0 up
        ip -n $node link set lo up; ip -n $node link set eth0 up
      done
      ip -n a addr add 10.0.0.1/24 dev eth0; ip -n b addr add 10.0.0.2/24 dev eth0
      ip -n a link set eth0 arp off; ip -n a link set eth0 allmulticast on txqueuelen 77 group 5 alias "to the switch"
      ip link set pa type bridge_slave hairpin on
      bridge fdb add 02:00:00:00:00:07 dev pa master static; bridge fdb add 02:00:00:00:00:08 dev pa master`);
    // A table of addresses has no order.
    expect(lost.filter((line) => line.includes(" forwarding of ")).sort()).toEqual([
      "root forwarding of 02:00:00:00:00:07 to pa: a switch of a file learns its table by itself",
      "root forwarding of 02:00:00:00:00:08 to pa: a switch of a file learns its table by itself",
    ]);
    expect(lost.filter((line) => /: (no key|interfaces of a file)/.test(line))).toEqual([
      "switch br0 hello_time 100: no key of a file sets it",
      "root pa port hairpin on: no key of a file sets it",
      "a eth0 arp off: no key of a file sets it",
      "a eth0 allmulticast on: no key of a file sets it",
      "a eth0 txqueuelen 77: no key of a file sets it",
      "a eth0 group 5: no key of a file sets it",
      'a eth0 alias "to the switch": interfaces of a file have no alternative names',
    ]);
    expect(text).toContain("  br0: { subnet: 10.0.0.0/24 }\n");
    // Control: what netloom makes of the file is as the kernel makes it.
    expect(await netloom.run(["up", file])).toMatchObject({ code: 0 });
    expect((await netloom.run(["export", "--no-expect"])).out).not.toContain("cannot express");
    await netloom.run(["down"]);
    await netloom.clean();
  });

if (canType)
  test("try: what no step could tell, and a file as somebody would have written it", async () => {
    const file = join(netloom.folder, "tried.yaml");
    const plain = "ip -n ns1 rule add from 10.9.0.0/16 table 9; ip -n ns1 route add 10.8.0.0/16 via 10.0.0.2\n";
    const more = "ip -n ns1 rule add tos 0x10 table 9; ip -n ns1 route add 10.8.0.0/16 via 10.0.0.2 tos 0x10\n";
    // Control: of what was shown nothing is said.
    const shown = await trial(`${PAIR}${plain}`, "--export", file);
    expect(shown).toMatchObject({ code: 0, err: expect.not.stringContaining("not shown") });
    expect(readFileSync(file, "utf8")).toContain("mac: ");
    const { code, err } = await trial(`${PAIR}${plain}${more}`, "--export", file, "--no-macs");
    expect(code).toBe(0);
    expect(err).toContain("warning[unmodelled.rules]: 1 policy rule in ns1 is not shown\n");
    expect(err).toContain("warning[unmodelled.routes]: 1 route in ns1 is not shown\n");
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain("mac: ");
    expect(text).toContain("#   hardware addresses of ns1, ns2: they were omitted: netloom assigns its own\n");
    // Without a file it would do nothing.
    const { code: status, err: said } = await netloom.run(["try", netloom.file("script.sh", PAIR), "--no-macs"]);
    expect(status).toBe(2);
    expect(said).toMatch(/^error\[usage\.macs\]: .*\n = help: add --export FILE\n$/);
    await netloom.clean();
  });

if (canType)
  test("inspect: what is in none of its tables", async () => {
    const { out, err, code } = await netloom.run([
      "sandbox",
      "--",
      "bash",
      "-ec",
      `${UP}
      ip -n a rule add tos 0x10 table 9; ip -n a rule add tos 0x8 table 9; ip -n a rule add from 10.9.0.0/16 table 9
      ip -n a route add 10.9.0.0/16 via 10.0.0.2 tos 0x10; ip -n b rule add not to 10.0.0.0/8 table 9
      ${NETLOOM} inspect a; ${NETLOOM} inspect --json`,
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^ *32763 +IPv4 +from 10\.9\.0\.0\/16 +table 9\n/m);
    expect(JSON.parse(out.slice(out.indexOf("\n{") + 1))).toMatchObject({
      unmodelled: { a: { rules: 2, routes: 1 }, b: { rules: 1, routes: 0 } },
    });
    expect(err.match(/^warning.*/gm)).toEqual([
      // Of a alone, then of all.
      "warning[unmodelled.rules]: 2 policy rules in a are not shown",
      "warning[unmodelled.routes]: 1 route in a is not shown",
      "warning[unmodelled.rules]: 3 policy rules in a and b are not shown",
      "warning[unmodelled.routes]: 1 route in a is not shown",
    ]);
    // Control: a network that has nothing of the kind.
    const plain = await netloom.run([
      "sandbox",
      "--",
      "bash",
      "-ec",
      `${UP}\nip -n a rule add from 10.9.0.0/16 table 9\n${NETLOOM} inspect a`,
    ]);
    expect(plain).toMatchObject({ code: 0, err: expect.not.stringContaining("warning") });
    await netloom.clean();
  });

if (canType)
  test("try: what a step sets of a link, a switch or a port", async () => {
    //   a: eth0 ── pa ── br0
    const { out, code } = await trial(`ip netns add a
ip link add br0 type bridge
ip link add eth0 netns a type veth peer name pa
ip -n a link set eth0 arp off txqueuelen 5
ip -n a link set eth0 txqueuelen 7 alias first
ip -n a link set eth0 name e0
ip -n a link set e0 arp on promisc on
ip link set pa master br0
ip link set br0 type bridge hello_time 100
ip link set pa type bridge_slave hairpin on
ip link set pa nomaster
ip -n a rule add iif e0 fwmark 5 table 9 prio 90
`);
    expect(code).toBe(0);
    expect(out).toContain(`   4 ip -n a link set eth0 arp off txqueuelen 5
     ~ a eth0: arp off, txqueuelen 5
   5 ip -n a link set eth0 txqueuelen 7 alias first
     ~ a eth0: txqueuelen 5 → 7, alias "first"
   6 ip -n a link set eth0 name e0
     ~ root pa: other end a eth0 → a e0
     ~ a eth0: now called e0
   7 ip -n a link set e0 arp on promisc on
     ~ a e0: arp off → its default, promisc on
   8 ip link set pa master br0
     ~ root pa: now a port of br0
   9 ip link set br0 type bridge hello_time 100
     ~ root br0: hello_time 100
  10 ip link set pa type bridge_slave hairpin on
     ~ root pa: port hairpin on
  11 ip link set pa nomaster
     ~ root pa: no longer a port of br0
  12 ip -n a rule add iif e0 fwmark 5 table 9 prio 90
     + a rule 90: from all iif e0 mark 0x5: table 9
`);
  });

describe("a lab on the machine itself", () => {
  let machine: HostMachine;
  beforeAll(async () => {
    machine = await hostMachine(netloom);
  });

  //   a ─ lan ┤ the machine ├ dmz ─ a-host-of-long-name        mine, which is no part of the lab
  test("what is its own is listed, and nothing of the machine's", async () => {
    const file = netloom.file("office.yaml", OFFICE);
    await machine.netloom(["up", "--host", file]);
    const list = async (): Promise<string[]> =>
      [...(await machine.netloom(["export", "--host", "office"])).out.matchAll(/^# {3}(.*?):/gm)].map(
        ([, place]) => place!,
      );
    await machine.sh(`ip link add mine type bridge hello_time 100; ip link set mine alias other; ip link set lo txqueuelen 5
      ip rule add tos 0x10 table 9; ip neigh add proxy 10.70.0.9 dev mine`);
    // Control: the marks of netloom itself are none of it, either.
    expect(await list()).toEqual([]);
    await machine.sh(`ip -n office-a link set eth0 arp off alias first; ip -n office-a rule add tos 0x10 table 9
      ip link set lan type bridge hello_time 100; ip link set a-eth0 type bridge_slave hairpin on
      ip neigh add proxy 10.50.0.99 dev lan`);
    expect((await list()).sort()).toEqual([
      'a eth0 alias "first"',
      "a eth0 arp off",
      "a rule 32765 tos 0x10",
      "root a-eth0 port hairpin on",
      "root neighbour proxy 10.50.0.99 on lan",
      "switch lan hello_time 100",
    ]);
    await machine.netloom(["down", "--host", "office"]);
    await machine.sh("ip link del mine; ip rule del tos 0x10 table 9; ip link set lo txqueuelen 1000");
  });
});
