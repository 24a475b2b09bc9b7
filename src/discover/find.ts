/**
 * Where namespaces can be found: processes and their threads, descriptors, and mounts of nsfs. Reads /proc only, and only
 * follows links there: nothing else is opened, and no process is stopped.
 */

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { failure } from "../diagnostic.ts";
import { OpenNamespace } from "../kernel/index.ts";
import type { Handle, RunningProcess } from "../model/index.ts";

export interface Found {
  readonly inode: number;
  /** Where it can be opened, the best first. */
  readonly paths: string[];
  readonly processes: RunningProcess[];
  readonly handles: Handle[];
}

/** Somebody has a tun or tap open. */
export interface TapUser {
  readonly process: RunningProcess;
  /** Null for the character device of a macvtap, which is identified by ifindex instead. */
  readonly name: string | null;
  readonly index: number | null;
  /** The namespace of the process. */
  readonly inode: number | null;
}

/** A program of Open vSwitch. */
export interface OvsProgram {
  readonly process: RunningProcess;
  /** Its words, with NULs between them. */
  readonly line: string;
  /** The namespace that it is in. */
  readonly inode: number;
}

export const OVS_SERVER = "ovsdb-server";
export const OVS_SWITCH = "ovs-vswitchd";

export interface Machine {
  readonly namespaces: ReadonlyMap<number, Found>;
  /** The namespace of process 1, else our own. */
  readonly root: number;
  /** Socket inode → who has it. */
  readonly sockets: ReadonlyMap<number, readonly RunningProcess[]>;
  readonly taps: readonly TapUser[];
  /** Processes that we may not look into. */
  readonly hidden: readonly number[];
  /** Others there may be that /proc does not even list. */
  readonly veiled: boolean;
  /** The labs' names by the pids of their holders, from their command lines. */
  readonly labs: ReadonlyMap<number, string>;
  readonly openvswitch: readonly OvsProgram[];
}

const OWN = "/proc/thread-self/ns/net";

/** What this process can see with its namespaces and rights; `root` keeps that name whatever runs in it. */
export function findNamespaces(root?: number): Machine {
  const finder = new Finder(root);
  finder.mounts("self", null);
  const pids = entriesOf("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? [Number(entry)] : []));
  // The first one found comes first, and the others are named after it.
  for (const pid of pids.sort((a, b) => a - b)) finder.process(pid);
  // Process 1 always exists: if it is not visible, only our own processes are (hidepid).
  return finder.machine(!pids.includes(1));
}

class Finder {
  readonly #namespaces = new Map<number, Found>();
  readonly #sockets = new Map<number, RunningProcess[]>();
  readonly #taps: TapUser[] = [];
  readonly #hidden: number[] = [];
  readonly #labs = new Map<number, string>();
  readonly #openvswitch: OvsProgram[] = [];
  /** Mount namespaces whose mounts have been read. */
  readonly #mounts = new Set<string>();
  #root: number | null;
  #nsfs: number | null = null;

  constructor(root: number | undefined) {
    this.#root = root ?? null;
    const own = linkOf("/proc/self/ns/mnt");
    if (typeof own === "string") this.#mounts.add(own);
  }

  process(pid: number): void {
    const link = linkOf(`/proc/${pid}/ns/net`);
    if (typeof link !== "string") {
      const closed = link.errno === "EACCES" || link.errno === "EPERM";
      // Kernel threads have no command line and are of no interest; ended processes have no namespaces.
      if (closed && (commandLine(pid) !== "" || !isReadable(`/proc/${pid}/cmdline`))) this.#hidden.push(pid);
      return;
    }
    const inode = inodeOf(link);
    if (inode === null) return;
    if (pid === 1) this.#root ??= inode;
    const line = commandLine(pid);
    // A thread of the kernel: it is where the machine is.
    if (line === "" && (pid === 2 || parentOf(pid) === 2)) return;
    const lab = /\0__hold\0([^\0]+)/.exec(line)?.[1];
    if (lab !== undefined) this.#labs.set(pid, lab);
    const process: RunningProcess = { pid, command: commandOf(pid, line) };
    // The second of each, which only watches the first, has a title instead of a command line.
    if ((process.command === OVS_SERVER || process.command === OVS_SWITCH) && !line.includes(": monitoring "))
      this.#openvswitch.push({ process, line, inode });
    // We are only here to look.
    if (pid !== globalThis.process.pid) this.#at(inode, `/proc/${pid}/ns/net`).processes.push(process);
    const mounts = linkOf(`/proc/${pid}/ns/mnt`);
    if (typeof mounts === "string" && !this.#mounts.has(mounts)) {
      this.#mounts.add(mounts);
      this.mounts(pid, process);
    }
    if (pid === globalThis.process.pid) return;
    this.#threads(process, inode);
    this.#descriptors(process, inode);
  }

  #at(inode: number, path: string): Found {
    const known = this.#namespaces.get(inode);
    if (known !== undefined) {
      known.paths.push(path);
      return known;
    }
    const found: Found = { inode, paths: [path], processes: [], handles: [] };
    this.#namespaces.set(inode, found);
    return found;
  }

  /** A thread may have gone elsewhere, as those of container engines do. */
  #threads(process: RunningProcess, home: number): void {
    const threads = entriesOf(`/proc/${process.pid}/task`);
    if (threads.length < 2) return;
    for (const thread of threads) {
      const path = `/proc/${process.pid}/task/${thread}/ns/net`;
      const link = linkOf(path);
      const inode = typeof link === "string" ? inodeOf(link) : null;
      if (inode !== null && inode !== home) this.#at(inode, path).handles.push({ path, process });
    }
  }

  #descriptors(process: RunningProcess, home: number): void {
    const folder = `/proc/${process.pid}/fd`;
    for (const fd of entriesOf(folder)) {
      const target = linkOf(`${folder}/${fd}`);
      if (typeof target !== "string") continue;
      if (target.startsWith("socket:[")) {
        const inode = Number(target.slice(8, -1));
        const known = this.#sockets.get(inode);
        if (known === undefined) this.#sockets.set(inode, [process]);
        else if (known.at(-1)?.pid !== process.pid) known.push(process);
      } else if (target.startsWith("net:[") || target === "/") {
        const path = `${folder}/${fd}`;
        const inode = inodeOf(target) ?? this.#detached(path);
        if (inode !== null) this.#at(inode, path).handles.push({ path, process });
      } else if (target === "/dev/net/tun") {
        const name = /^iff:\t(.*)$/m.exec(textOf(`/proc/${process.pid}/fdinfo/${fd}`))?.[1];
        if (name) this.#taps.push({ process, name, index: null, inode: home });
      } else if (/^\/dev\/tap\d+$/.test(target)) {
        this.#taps.push({ process, name: null, index: Number(target.slice(8)), inode: home });
      }
    }
  }

  /** Opened by a name that was taken away since, a namespace is called as any directory without a place: `/`. */
  #detached(path: string): number | null {
    try {
      const { dev, ino } = statSync(path);
      this.#nsfs ??= statSync(OWN).dev;
      if (dev !== this.#nsfs) return null;
      // nsfs has namespaces of all sorts.
      OpenNamespace.open(path)[Symbol.dispose]();
      return ino;
    } catch {
      return null;
    }
  }

  /** Namespaces bound to files. `process` is null for what this very process sees. */
  mounts(pid: number | "self", process: RunningProcess | null): void {
    for (const line of textOf(`/proc/${pid}/mountinfo`).split("\n")) {
      if (!line.includes(" - nsfs ")) continue;
      const [, , , root = "", point = ""] = line.split(" ");
      const inode = inodeOf(root);
      // Its name was taken away while it was in use.
      if (inode === null || point.endsWith("//deleted")) continue;
      const path = `${process === null ? "" : `/proc/${pid}/root`}${unescaped(point)}`;
      const found = this.#at(inode, path);
      // Services with their own mounts have copies of all others.
      if (!found.handles.some((one) => samePoint(one.path, path))) found.handles.push({ path, process });
    }
  }

  /** @throws NetloomError if there is no /proc to search. */
  machine(veiled: boolean): Machine {
    const own = linkOf(OWN);
    const here = typeof own === "string" ? inodeOf(own) : null;
    if (here === null)
      throw failure(
        "discover.no-proc",
        "the namespaces of this machine cannot be found: /proc does not show this process",
        {
          ...(typeof own === "string" ? {} : { cause: `${OWN}: ${own.errno}` }),
          hint: "mount it: `mount -t proc proc /proc`",
        },
      );
    this.#at(here, OWN).paths.unshift(OWN);
    return {
      namespaces: this.#namespaces,
      root: this.#root ?? here,
      sockets: this.#sockets,
      taps: this.#taps,
      hidden: this.#hidden,
      veiled,
      labs: this.#labs,
      openvswitch: this.#openvswitch,
    };
  }
}

/** The same file of two mount namespaces. */
function samePoint(a: string, b: string): boolean {
  const point = (path: string): string => path.replace(/^\/proc\/\d+\/root/, "");
  return point(a) === point(b);
}

/** mountinfo writes blanks, tabs, newlines and backslashes in octal; proc_pid_mountinfo(5). */
function unescaped(path: string): string {
  return path.includes("\\")
    ? path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
    : path;
}

function inodeOf(link: string): number | null {
  return link.startsWith("net:[") ? Number(link.slice(5, -1)) : null;
}

/** The target, or the error. */
function linkOf(path: string): string | { readonly errno: string } {
  try {
    return readlinkSync(path);
  } catch (error) {
    return { errno: (error as NodeJS.ErrnoException).code ?? "" };
  }
}

/** Empty when it is gone, or closed to us. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

const commandLine = (pid: number): string => textOf(`/proc/${pid}/cmdline`);

function parentOf(pid: number): number {
  const stat = textOf(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

/** `/usr/sbin/nginx` → `nginx`; `nginx: master process …` → `nginx`; `-bash` → `bash`. */
function commandOf(pid: number, line: string): string {
  const [first = ""] = line.split("\0");
  // [lxc monitor] /var/lib/lxc web
  const title = /^\[([^\]/]+)\]/.exec(first)?.[1];
  if (title !== undefined) return title;
  const word = first.split(/:? /)[0] ?? "";
  const name = word.slice(word.lastIndexOf("/") + 1).replace(/^-/, "");
  return name === "" ? textOf(`/proc/${pid}/comm`).trimEnd() : name;
}
