// What is discovered against what iproute2 says of the same machine.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { DiscoveredLink, DiscoveredNamespace, Discovery, Namespace } from "../../../src/model/index.ts";
import { NetlinkSocket, OpenNamespace, within } from "../../../src/kernel/index.ts";
import { readContainer, readText } from "../../../src/observe/discover/containers.ts";
import {
  conclude,
  discover as discoverAll,
  type Outcome,
  readTasks,
  surveyMachine,
} from "../../../src/observe/discover/index.ts";
import { readVlans } from "../../../src/observe/discover/vlans.ts";
import { discovered } from "../../../src/show/discover/index.ts";
import { PLAIN } from "../../../src/show/index.ts";
import { ownMachine, wipe } from "../../support/machine.ts";

ownMachine();

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
  wipe();
});

// Process 1 is of the machine that all test files share.
const root = statSync("/proc/thread-self/ns/net").ino;
const discover = (): Discovery => discoverAll({ name: "machine", root });

function sh(script: string): string {
  const { status, stdout, stderr } = spawnSync("sh", ["-ec", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}

const json = <T>(command: string): T[] => JSON.parse(sh(command) || "[]") as T[];

/** A process that sleeps in a namespace, once it is there. */
async function sleeping(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, [...args, "sleep", "infinity"], { stdio: "ignore" });
  children.push(child);
  const name = (): string => readFileSync(`/proc/${child.pid}/comm`, "utf8").trim();
  await expect.poll(name, { interval: 5, timeout: 20_000 }).toBe("sleep");
  return child.pid!;
}

function place(discovery: Discovery, name: string): DiscoveredNamespace & { readonly model: Namespace } {
  const found = discovery.namespaces.find((each) => each.name === name);
  const model = discovery.model.namespaces.find((each) => each.name === name);
  if (found === undefined || model === undefined) throw new Error(`${name} is not there`);
  return { ...found, model };
}

function link(discovery: Discovery, namespace: string, name: string): DiscoveredLink {
  const found = place(discovery, namespace).links.find((each) => each.name === name);
  if (found === undefined) throw new Error(`${namespace}:${name} is not there`);
  return found;
}

describe("who is plugged into whom", () => {
  //   root ── v1: br0 ──┬── va ═══ eth0: a        c: x0 ═══ x0: d   (the same ifindexes as e and f)
  //                     └── vb ═══ eth0: b        e: x0 ═══ x0: f
  test("both ends of every cable, whatever their ifindexes", () => {
    sh(`for n in a b c d e f; do ip netns add $n; done
      ip link add br0 type bridge; ip link set br0 up
      for n in a b; do ip link add v$n type veth peer name eth0 netns $n; ip link set v$n master br0 up; ip -n $n link set eth0 up; done
      ip -n c link add x0 index 77 type veth peer name x0 index 78 netns d
      ip -n e link add x0 index 77 type veth peer name x0 index 78 netns f
      ip link add near type veth peer name far`);
    const discovery = discover();
    for (const n of ["a", "b"]) {
      expect(link(discovery, n, "eth0").peer).toEqual({ namespace: "root", link: `v${n}` });
      expect(link(discovery, "root", `v${n}`)).toMatchObject({ peer: { namespace: n, link: "eth0" }, portState: "forwarding" }); // prettier-ignore
    }
    for (const [one, other] of [
      ["c", "d"],
      ["e", "f"],
    ] as const) {
      expect(link(discovery, one, "x0").peer).toEqual({ namespace: other, link: "x0" });
      expect(link(discovery, other, "x0").peer).toEqual({ namespace: one, link: "x0" });
    }
    expect(link(discovery, "root", "near").peer).toEqual({ namespace: "root", link: "far" });
    const text = discovered(discovery, PLAIN, { details: false, whole: discovery });
    expect(text).toMatch(/^a +eth0 +veth +up +root:va in br0$/m);
    expect(text).toMatch(/^ +└ vb +veth +up +b:eth0$/m);
    expect(text).toContain("1 bridge, 5 cables");
  });

  //   root: lower ═══ …       a: mac (on root:lower)     root: vx (vxlan 42, on lower)
  test("what stands on what, and what it is about", () => {
    sh(`ip netns add a; ip link add lower type veth peer name other; ip link set lower up
      ip link add mac link lower netns a type macvlan mode private
      ip link add vx type vxlan id 42 local 192.0.2.1 remote 192.0.2.2 dstport 4789 dev lower
      ip link add ex type vxlan external dstport 4790; ip addr add 10.8.0.1 peer 10.8.0.2/32 dev lower`);
    const discovery = discover();
    const links = json<{ ifname: string; ifindex: number; linkinfo?: { info_data?: Record<string, unknown> } }>("ip -j -d link"); // prettier-ignore
    const seen = links.find(({ ifname }) => ifname === "vx")!;
    expect(link(discovery, "root", "vx")).toMatchObject({
      index: seen.ifindex,
      kind: "vxlan",
      details: { id: seen.linkinfo?.info_data?.["id"], local: "192.0.2.1", remote: "192.0.2.2", port: 4789 },
      parent: { namespace: "root", link: "lower" },
    });
    expect(link(discovery, "a", "mac")).toMatchObject({
      kind: "macvlan",
      details: { mode: "private" },
      parent: { namespace: "root", link: "lower" },
      elsewhere: null,
    });
    const text = discovered(discovery, PLAIN, { details: false, whole: discovery });
    expect(text).toMatch(/^root +ex +vxlan external +down +udp 4790$/m);
    expect(text).toMatch(/^ +lower +veth +no carrier +10\.8\.0\.1 peer 10\.8\.0\.2\/32 +root:other$/m);
    expect(text).toMatch(/^a +mac +macvlan private +down +on root:lower$/m);
    expect(text).toMatch(/^ +vx +vxlan 42 +down +192\.0\.2\.1 → 192\.0\.2\.2 udp 4789, on lower$/m);
  });
});

const canTap = spawnSync("sh", ["-c", "exec 3<> /dev/net/tun"]).status === 0;
test.skipIf(!canTap)("which program has a tap open", async () => {
  // TUNSETIFF with IFF_TAP and IFF_NO_PI
  const script = `const { openSync } = require("node:fs"), koffi = require("koffi"), request = Buffer.alloc(40);
    request.write("tap9"); request.writeInt16LE(0x1002, 16);
    const ioctl = koffi.load(null).func("int ioctl(int, unsigned long, void *)");
    console.log(ioctl(openSync("/dev/net/tun", "r+"), 0x400454ca, request)); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("0\n");
  sh("ip tuntap add dev idle0 mode tap");
  const discovery = discover();
  expect(link(discovery, "root", "tap9")).toMatchObject({ kind: "tun", users: [{ pid: child.pid, command: "node" }] });
  expect(link(discovery, "root", "idle0")).toMatchObject({
    kind: "tun",
    details: { mode: "tap", persistent: "yes" },
    users: [],
  });
  const text = discovered(discovery, PLAIN, { details: false, whole: discovery });
  expect(text).toContain(`node (${child.pid})`);
});

describe("namespaces that nobody has named", () => {
  test("of a process, of a descriptor, of a mount somewhere else", async () => {
    const pid = await sleeping("unshare", ["-n"]);
    sh("ip netns add held; ip netns add bound");
    mkdirSync("/run/elsewhere");
    writeFileSync("/run/elsewhere/spot", "");
    sh("mount --bind /run/netns/bound /run/elsewhere/spot; ip netns del bound");
    const holder = await sleeping("sh", ["-c", 'exec 9</run/netns/held; exec "$@"', "sh"]);
    sh("ip netns del held");
    const discovery = discover();
    const inode = Number(/\d+/.exec(sh(`readlink /proc/${pid}/ns/net`))![0]);
    expect(place(discovery, `sleep-${pid}`)).toMatchObject({ inode, processes: [{ pid, command: "sleep" }] });
    expect(place(discovery, `sleep-${holder}-fd9`)).toMatchObject({ processes: [], handles: [{ path: `/proc/${holder}/fd/9`, process: { pid: holder } }] }); // prettier-ignore
    expect(place(discovery, "spot").handles).toEqual([{ path: "/run/elsewhere/spot", process: null }]);
    sh("umount /run/elsewhere/spot");
    rmSync("/run/elsewhere", { recursive: true });
    expect(discover().namespaces.map(({ name }) => name)).not.toContain("spot");
  });

  test("of a thread only", async () => {
    const script = `const { Worker, isMainThread, threadId } = require("node:worker_threads"), koffi = require("koffi");
      if (isMainThread) new Worker(process.argv[1], { eval: true, argv: [""] });
      else console.log(koffi.load(null).func("int unshare(int)")(0x40000000));
      setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ["-e", "eval(process.argv[1])", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    expect(said.toString()).toBe("0\n");
    const found = place(discover(), `node-${child.pid}-thread`);
    expect(found).toMatchObject({ processes: [], handles: [{ process: { pid: child.pid, command: "node" } }] });
    expect(found.inode).not.toBe(root);
  });

  test("of a container, whose files are its own business: a pipe where its name should be stops nobody", async () => {
    const pid = await sleeping("unshare", ["-n", "-m", "--propagation", "private", "sh", "-c", 'mount -t tmpfs tmpfs /etc; mkfifo /etc/hostname; exec "$@"', "sh"]); // prettier-ignore
    const read = (path: string): string | null => (path === `/proc/${pid}/cgroup` ? `0::/docker/${"ab".repeat(32)}\n` : readText(path)); // prettier-ignore
    expect(readContainer(pid, read)).toMatchObject({ engine: "docker", name: null });
    expect(readText(`/proc/${pid}/comm`)).toBe("sleep\n");
  });

  test("in the files of another mount namespace", async () => {
    const pid = await sleeping("unshare", ["-m", "--propagation", "private", "sh", "-c", 'mount -t tmpfs tmpfs /run; ip netns add theirs; exec "$@"', "sh"]); // prettier-ignore
    const discovery = discover();
    expect(place(discovery, "theirs").handles).toEqual([{ path: `/proc/${pid}/root/run/netns/theirs`, process: { pid, command: "sleep" } }]); // prettier-ignore
  });
});

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
    const theirs = json<{ dst: string; protocol?: string; table?: string }>("ip -4 -n a -j route show table all"); // prettier-ignore
    // Those of `ip route add` are of protocol boot, which is left unsaid.
    const added = theirs.filter(({ protocol }) => protocol === undefined);
    expect(added).toHaveLength(4);
    const ours = [...model.routes, ...localRoutes].filter(({ family, origin }) => family === 4 && origin !== "kernel");
    expect(ours.map(({ to, table }) => `${to} ${table}`).sort()).toEqual(["0.0.0.0/0 254", "10.7.0.0/16 255", "10.9.0.0/16 100", "192.0.2.0/24 254"]); // prettier-ignore
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
    expect(notes.sort()).toEqual([
      "10.13.0.0/16 254 mtu 1300, advmss 1200",
      "10.14.0.0/16 77 tos 0x10",
      "fd02::/64 254 preferred",
      "fd03::/64 254 from fd00::/64",
    ]);
    const text = discovered(discovery, PLAIN, { details: true, whole: discovery });
    expect(text).toMatch(/^a +10\.13\.0\.0\/16 +10\.1\.0\.2 +eth0 .*static +mtu 1300, advmss 1200$/m);
    expect(text.indexOf("10.15.0.0/16")).toBeLessThan(text.indexOf("10.14.0.0/16"));
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
    const there = spawn("ip", ["netns", "exec", "b", process.execPath, "-e", "require('dgram').createSocket('udp4').bind(5353, () => console.log())"], { stdio: ["ignore", "pipe", "inherit"] }); // prettier-ignore
    children.push(there);
    await once(there.stdout, "data");
    const discovery = discover();
    server.close();
    const [stats] = json<{ stats64: Record<"rx" | "tx", { packets: number; bytes: number }> }>("ip -n a -j -s link show eth0"); // prettier-ignore
    const { received, sent, qdiscs } = link(discovery, "a", "eth0");
    expect(sent.packets).toBeGreaterThanOrEqual(3);
    expect(sent.packets).toBeLessThanOrEqual(stats!.stats64.tx.packets);
    expect(received.bytes).toBeLessThanOrEqual(stats!.stats64.rx.bytes);
    const [theirs] = json<{ kind: string; handle: string; options: { rate: number; burst: number } }>("tc -n a -j qdisc show dev eth0"); // prettier-ignore
    // tc cuts its burst off where we round.
    expect(qdiscs).toMatchObject([{ kind: theirs!.kind, handle: theirs!.handle, parent: "root", options: { rate: theirs!.options.rate * 8, burst: theirs!.options.burst + 1 } }]); // prettier-ignore
    expect(place(discovery, "a").sockets).toMatchObject([{ protocol: "tcp", address: "::", port: 8080 }]);
    expect(place(discovery, "b").sockets).toMatchObject([{ protocol: "udp", address: "0.0.0.0", port: 5353, processes: [{ pid: there.pid }] }]); // prettier-ignore
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
    expect(forwarding).toContainEqual({ link: "va", bridge: "br0", mac: eth0!.address, vlan: null, remote: null, state: "learned" }); // prettier-ignore
    expect(forwarding).toContainEqual({ link: "va", bridge: "br0", mac: "02:00:00:00:00:08", vlan: null, remote: null, state: "static" }); // prettier-ignore
    expect(forwarding).toContainEqual(expect.objectContaining({ link: "vx", bridge: null, mac: "02:00:00:00:00:09", remote: "192.0.2.9" })); // prettier-ignore
    const theirs = json<{ mac: string; ifname: string; master?: string }>("bridge -j fdb show br br0").filter(({ master }) => master === "br0"); // prettier-ignore
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
    const theirs = json<{ ifname: string; vlans: { vlan: number; vlanEnd?: number; flags?: string[] }[] }>("bridge -j -compressvlans vlan"); // prettier-ignore
    expect([...found.keys()]).toEqual(expect.arrayContaining([index("va"), index("br0")]));
    for (const name of ["va", "br0"]) {
      const vlans = theirs.find(({ ifname }) => ifname === name)?.vlans ?? [];
      expect(found.get(index(name))).toEqual(vlans.map(({ vlan, vlanEnd, flags = [] }) => ({ first: vlan, last: vlanEnd ?? vlan, untagged: flags.includes("Egress Untagged"), pvid: flags.includes("PVID") }))); // prettier-ignore
    }
    expect(readVlans(socket, []).size).toBe(0);
    expect(link(discover(), "root", "va").vlans).toHaveLength(filters ? 3 : 0);
  });

  test("netfilter: in whose words it is, and tables of iptables-legacy by name", () => {
    sh(`ip netns add a; ip netns exec a nft 'table inet own { chain in { type filter hook input priority 0; policy drop; tcp dport 22 accept; ct state established accept; }; }'
      ip netns exec a iptables-nft -t nat -A POSTROUTING -j MASQUERADE
      ip netns exec a iptables-legacy -A INPUT -p tcp --dport 1 -j DROP`);
    const { netfilter } = place(discover(), "a");
    expect(netfilter).toContainEqual({ origin: "nft", family: "inet", table: "own", sets: 0, chains: [{ name: "in", hook: "input", policy: "drop", rules: 2 }] }); // prettier-ignore
    expect(netfilter.find(({ table }) => table === "nat")).toMatchObject({ origin: "iptables-nft", family: "ip" });
    expect(netfilter).toContainEqual({ origin: "iptables-legacy", family: "ip", table: "filter", sets: 0, chains: [] });
  });
});

describe("what might go wrong", () => {
  test("ten thousand routes: all are read, a screenful is shown", () => {
    writeFileSync("/run/routes", Array.from({ length: 10_000 }, (_, i) => `route add 10.${i >> 8}.${i & 255}.0/24 dev eth0\n`).join("")); // prettier-ignore
    sh(
      "ip netns add a; ip -n a link add eth0 type veth peer name x; ip -n a link set eth0 up; ip -n a -batch /run/routes",
    );
    const discovery = discover();
    expect(place(discovery, "a").model.routes.filter(({ family }) => family === 4)).toHaveLength(10_000);
    const text = discovered(discovery, PLAIN, { details: true, whole: discovery });
    expect(text).toContain("… and 9,960 more");
    expect(text.split("\n").length).toBeLessThan(200);
  });

  test("names with quotes, markup and escape sequences", async () => {
    const name = `a"<b>\x1b[31m`;
    spawnSync("ip", ["link", "add", name, "type", "veth", "peer", "name", "x'y"]);
    spawnSync("ip", ["link", "set", name, "alias", "al\x1b]0;ias\x07"]);
    spawnSync("ip", ["netns", "add", "n\x1b[5m\né\\"]);
    const evil = spawn("sleep", ["infinity"], { argv0: "ev\x1b[1mil", stdio: "ignore" });
    children.push(evil);
    await expect.poll(() => readFileSync(`/proc/${evil.pid}/comm`, "utf8"), { timeout: 20_000 }).toBe("sleep\n");
    const discovery = discover();
    expect(link(discovery, "root", name).peer).toEqual({ namespace: "root", link: "x'y" });
    const text = discovered(discovery, PLAIN, { details: true, whole: discovery });
    expect(text).toContain(`a"<b>\\e[31m`);
    expect(text).toContain("al\\e]0;ias\\x07");
    expect(text).toMatch(/^n\\e\[5m\\né\\ +named$/m);
    expect(text).toContain("ev\\e[1mil");
    expect(text).not.toMatch(/[^\n\P{Cc}]/u);
  });

  //   a ═══ b, but b is not read
  test("a cable into a namespace that is not read leads elsewhere", () => {
    sh("ip netns add a; ip netns add b; ip -n a link add eth0 index 40 type veth peer name eth0 index 41 netns b");
    const all = discover();
    const { inode } = place(all, "a");
    const part = discoverAll({ name: "machine", root, only: new Map([[inode, "a"]]) });
    expect(link(all, "a", "eth0")).toMatchObject({ peer: { namespace: "b", link: "eth0" }, elsewhere: null });
    expect(link(part, "a", "eth0")).toMatchObject({ peer: null, elsewhere: 41 });
    const text = discovered(part, PLAIN, { details: false, whole: part });
    expect(text).toContain("ifindex 41 of a namespace that was not read");
  });

  test("what somebody else has read, and told in JSON, is the same", () => {
    sh(
      "ip netns add a; ip netns add b; ip -n a link add eth0 type veth peer name eth0 netns b; ip -n b link set lo up",
    );
    const options = { name: "machine", root };
    const survey = surveyMachine(options);
    const told = JSON.parse(JSON.stringify(readTasks(survey.tasks, survey.root, "all"))) as Outcome[];
    expect(conclude(survey, told, options).model).toEqual(discover().model);
    // One that has gone meanwhile, and one that cannot be entered.
    const causes = new Map<string, string | null>([["a", null], ["b", "EPERM"]]); // prettier-ignore
    const poorer = told.map((one, index): Outcome => {
      const cause = causes.get(survey.tasks[index]!.name);
      return cause === undefined ? one : { cause };
    });
    const { remarks, unseen, namespaces } = conclude(survey, poorer, options);
    expect(remarks).toContain("namespace a went away while it was being read");
    expect(unseen).toMatchObject([{ name: "b", cause: "EPERM", handles: [{ path: "/run/netns/b" }] }]);
    expect(namespaces.map(({ name }) => name)).not.toContain("a");
  });

  test("nothing is changed: namespaces get no ids, no socket and no descriptor stays", () => {
    sh("ip netns add a; ip netns add b; ip link add mac link lo netns a type veth peer name y netns a");
    const ids = (): string => sh("ip -n a netns list-id; ip -n b netns list-id; ip netns list-id");
    const open = (): string[] => [
      sh(`ls -l /proc/${process.pid}/fd | grep -o 'net:.*' | sort`),
      sh("wc -l < /proc/net/netlink; ip netns exec a wc -l < /proc/net/netlink"),
    ];
    discover();
    const before = [ids(), open(), readFileSync("/proc/self/mountinfo", "utf8")];
    discover();
    expect([ids(), open(), readFileSync("/proc/self/mountinfo", "utf8")]).toEqual(before);
    expect(sh("ip -n b netns list-id")).toBe("");
    // That it would show: somebody gives an id.
    sh("ip -n b netns set a 7");
    expect(sh("ip -n b netns list-id")).toContain("nsid 7");
  });
});
