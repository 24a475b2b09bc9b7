import { describe, expect, test } from "vitest";
import { containerOf, readContainer, readContainers } from "../../src/discover/containers.ts";
import { machineOf } from "./drawn.ts";
import { originText } from "../../src/show/discover/words.ts";

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
