/**
 * The container that a process is in, from its control group or its supervisor, and the container's name, from the
 * supervisor or the engine's files if we may read them. Best effort: without evidence there is no container.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { Container } from "../model/index.ts";
import { keptBy, podOf } from "./keepers.ts";

type Read = (path: string) => string | null;

const ID = "([0-9a-f]{64})";
/** systemd's slices write the dashes of a pod's uid as underscores. */
const POD = /(?:^|[/-])pod([0-9a-f]{8}[-_][0-9a-f_-]{27})(?:\.slice)?(?:\/|$)/m;

/** The way an engine calls its groups, most telling first. */
const ENGINES: readonly (readonly [Container["engine"], RegExp])[] = [
  ["cri-o", new RegExp(`crio-${ID}`)],
  ["containerd", new RegExp(`cri-containerd-${ID}`)],
  ["podman", new RegExp(`libpod-${ID}`)],
  ["docker", new RegExp(`docker[/-]${ID}`)],
  ["containerd", new RegExp(`/(?:kubepods[^:]*|default|k8s\\.io)/${ID}(?:$|\\n)`)],
  ["kubernetes", new RegExp(`kubepods[^:]*/${ID}`)],
];
const LXC = /\/(?:lxc\.payload[./]|lxc\/)([^/\n]+)/;
const NSPAWN = /machine\.slice\/(?:machine-|systemd-nspawn@)([^/\n]+?)\.(?:scope|service)/;

/** From /proc/PID/cgroup, for both versions of control groups. Pure. */
export function containerOf(cgroup: string): Container | null {
  const pod = POD.exec(cgroup)?.[1]?.replaceAll("_", "-") ?? null;
  for (const [engine, pattern] of ENGINES) {
    const id = pattern.exec(cgroup)?.[1];
    if (id !== undefined) return { engine, id, name: null, pod };
  }
  const lxc = LXC.exec(cgroup)?.[1];
  if (lxc !== undefined) return { engine: "lxc", id: lxc, name: lxc, pod: null };
  const machine = NSPAWN.exec(cgroup)?.[1];
  if (machine === undefined) return null;
  const name = machine.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { engine: "nspawn", id: name, name, pod: null };
}

/** So many processes of a namespace are looked at: containers are few, what runs in them may be much. */
const LOOKED_AT = 64;

/** The containers that processes are in, each once; none if the first of them is in none. */
export function readContainers(pids: readonly number[], read: Read = readText): Container[] {
  const found = new Map<string, Container>();
  for (const pid of pids.slice(0, LOOKED_AT)) {
    // Most are in the same container as the previous one: the control group shows that without another file.
    const told = containerOf(read(`/proc/${pid}/cgroup`) ?? "");
    if (told !== null && found.has(told.id)) continue;
    const container = readContainer(pid, read);
    if (container !== null && !found.has(container.id)) found.set(container.id, container);
    if (found.size === 0) break;
  }
  return [...found.values()];
}

/** The container of a process, with its name if a file gives it. */
export function readContainer(pid: number, read: Read = readText): Container | null {
  const told = containerOf(read(`/proc/${pid}/cgroup`) ?? "");
  if (told !== null && told.name !== null) return told;
  const kept = keptBy(keeperOf(pid, read));
  const container = told ?? kept;
  if (container === null) return null;
  // The supervisor of another container proves nothing: this process may have been started from within it.
  if (kept?.name && kept.id === container.id) return { ...container, name: kept.name, pod: kept.pod ?? container.pod };
  const found = named(container, pid, read);
  return kept?.pod && kept.id === container.id ? { ...found, pod: kept.pod } : found;
}

/** The command line of the parent. */
function keeperOf(pid: number, read: Read): string {
  const parent = /^PPid:\t(\d+)$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
  return parent === undefined || parent === "0" ? "" : (read(`/proc/${parent}/cmdline`) ?? "");
}

/** Where Docker keeps its files: as configured, else the default of its package or snap. */
function dockerRoots(read: Read): string[] {
  const told = parse(read("/etc/docker/daemon.json"))?.["data-root"];
  const home = process.env["HOME"] ?? "/root";
  return [
    ...(typeof told === "string" ? [told] : []),
    "/var/lib/docker",
    "/var/snap/docker/common/var-lib-docker",
    `${home}/.local/share/docker`,
  ];
}

/** Storage of Podman and CRI-O is called after the driver that it uses. */
const DRIVERS = ["overlay", "vfs", "btrfs", "zfs"];

function named(container: Container, pid: number, read: Read): Container {
  const { engine, id } = container;
  if (container.name !== null) return container;
  const config = (path: string): Labels => parse(read(path)) ?? {};
  if (engine === "docker") {
    for (const root of dockerRoots(read)) {
      const { Name } = config(`${root}/containers/${id}/config.v2.json`) as { Name?: unknown };
      if (typeof Name === "string") return { ...container, ...withPod(container, podOf(Name.replace(/^\//, ""))) };
    }
  }
  const annotations = [
    ...["k8s.io", "default"].map((space) => `/run/containerd/io.containerd.runtime.v2.task/${space}/${id}/config.json`),
    ...DRIVERS.flatMap((driver) =>
      ["/run", "/var/lib"].map((root) => `${root}/containers/storage/${driver}-containers/${id}/userdata/config.json`),
    ),
  ]
    .map((path) => config(path)["annotations"])
    .find((one) => typeof one === "object" && one !== null) as Labels | undefined;
  const label = (...keys: string[]): string | null => {
    const value = keys.map((key) => annotations?.[key]).find((one) => typeof one === "string");
    return typeof value === "string" ? value : null;
  };
  const pod = label("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name");
  const space = label("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace");
  if (pod !== null)
    return {
      ...container,
      name: label("io.kubernetes.cri.container-name", "io.kubernetes.container.name"),
      pod: space === null ? pod : `${space}/${pod}`,
    };
  const name = label("nerdctl/name") ?? podmanName(id, read) ?? hostName(id, pid, read);
  // The host name of a pod's containers is that of the pod.
  return container.pod === null ? { ...container, name } : { ...container, pod: name ?? container.pod };
}

const withPod = ({ pod }: Container, told: Pick<Container, "name" | "pod">): Pick<Container, "name" | "pod"> => ({
  name: told.name,
  pod: told.pod ?? pod,
});

type Labels = Record<string, unknown>;

function podmanName(id: string, read: Read): string | null {
  const home = process.env["HOME"] ?? "/root";
  const storages = ["/var/lib/containers/storage", `${home}/.local/share/containers/storage`];
  for (const folder of storages.flatMap((storage) => DRIVERS.map((driver) => `${storage}/${driver}-containers`))) {
    const list = parse(read(`${folder}/containers.json`)) as unknown;
    if (!Array.isArray(list)) continue;
    const entry = (list as { id?: unknown; names?: unknown }[]).find((one) => one.id === id);
    if (Array.isArray(entry?.names) && typeof entry.names[0] === "string") return entry.names[0];
  }
  return null;
}

/** Engines write it into the container; without a name of the user's own it is the beginning of the id. */
function hostName(id: string, pid: number, read: Read): string | null {
  const name = read(`/proc/${pid}/root/etc/hostname`)?.trim() ?? "";
  // The file is the container's: it may hold anything.
  return /^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/.test(name) && !id.startsWith(name) ? name : null;
}

function parse(text: string | null): Labels | null {
  try {
    return text === null ? null : (JSON.parse(text) as Labels | null);
  } catch {
    return null;
  }
}

/** Only regular files: a container could have replaced its own by a pipe that nothing ever writes to. */
export function readText(path: string): string | null {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return fstatSync(fd).isFile() ? readFileSync(fd, "utf8") : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
