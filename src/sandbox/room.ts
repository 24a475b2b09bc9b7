import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, existsSync, readdirSync } from "node:fs";
import { createMountNamespace, withinMounts } from "../kernel/mount-namespace.ts";
import { bind, setPropagation, umount } from "../kernel/mount.ts";
import { type LabContext, openNode } from "../kernel/lab-context.ts";
import { listNamespaces, NETNS_DIRECTORY, within } from "../kernel/namespace.ts";
import { makeFolder, overwrite, resolverText } from "./etc.ts";
import type { Etc, HostName, ResolverSettings } from "./etc.ts";
import { mountSys, protectSys } from "./setup.ts";

/** The machine itself goes by this name; it has no room, its files and mounts are the lab's. */
const MACHINE = "root";

/**
 * The rooms of the nodes of a lab: a room is a mount namespace with the node's own /etc/hosts, /etc/resolv.conf and /sys.
 * One is made when it is first needed and costs no process, so that a thousand nodes cost nothing until somebody looks.
 * A node is a name under /run/netns, or `root`, the machine itself.
 */
export interface Rooms {
  /**
   * Makes the node's room if there is none. A descriptor of this process', which keeps it: `nsenter --mount=/proc/PID/fd/N`.
   * (Binding it to a file is no way: Linux 6.18 now and then takes a new mount namespace for older than ours, and refuses.)
   * Not for `root`.
   */
  readonly open: (node: string) => number;
  /** Runs `fn` with this thread in the node's namespaces, network and mounts. Synchronous. */
  readonly enter: <T>(node: string, fn: () => T) => T;
  /** child_process.spawn in the node's room. */
  readonly spawn: (node: string, command: string, args?: readonly string[], options?: SpawnOptions) => ChildProcess;
  /** Writes the node's /etc/resolv.conf, which `ip netns exec` sees too. */
  readonly setNames: (node: string, settings: ResolverSettings) => void;
  /** Lets go of the room of a node that is no more. */
  readonly close: (node: string) => void;
  /** Whom a node knows by name (null: it has no names of its own), from now on and in the rooms that there are. */
  readonly nameHosts: (hostsOf: (node: string) => readonly HostName[] | null) => void;
}

interface Room {
  /** Of the network namespace: a name may be given again. */
  readonly inode: bigint;
  /** Of the mount namespace. */
  readonly fd: number;
}

export function createRooms(
  context: LabContext,
  etc: Etc,
  options: { readonly protect: boolean; /** Where the files of nodes are. */ readonly folder: string },
): Rooms {
  const rooms = new Map<string, Room>();
  let hostsOf: (node: string) => readonly HostName[] | null = () => null;
  /** Files under the folder that we wrote; others are the user's. */
  const ours = new Set<string>();

  const writeFile = (node: string, name: string, text: () => string): void => {
    const path = `${options.folder}/${node}/${name}`;
    if (!ours.has(path) && existsSync(path)) return;
    makeFolder(`${options.folder}/${node}`);
    overwrite(path, text());
    ours.add(path);
  };
  const writeHosts = (node: string): void => {
    const hosts = hostsOf(node);
    if (hosts !== null) writeFile(node, "hosts", () => etc.hostsText(hosts));
  };

  const open = (node: string): number => {
    using namespace = openNode(context, node);
    const { fd, inode } = namespace;
    const old = rooms.get(node);
    if (old?.inode === inode) return old.fd;
    if (old !== undefined) closeSync(old.fd);
    rooms.delete(node);
    writeHosts(node);
    if (!ours.has(`${options.folder}/${node}/resolv.conf`)) {
      writeFile(node, "resolv.conf", () => resolverText({ servers: [], search: [] }));
    }
    // sysfs shows the network namespace that it is mounted from.
    const room = within(fd, () => createMountNamespace(() => furnish(`${options.folder}/${node}`, options.protect)));
    rooms.set(node, { inode, fd: room });
    return room;
  };
  const enter = <T>(node: string, fn: () => T): T => {
    if (node === MACHINE) return fn();
    const room = open(node);
    using namespace = openNode(context, node);
    return within(namespace.fd, () => withinMounts(room, fn));
  };
  return {
    open,
    enter,
    spawn: (node, command, args = [], settings = {}) => enter(node, () => spawn(command, args, settings)),
    setNames: (node, settings) => {
      if (node === MACHINE) etc.setResolver(settings);
      else writeFile(node, "resolv.conf", () => resolverText(settings));
    },
    close: (node) => {
      const room = rooms.get(node);
      if (room !== undefined) closeSync(room.fd);
      rooms.delete(node);
    },
    nameHosts: (given) => {
      hostsOf = given;
      for (const node of rooms.keys()) writeHosts(node);
    },
  };
}

/** With more names than this, a copy of them all in each room would take more memory than the rest of the lab. */
const MANY_NAMES = 200;

/** Mounts what is the node's own, in the mount namespace that this thread is in. */
function furnish(folder: string, protect: boolean): void {
  // Nothing of it shall show in the machine, should somebody have made its mounts shared. /run/netns stays shared: a
  // namespace that is made or deleted in one place is so in all.
  for (const place of ["/", "/etc", "/sys"]) attempt(() => setPropagation(place, "slave"));
  if (listNamespaces().length > MANY_NAMES) {
    // `ip netns list` still shows the names; `ip netns exec` works in the machine only.
    attempt(() => setPropagation(NETNS_DIRECTORY, "private", { recursive: true }));
    attempt(() => umount(NETNS_DIRECTORY));
  }
  // Where a container masks parts of /sys no other can be mounted: the machine's stays, as the lab's record says already.
  attempt(mountSys);
  if (protect) protectSys((_what, action) => attempt(action));
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    // What /etc has no file for cannot be bound. `ip netns exec` goes on without, too.
    attempt(() => bind(`${folder}/${name}`, `/etc/${name}`));
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // each caller says why it goes on without
  }
}
