/** Network namespaces: made, named under /run/netns as iproute2 does, opened, entered and left. */

import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { ERRNO } from "./errno.ts";
import { fsCall, KernelError } from "./error.ts";
import { admitOne } from "./gate.ts";
import { lastErrno, libc } from "./libc.ts";
import { CLONE_NEWNET, MNT_DETACH, MS_BIND, MS_REC, MS_SHARED, NS_GET_NSTYPE } from "./constants.ts";

/** Where `ip netns` keeps its names. */
export const NETNS_DIRECTORY = "/run/netns";
/** The namespace of the calling thread; /proc/self would be the main thread's. */
export const CURRENT_NAMESPACE = "/proc/thread-self/ns/net";

let directory = NETNS_DIRECTORY;
let held: number | null = null;

/**
 * For the whole process, once: from then on names are looked for and made in the directory of this descriptor. What is mounted
 * over or unmounted from /run/netns makes no difference then.
 */
export function holdNames(fd: number): void {
  held = fd;
  directory = `/proc/self/fd/${fd}`;
}

/** To be called before names are made or taken away: even /proc may have been covered. */
function checkNames(operation: string): void {
  if (held === null) return;
  const there = statSync(directory, { throwIfNoEntry: false });
  const own = fstatSync(held);
  if (there?.dev === own.dev && there.ino === own.ino) return;
  const cause = `the directory of the lab's namespaces cannot be reached: /proc was unmounted or covered in the lab`;
  const hint = "uncover it, or end the lab: `netloom down` works in any case";
  throw new KernelError(operation, ERRNO.ENOENT, { code: "kernel.replaced", cause, hint });
}

/** Where the names of this process' namespaces are: a path for this process alone. */
export function namesDirectory(): string {
  return directory;
}

/** As a user knows the path. */
function shown(path: string): string {
  return path.startsWith(`${directory}/`) ? NETNS_DIRECTORY + path.slice(directory.length) : path;
}

/** A place where a namespace can be opened: `/run/netns/a`, `/proc/1234/ns/net`. */
export interface NamespaceRef {
  readonly path: string;
}

/** A namespace held by a file descriptor (close-on-exec). */
export class OpenNamespace implements Disposable {
  readonly fd: number;
  readonly path: string;
  #inode: bigint | undefined;
  #closed = false;

  private constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  /** Opens a path (default: the calling thread's own) and makes sure that it is a network namespace. */
  static open(path: string = CURRENT_NAMESPACE): OpenNamespace {
    // Node opens with O_CLOEXEC, so that no child inherits the namespace and keeps it alive.
    const operation = `open network namespace ${shown(path)}`;
    const fd = fsCall(operation, () => openSync(path, "r"));
    if (libc().ioctl(fd, NS_GET_NSTYPE, 0) !== CLONE_NEWNET) {
      closeSync(fd);
      throw new KernelError(operation, ERRNO.EINVAL, { cause: "it is not a network namespace" });
    }
    return new OpenNamespace(fd, path);
  }

  /** Inode on nsfs: equal for two handles of the same namespace. */
  get inode(): bigint {
    this.#inode ??= fstatSync(this.fd, { bigint: true }).ino;
    return this.#inode;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.fd);
  }
}

// The namespace this thread started in, and the one it is in while within() runs.
let home: OpenNamespace | undefined;
let current = -1;

/** The namespace this thread started in: `within` its descriptor needs no privilege, as every other does. */
export function homeNamespace(): OpenNamespace {
  return (home ??= OpenNamespace.open());
}

/**
 * Runs `fn` with this thread in the namespace of `fd`, and goes back. What fn makes (sockets, children, open sysctl
 * files) belongs there. Only synchronous work does, so a promise is refused: the thread would be back before it ran.
 */
export function within<T>(fd: number, fn: () => T): T {
  home ??= OpenNamespace.open();
  const before = current === -1 ? home.fd : current;
  if (fd === before) return refusePromise(fn());
  enter(fd, "enter network namespace");
  current = fd;
  try {
    return refusePromise(fn());
  } finally {
    enter(before, "go back to the network namespace left before");
    current = before === home.fd ? -1 : before;
  }
}

/** Runs `fn` with this thread in a new namespace that nothing else ever sees, and returns. */
export function withinFresh<T>(fn: () => T): T {
  home ??= OpenNamespace.open();
  if (libc().unshare(CLONE_NEWNET) !== 0) {
    const errno = lastErrno();
    throw new KernelError("create a network namespace to compare with", errno, hintFor(errno));
  }
  try {
    return refusePromise(fn());
  } finally {
    enter(current === -1 ? home.fd : current, "go back to the network namespace left before");
  }
}

function refusePromise<T>(value: T): T {
  if (typeof (value as { then?: unknown } | null | undefined)?.then === "function") {
    // Nobody will see the promise, so its rejection must not bring the process down.
    Promise.resolve(value).catch(() => {});
    throw new TypeError("within() takes a synchronous function: after an await the thread is in another namespace");
  }
  return value;
}

function enter(fd: number, operation: string): void {
  if (libc().setns(fd, CLONE_NEWNET) !== 0) throw new KernelError(operation, lastErrno());
}

/** The path of a named namespace, after making sure that the name is one file name. */
export function namespacePath(name: string): string {
  if (
    name === "" ||
    name === "." ||
    name === ".." ||
    name.includes("/") ||
    name.includes("\0") ||
    Buffer.byteLength(name) > 255
  ) {
    throw new KernelError(`use the namespace name ${JSON.stringify(name)}`, ERRNO.EINVAL, {
      cause: "a name is 1 to 255 bytes without / and NUL, and not . or ..",
    });
  }
  return `${directory}/${name}`;
}

/** Makes one namespace, as `ip netns add`. Its `lo` is down. */
export function createNamespace(name: string): void {
  createNamespaces([name]);
}

export interface CreateOptions {
  /** The prefix of their names under /run/netns; errors omit it. */
  readonly prefix?: string;
  /** Runs in each before it has its name, so that an unprepared one is never found. */
  readonly prepare?: () => void;
}

/** Makes many, going back to the thread's own namespace once. When one fails, those made by this call are removed. */
export function createNamespaces(names: readonly string[], options: CreateOptions = {}): void {
  const { prefix = "", prepare = () => {} } = options;
  const paths = names.map((name) => namespacePath(`${prefix}${name}`));
  if (paths.length === 0) return;
  // One that is held was prepared before.
  if (held === null) prepareNames();
  else checkNames(`create namespace ${names[0]}`);
  home ??= OpenNamespace.open();
  let made = 0;
  try {
    for (const path of paths) {
      createAt(path, names[made]!, prepare);
      made++;
    }
  } catch (error) {
    for (const [number, path] of paths.slice(0, made).entries()) deleteNamespaceAt(path, names[number]!);
    throw error;
  } finally {
    enter(current === -1 ? home.fd : current, "go back to the network namespace left before");
  }
}

function createAt(path: string, name: string, prepare: () => void): void {
  const operation = `create namespace ${name}`;
  admitOne(operation);
  const c = libc();
  if (c.unshare(CLONE_NEWNET) !== 0) {
    const errno = lastErrno();
    throw new KernelError(operation, errno, hintFor(errno));
  }
  prepare();
  if (!isLeftover(path)) fsCall(operation, () => closeSync(openSync(path, "wx", 0)));
  if (c.mount(CURRENT_NAMESPACE, path, null, MS_BIND, null) === 0) return;
  const errno = lastErrno();
  unlinkSync(path);
  throw new KernelError(operation, errno, hintFor(errno));
}

/**
 * In a held directory only this lab makes names: an empty file that is not a namespace is the remains of a name that was
 * unmounted, by `umount -a` for one.
 */
function isLeftover(path: string): boolean {
  if (held === null) return false;
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there?.isFile() === true && there.size === 0 && !isNamespace(path);
}

function hintFor(errno: number): { hint?: string } {
  return errno === 28 ? { hint: "raise /proc/sys/user/max_net_namespaces or fs.mount-max" } : {};
}

/**
 * Makes /run/netns what iproute2 makes of it: a shared mount of itself, so that a name made in one mount namespace is
 * seen, and can be deleted, in those that are its peers.
 */
export function prepareNames(): void {
  const operation = `prepare ${NETNS_DIRECTORY}`;
  fsCall(operation, () => mkdirSync(NETNS_DIRECTORY, { recursive: true, mode: 0o755 }));
  const c = libc();
  if (c.mount("", NETNS_DIRECTORY, "none", MS_SHARED | MS_REC, null) === 0) return;
  const errno = lastErrno();
  if (errno !== ERRNO.EINVAL) throw new KernelError(operation, errno); // EINVAL: not a mount point yet
  if (c.mount(NETNS_DIRECTORY, NETNS_DIRECTORY, "none", MS_BIND | MS_REC, null) !== 0) {
    throw new KernelError(operation, lastErrno());
  }
  if (c.mount("", NETNS_DIRECTORY, "none", MS_SHARED | MS_REC, null) !== 0)
    throw new KernelError(operation, lastErrno());
}

/** Removes the name; the namespace goes when nothing else holds it. Also removes a leftover file that is not a mount. */
export function deleteNamespace(name: string): void {
  deleteNamespaceAt(namespacePath(name), name);
}

/** The same by the path of its name, whichever lab it belongs to. */
export function deleteNamespaceAt(path: string, name: string): void {
  admitOne(`delete namespace ${name}`);
  checkNames(`delete namespace ${name}`);
  libc().umount2(path, MNT_DETACH); // EINVAL when it is a mere file: unlink decides
  fsCall(`delete namespace ${name}`, () => unlinkSync(path));
}

/**
 * Whether there is a network namespace at a path: a name under /run/netns is a plain file before `ip netns add` has bound
 * one to it, and when somebody has unmounted it.
 */
export function isNamespace(path: string): boolean {
  try {
    OpenNamespace.open(path)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

/** Names under /run/netns, in the directory's order; none when it does not exist. */
export function listNamespaces(): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
