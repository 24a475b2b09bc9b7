import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, existsSync } from "node:fs";
import { failure } from "../diagnostic.ts";
import type { HeldDirectory } from "../kernel/directory.ts";
import { createMountNamespace, withinMounts } from "../kernel/mount-namespace.ts";
import { bind, setPropagation, umount } from "../kernel/mount.ts";
import { type LabContext, openNode } from "../kernel/lab-context.ts";
import { listNamespaces, NETNS_DIRECTORY, within } from "../kernel/namespace.ts";
import { NODE_FILES, resolverText } from "./etc.ts";
import type { Etc, HostName, ResolverSettings } from "./etc.ts";
import { createRootMounts } from "./places.ts";
import { mountSys, protectSys } from "./setup.ts";

/** The name of the machine itself. Its files are the lab's; a private machine has its own entry here, too. */
const MACHINE = "root";

/**
 * The mounts of a lab's nodes: each node's mount namespace has its own /etc/hosts, /etc/resolv.conf and /sys.
 * One is made when it is first needed and costs no process, so that a thousand nodes cost nothing until somebody looks.
 * All begin as copies of the holder's mounts, which no command runs in: what is mounted or unmounted in one stays there.
 * A node is a name under /run/netns, or `root`, the machine itself.
 */
export interface NodeMounts {
  /**
   * Makes the node's mount namespace if there is none. The descriptor that keeps it, for `nsenter --mount=/proc/PID/fd/N`.
   * (Binding it to a file is no way: Linux 6.18 now and then takes a new mount namespace for older than ours, and refuses.)
   * Not for `root` of the real machine.
   */
  readonly open: (node: string) => number;
  /**
   * Runs `fn` with this thread in the node's namespaces, network and mounts. Synchronous. A mount namespace in which the lab's own files
   * are not where they belong (somebody has unmounted /run in it) makes way for a new one first.
   */
  readonly enter: <T>(node: string, fn: () => T) => T;
  /** child_process.spawn in the node's namespaces. */
  readonly spawn: (node: string, command: string, args?: readonly string[], options?: SpawnOptions) => ChildProcess;
  /** Writes the node's /etc/resolv.conf, which `ip netns exec` sees too. */
  readonly setNames: (node: string, settings: ResolverSettings) => void;
  /** Releases the mount namespace of a node that no longer exists. */
  readonly close: (node: string) => void;
  /**
   * Whom a node knows by name (null: it has no names of its own), from now on and in the mounts that there are. When a file cannot
   * be written the others are, and then it throws.
   */
  readonly nameHosts: (hostsOf: (node: string) => readonly HostName[] | null) => void;
}

interface Entry {
  /** Of the network namespace, null for root's: a name may be given again. */
  readonly inode: bigint | null;
  /** Of the mount namespace. */
  readonly fd: number;
}

export interface MountOptions {
  readonly protect: boolean;
  /** Of the lab's own files, those of nodes among them. */
  readonly folder: HeldDirectory;
  /** NodeMounts on the real machine: nothing that is mounted or unmounted in one may spread to it. */
  readonly real: boolean;
}

export function createNodeMounts(context: LabContext, etc: Etc, options: MountOptions): NodeMounts {
  const { folder, real } = options;
  const mounts = new Map<string, Entry>();
  let hostsOf: (node: string) => readonly HostName[] | null = () => null;
  /** Files under the folder that we wrote; others are the user's. */
  const ours = new Set<string>();

  const writeFile = (node: string, name: string, text: () => string): void => {
    const path = `${NODE_FILES}/${node}/${name}`;
    if (!ours.has(path) && folder.has(path)) return;
    folder.makeFolder(`${NODE_FILES}/${node}`, 0o755);
    folder.overwrite(path, text());
    ours.add(path);
  };
  const writeHosts = (node: string): void => {
    const hosts = hostsOf(node);
    if (hosts !== null) writeFile(node, "hosts", () => etc.hostsText(hosts));
  };

  const openRoot = (): number => {
    const fd = mounts.get(MACHINE)?.fd ?? createRootMounts();
    mounts.set(MACHINE, { inode: null, fd });
    return fd;
  };
  const open = (node: string): number => {
    if (node === MACHINE && !real) return openRoot();
    using namespace = openNode(context, node);
    const { fd, inode } = namespace;
    const old = mounts.get(node);
    if (old?.inode === inode && !isOfDeadNamespace(old.fd)) return old.fd;
    if (old !== undefined) closeSync(old.fd);
    mounts.delete(node);
    writeHosts(node);
    if (!ours.has(`${NODE_FILES}/${node}/resolv.conf`)) {
      writeFile(node, "resolv.conf", () => resolverText({ servers: [], search: [] }));
    }
    // sysfs shows the network namespace that it is mounted from.
    const made = within(fd, () => createMountNamespace(() => mountFiles(node, options)));
    mounts.set(node, { inode, fd: made });
    return made;
  };
  const close = (node: string): void => {
    const entry = mounts.get(node);
    // Root's keeps its number, and goes when another one takes it.
    if (entry !== undefined && node !== MACHINE) closeSync(entry.fd);
    mounts.delete(node);
  };
  const isSound = (fd: number): boolean => withinMounts(fd, () => folder.isAt(folder.path));
  const sound = (node: string): number => {
    const present = open(node);
    if (isSound(present)) return present;
    close(node);
    const fresh = open(node);
    if (isSound(fresh)) return fresh;
    throw failure(
      "sandbox.mounts-gone",
      `nothing can be started in ${node}: ${folder.path} is not the lab's any more`,
      {
        cause: "it was unmounted or covered among the mounts of the lab's holder (process 1)",
        hint: "`netloom down` works in any case; bring the lab up again then",
      },
    );
  };
  const enter = <T>(node: string, fn: () => T): T => {
    if (node === MACHINE && real) return fn();
    const own = sound(node);
    if (node === MACHINE) return withinMounts(own, fn);
    using namespace = openNode(context, node);
    return within(namespace.fd, () => withinMounts(own, fn));
  };
  return {
    open,
    enter,
    spawn: (node, command, args = [], settings = {}) => enter(node, () => spawn(command, args, settings)),
    setNames: (node, settings) => {
      if (node === MACHINE) etc.setResolver(settings);
      else writeFile(node, "resolv.conf", () => resolverText(settings));
    },
    close,
    nameHosts: (given) => {
      hostsOf = given;
      const failures: unknown[] = [];
      for (const node of mounts.keys()) {
        try {
          writeHosts(node);
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

/**
 * The kernel may give a new namespace the inode number of one that was deleted a moment ago. The old one's sysfs is then empty,
 * where that of a living one has at least the loopback.
 */
function isOfDeadNamespace(mounts: number): boolean {
  return withinMounts(mounts, () => existsSync("/sys/class/net") && !existsSync("/sys/class/net/lo"));
}

/** With more names than this, a copy of them all for each node would take more memory than the rest of the lab. */
const MANY_NAMES = 200;

/** Mounts what is the node's own, in the mount namespace that this thread is in. */
function mountFiles(node: string, { protect, folder, real }: MountOptions): void {
  if (real) setPropagation("/", "slave", { recursive: true });
  // In a private machine /run/netns stays shared: a namespace that is made or deleted in one place is so in all.
  else for (const place of ["/", "/etc", "/sys"]) attempt(() => setPropagation(place, "slave"));
  if (listNamespaces().length > MANY_NAMES) {
    // `ip netns list` still shows the names; `ip netns exec` works in the machine only.
    attempt(() => setPropagation(NETNS_DIRECTORY, "private", { recursive: true }));
    attempt(() => umount(NETNS_DIRECTORY));
  }
  // Where a container masks parts of /sys no other can be mounted: the machine's stays, as the lab's record says already.
  attempt(mountSys);
  if (protect) protectSys((_what, action) => attempt(action));
  using files = folder.folder(`${NODE_FILES}/${node}`, 0o755);
  for (const name of files.entries()) {
    // What /etc has no file for cannot be bound. `ip netns exec` goes on without, too.
    attempt(() => bind(`${files.path}/${name}`, `/etc/${name}`));
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // each caller says why it goes on without
  }
}
