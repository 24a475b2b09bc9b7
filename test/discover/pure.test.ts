// What can be told without a kernel: whose container, which name, which questions may be asked.

import { describe, expect, test } from "vitest";
import { containerOf, readContainer, readContainers } from "../../src/discover/containers.ts";
import type { Container } from "../../src/model/index.ts";
import type { Found } from "../../src/discover/find.ts";
import { askable } from "../../src/discover/modules.ts";
import { nameNamespaces } from "../../src/discover/names.ts";
import { summaryOf } from "../../src/discover/netfilter.ts";
import { discovered } from "../../src/show/discover/index.ts";
import { PLAIN } from "../../src/show/index.ts";
import { type Given, machineOf } from "./drawn.ts";
import { originText, vlanRanges, vlansText } from "../../src/show/discover/words.ts";
import { parseSockets } from "../../src/discover/sockets.ts";

const ID = "0123456789abcdef".repeat(4);
const POD = "11111111-2222-3333-4444-555555555555";

describe("whose container a control group is of", () => {
  test.each([
    ["docker, systemd", `0::/system.slice/docker-${ID}.scope\n`, { engine: "docker", id: ID }],
    ["docker, cgroupfs v1", `12:pids:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`, { engine: "docker", id: ID }],
    ["podman", `0::/machine.slice/libpod-${ID}.scope/container\n`, { engine: "podman", id: ID }],
    [
      "rootless podman",
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope\n`,
      { engine: "podman", id: ID },
    ],
    [
      "cri-o",
      `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD.replaceAll("-", "_")}.slice/crio-${ID}.scope\n`,
      { engine: "cri-o", id: ID, pod: POD },
    ],
    [
      "containerd in Kubernetes",
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replaceAll("-", "_")}.slice/cri-containerd-${ID}.scope\n`,
      { engine: "containerd", id: ID, pod: POD },
    ],
    ["Kubernetes, cgroupfs", `0::/kubepods/besteffort/pod${POD}/${ID}\n`, { engine: "containerd", id: ID, pod: POD }],
    ["nerdctl", `0::/default/${ID}\n`, { engine: "containerd", id: ID }],
    ["lxc", "0::/lxc.payload.web/init.scope\n", { engine: "lxc", id: "web", name: "web" }],
    [
      "systemd-nspawn",
      "0::/machine.slice/machine-my\\x2dbox.scope\n",
      { engine: "nspawn", id: "my-box", name: "my-box" },
    ],
  ])("%s", (_, cgroup, container) => {
    expect(containerOf(cgroup)).toEqual({ name: null, pod: null, ...container });
  });

  test.each(["0::/\n", "0::/system.slice/docker.service\n", "0::/user.slice/user-0.slice/session-1.scope\n", ""])(
    "nobody's: %j",
    (cgroup) => expect(containerOf(cgroup)).toBeNull(),
  );
});

describe("what it is called", () => {
  const files = (all: Record<string, string>) => (path: string) => all[path] ?? null;

  test("docker", () => {
    const read = files({
      "/proc/7/cgroup": `0::/docker/${ID}\n`,
      [`/var/lib/docker/containers/${ID}/config.v2.json`]: '{"Name":"/web"}',
    });
    expect(readContainer(7, read)?.name).toBe("web");
  });

  test("a pod, by the annotations of containerd and of cri-o", () => {
    const containerd = {
      "io.kubernetes.cri.sandbox-name": "web-5d9",
      "io.kubernetes.cri.sandbox-namespace": "shop",
      "io.kubernetes.cri.container-name": "nginx",
    };
    const read = files({
      "/proc/7/cgroup": `0::/kubepods/pod${POD}/${ID}\n`,
      [`/run/containerd/io.containerd.runtime.v2.task/k8s.io/${ID}/config.json`]: JSON.stringify({
        annotations: containerd,
      }),
    });
    expect(readContainer(7, read)).toMatchObject({ name: "nginx", pod: "shop/web-5d9" });
    const crio = { "io.kubernetes.pod.name": "db-0", "io.kubernetes.pod.namespace": "shop" };
    const other = files({
      "/proc/7/cgroup": `0::/kubepods.slice/crio-${ID}.scope\n`,
      [`/run/containers/storage/overlay-containers/${ID}/userdata/config.json`]: JSON.stringify({ annotations: crio }),
    });
    expect(readContainer(7, other)).toMatchObject({ name: null, pod: "shop/db-0" });
  });

  test("several that share a namespace: each once, and all of a pod", () => {
    const group = (id: string) => `0::/kubepods/pod${POD}/${id}\n`;
    const config = (id: string, name?: string) => ({
      [`/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`]: JSON.stringify({
        annotations: {
          "io.kubernetes.cri.sandbox-name": "web",
          "io.kubernetes.cri.sandbox-namespace": "shop",
          ...(name !== undefined && { "io.kubernetes.cri.container-name": name }),
        },
      }),
    });
    const [pause, nginx, log] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];
    const read = files({
      "/proc/7/cgroup": group(pause),
      "/proc/8/cgroup": group(nginx),
      "/proc/9/cgroup": group(nginx),
      "/proc/10/cgroup": group(log),
      "/proc/11/cgroup": "0::/\n",
      ...config(pause),
      ...config(nginx, "nginx"),
      ...config(log, "log"),
    });
    const all = readContainers([7, 8, 9, 10, 11], read);
    expect(all.map(({ id, name, pod }) => [id[0], name, pod])).toEqual([
      ["a", null, "shop/web"],
      ["b", "nginx", "shop/web"],
      ["c", "log", "shop/web"],
    ]);
    expect(readContainers([11, 7], read)).toEqual([]);
    const [container = null, ...sharers] = all;
    const [bare] = machineOf([]).namespaces;
    expect(originText({ ...bare!, name: "shop/web", container, sharers })).toBe("pod shop/web (nginx and log)");
    const docker = { engine: "docker", id: ID, name: "web", pod: null } as const;
    expect(originText({ ...bare!, name: "web", container: docker, sharers: [{ ...docker, name: "side" }] })).toBe(
      "docker web and side",
    );
  });

  test("nerdctl, which keeps its labels as annotations", () => {
    const read = files({
      "/proc/7/cgroup": `0::/default/${ID}\n`,
      [`/run/containerd/io.containerd.runtime.v2.task/default/${ID}/config.json`]:
        '{"annotations":{"nerdctl/name":"cache"}}',
    });
    expect(readContainer(7, read)).toEqual({ engine: "containerd", id: ID, name: "cache", pod: null });
  });

  test("podman, by its list, else by its host name", () => {
    const cgroup = { "/proc/7/cgroup": `0::/machine.slice/libpod-${ID}.scope\n` };
    const list = {
      "/var/lib/containers/storage/overlay-containers/containers.json": `[{"id":"${ID}","names":["db"]}]`,
    };
    expect(readContainer(7, files({ ...cgroup, ...list }))?.name).toBe("db");
    expect(readContainer(7, files({ ...cgroup, "/proc/7/root/etc/hostname": "cache\n" }))?.name).toBe("cache");
    const anything = { ...cgroup, "/proc/7/root/etc/hostname": "root:$6$x:1:0\n\x1b[31m" };
    expect(readContainer(7, files(anything))?.name).toBeNull();
    // That is only the beginning of its id.
    const own = { ...cgroup, "/proc/7/root/etc/hostname": `${ID.slice(0, 12)}\n` };
    expect(readContainer(7, files(own))).toEqual({ engine: "podman", id: ID, name: null, pod: null });
  });

  test("podman, whatever it stores its containers in; docker, wherever its files are", () => {
    const vfs = files({
      "/proc/7/cgroup": `0::/machine.slice/libpod-${ID}.scope\n`,
      "/var/lib/containers/storage/vfs-containers/containers.json": `[{"id":"${ID}","names":["db"]}]`,
    });
    expect(readContainer(7, vfs)?.name).toBe("db");
    const moved = files({
      "/proc/7/cgroup": `0::/docker/${ID}\n`,
      "/etc/docker/daemon.json": '{"data-root":"/data/docker"}',
      [`/data/docker/containers/${ID}/config.v2.json`]: '{"Name":"/k8s_nginx_web-5d9_shop_1234_0"}',
    });
    expect(readContainer(7, moved)).toMatchObject({ name: "nginx", pod: "shop/web-5d9" });
  });

  // Command lines as docker 20.10, containerd 1.6, podman 4.3, LXC 5.0 and systemd 252 have them.
  test.each([
    [
      [
        "/usr/bin/containerd-shim-runc-v2",
        "-namespace",
        "moby",
        "-id",
        ID,
        "-address",
        "/run/containerd/containerd.sock",
      ],
      { engine: "docker", id: ID, name: null },
    ],
    [
      ["/usr/bin/containerd-shim-runc-v2", "-namespace", "default", "-id", "web2", "-address", "/run/x"],
      { engine: "containerd", id: "web2", name: "web2" },
    ],
    [
      [
        "/usr/bin/conmon",
        "--api-version",
        "1",
        "-c",
        ID,
        "-u",
        ID,
        "-r",
        "/usr/bin/crun",
        "-n",
        "db",
        "--exit-dir",
        "/run/libpod/exits",
      ],
      { engine: "podman", id: ID, name: "db" },
    ],
    [
      ["/usr/bin/conmon", "-c", ID, "-n", "k8s_POD_web-5d9_shop_1234_0", "--exit-dir", "/var/run/crio/exits"],
      { engine: "cri-o", id: ID, name: null, pod: "shop/web-5d9" },
    ],
    [
      ["systemd-nspawn", "--private-network", "--machine=my-box", "-D", "/srv/a"],
      { engine: "nspawn", id: "my-box", name: "my-box" },
    ],
    [["systemd-nspawn", "-D", "/srv/tree/"], { engine: "nspawn", id: "tree", name: "tree" }],
    [["[lxc monitor] /var/lib/lxc box1"], { engine: "lxc", id: "box1", name: "box1" }],
    [["/usr/bin/conmon", "-c", "../../etc", "-n", "x"], null],
    [["/usr/bin/conmon", "-c", ID, "-n", "\u001b[31m"], { engine: "podman", id: ID, name: null }],
    [["bash", "-c", ID], null],
    [["systemd-nspawn", "-M"], null],
  ])("by the program that keeps it: %j", (words, expected) => {
    const read = files({
      "/proc/7/cgroup": "0::/\n",
      "/proc/7/status": "Name:\tsleep\nPPid:\t6\n",
      "/proc/6/cmdline": `${words.join("\0")}\0`,
    });
    expect(readContainer(7, read)).toEqual(expected === null ? null : { pod: null, ...expected });
  });

  test("the keeper of another container is not asked for the name of this one", () => {
    const read = files({
      "/proc/7/cgroup": `0::/machine.slice/libpod-${ID}.scope\n`,
      "/proc/7/status": "PPid:\t6\n",
      "/proc/6/cmdline": ["conmon", "-c", ID.replaceAll("0", "1"), "-n", "other"].join("\0"),
    });
    expect(readContainer(7, read)?.name).toBeNull();
    const monitor = files({ "/proc/7/cgroup": "0::/lxc.monitor.box1\n" });
    expect(readContainer(7, monitor)).toBeNull();
  });

  test("files that make no sense", () => {
    const read = files({
      "/proc/7/cgroup": `0::/docker/${ID}\n`,
      [`/var/lib/docker/containers/${ID}/config.v2.json`]: "{",
      "/var/lib/containers/storage/overlay-containers/containers.json": "{}",
    });
    expect(readContainer(7, read)).toEqual({ engine: "docker", id: ID, name: null, pod: null });
  });
});

describe("names of namespaces", () => {
  const found = (inode: number, more: Partial<Found>): Found => ({
    inode,
    paths: [],
    processes: [],
    handles: [],
    ...more,
  });
  const named = (name: string) => ({ path: `/run/netns/${name}`, process: null });
  const sleep = { pid: 12, command: "sleep" };
  const docker: Container = { engine: "docker", id: ID, name: "web", pod: null };

  test("by whoever gave it one, or is in it", () => {
    const all = [
      found(1, { processes: [{ pid: 1, command: "init" }] }),
      found(2, { handles: [named("blue")], processes: [sleep] }),
      found(3, { processes: [{ pid: 30, command: "nginx" }] }),
      found(4, {
        handles: [named("cni-11111111-2222-3333-4444-555555555555")],
        processes: [{ pid: 40, command: "pause" }],
      }),
      found(5, { processes: [sleep] }),
      found(6, { handles: [{ path: "/proc/77/fd/9", process: { pid: 77, command: "dockerd" } }] }),
      found(7, { processes: [{ pid: 70, command: "node" }] }),
      found(8, { handles: [{ path: "/proc/70/root/run/netns/h1", process: { pid: 70, command: "node" } }] }),
      found(9, { handles: [{ path: "/run/other/thing", process: null }] }),
      found(10, { handles: [named("my.net")], processes: [{ pid: 41, command: "app" }] }),
    ];
    const containers = new Map([
      [3, [docker]],
      [4, [{ ...docker, name: null, pod: "shop/web-5d9" }]],
      [10, [docker]],
    ]);
    const names = nameNamespaces(all, 1, new Map([[70, "office"]]), containers);
    expect(Object.fromEntries(names)).toEqual({
      1: "root",
      2: "blue",
      3: "web",
      4: "shop/web-5d9",
      5: "sleep-12",
      6: "dockerd-77-fd9",
      7: "office/root",
      8: "office/h1",
      9: "thing",
      10: "my.net",
    });
  });

  test("no two are called the same, and only the machine's is root", () => {
    const all = [
      found(1, {}),
      found(2, { handles: [named("root")] }),
      found(3, { handles: [named("x")] }),
      found(4, { handles: [{ path: "/proc/9/root/run/netns/x", process: sleep }] }),
    ];
    const names = nameNamespaces(all, 1, new Map(), new Map());
    expect([...names.values()]).toEqual(["root", "root#2", "x", "x#4"]);
  });
});

describe("nothing is asked that would load a module", () => {
  const netlink = "sk Eth Pid Groups\n0000 0 0 00\n0000 4 0 00\n0000 12 0 00\n";
  const from = (files: Record<string, string>) =>
    askable((path) => Object.entries(files).find(([key]) => path.startsWith(key))?.[1] ?? null);
  const own = { "/proc/thread-self/net/netlink": netlink };

  test("a kernel that cannot load any is asked everything", () => {
    expect(from(own)).toMatchObject({ nftables: true, tcpDiag: true, udpDiag: true, legacy: false });
  });

  test("one with modules only what is loaded, or built in", () => {
    const modules = {
      ...own,
      "/proc/modules": "nf_tables 1 0 - Live\ninet_diag 1 1 tcp_diag, Live\ntcp_diag 1 0 - Live\n",
    };
    expect(from(modules)).toMatchObject({ nftables: true, tcpDiag: true, udpDiag: false });
    expect(from({ ...own, "/proc/modules": "" })).toMatchObject({ nftables: false, tcpDiag: false, udpDiag: false });
    const builtIn = { ...own, "/proc/modules": "", "/lib/modules/": "kernel/net/netfilter/nf_tables.ko\n" };
    expect(from(builtIn)).toMatchObject({ nftables: true, tcpDiag: false });
  });

  test("not even a socket of a protocol that is not there", () => {
    expect(from({ "/proc/thread-self/net/netlink": "sk Eth Pid\n0000 0 0\n0000 12 4711\n" })).toMatchObject({
      nftables: false,
      tcpDiag: false,
    });
  });
});

test("sockets as /proc/net tells them, for kernels without the diagnosis of sockets", () => {
  const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0000 100 0 0 10 0
`;
  expect(parseSockets(tcp, "tcp", 4)).toEqual([
    { protocol: "tcp", family: 4, address: "127.0.0.1", port: 8080, boundTo: 0, inode: 4242 },
  ]);
  const udp6 =
    "  1: B80D01200000000000000000010000FE:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 7 2 0 0\n";
  expect(parseSockets(udp6, "udp", 6)).toMatchObject([{ address: "2001:db8::fe00:1", port: 53, inode: 7 }]);
});

test("whose a netfilter table is", () => {
  const table = (family: "ip" | "inet", name: string, chain: string) =>
    summaryOf({
      family,
      name,
      sets: [],
      chains: [
        { name: chain, base: { type: "filter", hook: "input", priority: 0, policy: "accept", devices: [] }, rules: [] },
      ],
    }).origin;
  expect(table("ip", "filter", "INPUT")).toBe("iptables-nft");
  expect(table("inet", "filter", "input")).toBe("nft");
  expect(table("ip", "filter", "input")).toBe("nft");
  expect(table("inet", "netloom", "input")).toBe("netloom");
});

test("VLANs of a port, in words", () => {
  const vlan = (first: number, last: number, untagged: boolean, pvid: boolean) => ({ first, last, untagged, pvid });
  const text = vlansText([
    vlan(1, 1, true, true),
    vlan(7, 7, false, true),
    vlan(9, 9, true, false),
    vlan(20, 30, false, false),
  ]);
  expect(text).toBe("1 untagged, 7 native, 9 untagged out, 20-30");
  expect(vlanRanges([1, 2, 3, 5, 7, 8])).toBe("1-3, 5, 7-8");
});

test("what a link is, and what is below it", () => {
  const text = tell([
    { name: "bond0", kind: "bond", details: { mode: "active-backup", active: "eth1" } },
    { name: "eth1", kind: "device", master: "bond0" },
    { name: "eth2", kind: "device", master: "bond0", carrier: false },
    { name: "gre1", kind: "gre", details: { local: "192.0.2.1", remote: "192.0.2.2", "output key": 7 } },
    { name: "team0", kind: "team" },
    { name: "eth3", kind: "device", master: "team0" },
    { name: "mac0", kind: "macvlan", details: { mode: "bridge" } },
    { name: "br0", kind: "bridge", vlans: [{ first: 1, last: 1, untagged: true, pvid: true }] },
    { name: "v1", master: "br0", vlans: [{ first: 10, last: 12, untagged: false, pvid: false }] },
  ]);
  expect(text).toMatch(
    /^root +bond0 +bond active-backup +up +2 links, eth1 active\n +└ eth1 +device +up\n +└ eth2 +device +no carrier$/m,
  );
  expect(text).toMatch(/^ +gre1 +gre key 7 +up +192\.0\.2\.1 → 192\.0\.2\.2$/m);
  expect(text).toMatch(/^ +team0 +team +up +1 link$/m);
  expect(text).toMatch(/^ +mac0 +macvlan bridge +up$/m);
  expect(text).toMatch(/^ +br0 +bridge +up +1 untagged +1 port\n +└ v1 +veth +up +10-12$/m);
});

test("members of a bond stand below it where it is the port of a bridge, and both below their VRF", () => {
  const text = tell([
    { name: "blue", kind: "vrf", details: { table: 10 } },
    { name: "br0", kind: "bridge", master: "blue" },
    { name: "bond0", kind: "bond", master: "br0" },
    { name: "eth1", kind: "device", master: "bond0" },
    { name: "eth2", kind: "device", master: "bond0" },
  ]);
  const lines = text.split("\n").filter((line) => line.includes("└"));
  const start = lines[0]?.indexOf("└") ?? 0;
  expect(lines.map((line) => line.slice(start).replaceAll(/(?<=\S) {2,}/g, " "))).toEqual([
    "└ br0 bridge up 1 port",
    "  └ bond0 bond up 2 links",
    "    └ eth1 device up",
    "    └ eth2 device up",
  ]);
});

function tell(links: readonly Given[]): string {
  const whole = machineOf(links);
  return discovered(whole, PLAIN, { details: false, whole });
}

test("on a narrow terminal nothing is cut that names something", () => {
  const whole = machineOf([
    { name: "br0", kind: "bridge" },
    { name: "veth1f2e3d4", master: "br0", peer: { namespace: "shop/web-5d9", link: "eth0" } },
  ]);
  const text = discovered(whole, { ...PLAIN, width: 40 }, { details: false, whole });
  expect(text).toContain("root\nbr0            bridge up 1 port\n└ veth1f2e3d4  veth up shop/web-5d9:eth0\n");
  const tables = text.slice(0, text.indexOf("machine: 1"));
  expect(tables.split("\n").filter((line) => line.length > 40)).toEqual([]);
});
