// What is discovered against what iproute2 says of the same machine.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { namespacePath, OpenNamespace, within } from "../../src/kernel/index.ts";
import { readContainer, readText } from "../../src/discover/containers.ts";
import {
  AT_ONCE,
  conclude,
  decodeBatch,
  discover as discoverAll,
  fetchBatches,
  type Outcome,
  readTasks,
  surveyMachine,
  TaskReader,
  workOf,
} from "../../src/discover/index.ts";
import { discovered } from "../../src/show/discover/index.ts";
import { PLAIN } from "../../src/show/index.ts";
import { children, discover, json, link, place, root, sleeping, tidy } from "./machine.ts";
import { sh } from "../support/witnesses.ts";

afterEach(tidy);

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
      expect(link(discovery, "root", `v${n}`)).toMatchObject({
        peer: { namespace: n, link: "eth0" },
        portState: "forwarding",
      });
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
    const links = json<{ ifname: string; ifindex: number; linkinfo?: { info_data?: Record<string, unknown> } }>(
      "ip -j -d link",
    );
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
    expect(place(discovery, `sleep-${holder}-fd9`)).toMatchObject({
      processes: [],
      handles: [{ path: `/proc/${holder}/fd/9`, process: { pid: holder } }],
    });
    expect(place(discovery, "spot").handles).toEqual([{ path: "/run/elsewhere/spot", process: null }]);
    sh("umount /run/elsewhere/spot");
    rmSync("/run/elsewhere", { recursive: true });
    expect(discover().namespaces.map(({ name }) => name)).not.toContain("spot");
  });

  //   a: eth0 ──── eth0 :b, and of a nothing is left but a socket of a process that is elsewhere
  test("of a socket only, for whoever asks", async () => {
    sh(
      "ip netns add a; ip netns add b; ip -n a link add eth0 type veth peer name eth0 netns b; ip -n a link set lo up",
    );
    const inode = statSync("/run/netns/a").ino;
    const away = `exec 9<>/dev/udp/127.0.0.1/9; exec nsenter --net=/proc/${process.pid}/ns/net "$@"`;
    const holder = await sleeping("ip", ["netns", "exec", "a", "bash", "-c", away, "bash"]);
    sh("ip netns del a");
    const open = (): string[] => readdirSync("/proc/self/fd").sort();
    const before = open();
    const discovery = discoverAll({ name: "machine", root, sockets: true });
    expect(open()).toEqual(before);
    const name = `sleep-${holder}-fd9`;
    expect(place(discovery, name)).toMatchObject({
      inode,
      processes: [],
      handles: [{ path: `/proc/${holder}/fd/9`, process: { pid: holder } }],
    });
    expect(link(discovery, "b", "eth0").peer).toEqual({ namespace: name, link: "eth0" });
    // Control: who does not ask is not told; and sockets of what was found anyway add nothing.
    const without = discover();
    expect(without.namespaces.map((one) => one.name)).not.toContain(name);
    expect(discovery.namespaces.map((one) => one.name).filter((one) => one !== name)).toEqual(
      without.namespaces.map((one) => one.name),
    );
    expect(link(without, "b", "eth0")).toMatchObject({ peer: null, elsewhere: expect.any(Number) });
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
    const pid = await sleeping("unshare", [
      "-n",
      "-m",
      "--propagation",
      "private",
      "sh",
      "-c",
      'mount -t tmpfs tmpfs /etc; mkfifo /etc/hostname; exec "$@"',
      "sh",
    ]);
    const read = (path: string): string | null =>
      path === `/proc/${pid}/cgroup` ? `0::/docker/${"ab".repeat(32)}\n` : readText(path);
    expect(readContainer(pid, read)).toMatchObject({ engine: "docker", name: null });
    expect(readText(`/proc/${pid}/comm`)).toBe("sleep\n");
  });

  test("in the files of another mount namespace", async () => {
    const pid = await sleeping("unshare", [
      "-m",
      "--propagation",
      "private",
      "sh",
      "-c",
      'mount -t tmpfs tmpfs /run; ip netns add theirs; exec "$@"',
      "sh",
    ]);
    const discovery = discover();
    expect(place(discovery, "theirs").handles).toEqual([
      { path: `/proc/${pid}/root/run/netns/theirs`, process: { pid, command: "sleep" } },
    ]);
  });
});

describe("what might go wrong", () => {
  test("ten thousand routes: all are read, a screenful is shown", () => {
    writeFileSync(
      "/run/routes",
      Array.from({ length: 10_000 }, (_, i) => `route add 10.${i >> 8}.${i & 255}.0/24 dev eth0\n`).join(""),
    );
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

  //   a eth0 ═══ eth0 b: br0, tables of its own, somebody who listens: what is asked once more
  const fetchable = async (): Promise<Disposable> => {
    sh(`ip netns add a; ip netns add b; ip -n a link add eth0 type veth peer name eth0 netns b; ip -n b link set lo up
      ip -n b link add br0 type bridge; ip -n b link set eth0 master br0; ip -n b address add 10.0.0.1/24 dev br0
      ip -n a link set eth0 up; ip -n a address add 10.3.0.1/24 dev eth0; ip -n a rule add from 10.2.0.0/16 table 7
      ip -n a route add 10.1.0.0/16 via 10.3.0.2; ip netns exec b nft add table inet mine`);
    await sleeping("ip", ["netns", "exec", "b"]);
    const server = createServer();
    using namespace = OpenNamespace.open(namespacePath("b"));
    within(namespace.fd, () => server.listen(8080));
    if (!server.listening) await once(server, "listening");
    return { [Symbol.dispose]: () => void server.close() };
  };
  const options = { name: "machine", root };

  test.each(["overview", "all"] as const)("what another thread has fetched tells the same, %s", async (depth) => {
    using _listens = await fetchable();
    const survey = surveyMachine(options);
    const work = workOf(survey, depth);
    using reader = new TaskReader(work);
    const batches = structuredClone([...fetchBatches(work.tasks, reader, new Int32Array(1))]);
    expect(batches.length).toBe(Math.ceil(work.tasks.length / AT_ONCE));
    const told = batches.flatMap((batch) => decodeBatch(batch, work.tasks, reader)) as Outcome[];
    const asked = conclude(survey, readTasks(work), options);
    expect(place(asked, "b")).toMatchObject({ sockets: [{ port: 8080 }], netfilter: [{ table: "mine" }] });
    expect(place(asked, "a").model.addresses).toMatchObject([{ address: "10.3.0.1" }]);
    expect(conclude(survey, told, options)).toEqual(asked);
  });

  test("what was fetched of a namespace that goes before the rest is asked is nothing", async () => {
    const listens = await fetchable();
    const survey = surveyMachine(options);
    const work = workOf(survey, "overview");
    using reader = new TaskReader(work);
    const batches = [...fetchBatches(work.tasks, reader, new Int32Array(1))];
    listens[Symbol.dispose]();
    await tidy();
    const told = batches.flatMap((batch) => decodeBatch(batch, work.tasks, reader)) as Outcome[];
    const { remarks, namespaces } = conclude(survey, told, options);
    expect(remarks).toContain("namespace b disappeared while it was being read");
    // Of the other all was known by then.
    const names = namespaces.map(({ name }) => name);
    expect(names).toContain("a");
    expect(names).not.toContain("b");
  });

  test("what cannot be read is said", () => {
    sh("ip netns add a; ip netns add b");
    const survey = surveyMachine(options);
    const told = readTasks(workOf(survey, "all"));
    // One that has gone meanwhile, and one that cannot be entered.
    const causes = new Map<string, string | null>([
      ["a", null],
      ["b", "EPERM"],
    ]);
    const poorer = told.map((one, index): Outcome => {
      const cause = causes.get(survey.tasks[index]!.name);
      return cause === undefined ? one : { cause };
    });
    const { remarks, unseen, namespaces } = conclude(survey, poorer, options);
    expect(remarks).toContain("namespace a disappeared while it was being read");
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
