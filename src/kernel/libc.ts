/**
 * Every C function that netloom calls, declared once. The library is loaded on first use, because importing koffi
 * costs several milliseconds that `netloom --help` need not pay. Return values are the functions' own: −1 and
 * `lastErrno()` on failure. `ssize_t` is declared intptr_t: koffi would hand out `size_t`-like values otherwise.
 */

import { createRequire } from "node:module";

type Koffi = typeof import("koffi");
type Buffers = Uint8Array | null;

export interface Libc {
  setns(fd: number, type: number): number;
  unshare(flags: number): number;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: Buffers, length: Buffers, flags: number): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  sendto(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, size: number): number;
  recv(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recvfrom(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, size: Uint8Array): number;
  /** Fills a `struct msghdr`, whose pointers the caller has written. */
  recvmsg(fd: number, header: Uint8Array, flags: number): number;
  recvmmsg(fd: number, headers: Uint8Array, count: number, flags: number, timeout: Buffers): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  poll(entries: Uint8Array, count: number, milliseconds: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Buffers): number;
  epoll_wait(epoll: number, events: Uint8Array, count: number, milliseconds: number): number;
  mount(source: string, target: string, type: string | null, flags: number, data: string | null): number;
  umount2(target: string, flags: number): number;
  statvfs(path: string, result: Uint8Array): number;
  fcntl(fd: number, command: number, argument: number): number;
  flock(fd: number, operation: number): number;
  ioctl(fd: number, request: number, argument: number): number;
  prctl(option: number, a: number, b: number, c: number, d: number): number;
  /** prctl(PR_SET_NAME): its second argument is a string. */
  waitid(idType: number, id: number, info: Uint8Array, options: number): number;
  close(fd: number): number;
  dup3(from: number, to: number, flags: number): number;
  mkdirat(directory: number, path: string, mode: number): number;
  unlinkat(directory: number, path: string, flags: number): number;
  renameat(from: number, old: string, to: number, name: string): number;
  /** What the C library has no function for. */
  syscall(number: number, a: number, b: number, c: number, d?: number): number;
}

// prctl, fcntl, ioctl and syscall are variadic in C. koffi passes what follows `...` by the variadic ABI, which differs on arm64.
const DECLARATIONS: Readonly<Record<keyof Libc, string>> = {
  setns: "int setns(int, int)",
  unshare: "int unshare(int)",
  socket: "int socket(int, int, int)",
  bind: "int bind(int, void *, uint32_t)",
  connect: "int connect(int, void *, uint32_t)",
  listen: "int listen(int, int)",
  accept4: "int accept4(int, void *, void *, int)",
  send: "intptr_t send(int, void *, size_t, int)",
  sendto: "intptr_t sendto(int, void *, size_t, int, void *, uint32_t)",
  recv: "intptr_t recv(int, void *, size_t, int)",
  recvfrom: "intptr_t recvfrom(int, void *, size_t, int, void *, void *)",
  recvmsg: "intptr_t recvmsg(int, void *, int)",
  recvmmsg: "int recvmmsg(int, void *, uint32_t, int, void *)",
  setsockopt: "int setsockopt(int, int, int, void *, uint32_t)",
  getsockopt: "int getsockopt(int, int, int, void *, void *)",
  getsockname: "int getsockname(int, void *, void *)",
  poll: "int poll(void *, unsigned long, int)",
  epoll_create1: "int epoll_create1(int)",
  epoll_ctl: "int epoll_ctl(int, int, int, void *)",
  epoll_wait: "int epoll_wait(int, void *, int, int)",
  mount: "int mount(const char *, const char *, const char *, unsigned long, const char *)",
  umount2: "int umount2(const char *, int)",
  statvfs: "int statvfs(const char *, void *)",
  fcntl: "int fcntl(int, int, ...)",
  flock: "int flock(int, int)",
  ioctl: "int ioctl(int, unsigned long, ...)",
  prctl: "int prctl(int, ...)",
  waitid: "int waitid(int, uint32_t, void *, int)",
  close: "int close(int)",
  dup3: "int dup3(int, int, int)",
  mkdirat: "int mkdirat(int, const char *, uint32_t)",
  unlinkat: "int unlinkat(int, const char *, int)",
  renameat: "int renameat(int, const char *, int, const char *)",
  syscall: "long syscall(long, ...)",
};

let koffi: Koffi | undefined;
let loaded: Libc | undefined;

/** The C library; loaded by the first call. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

/** errno of the last failed call of this thread. */
export function lastErrno(): number {
  return koffi!.errno();
}

/** The address of a buffer's memory, for the pointers inside a struct. The caller keeps the buffer alive. */
export function pointerTo(bytes: Uint8Array): bigint {
  libc();
  return koffi!.address(bytes);
}

function load(): Libc {
  // The sources are modules; the CLI is one CommonJS file, where import.meta is empty and `require` is at hand.
  const url = import.meta.url as string | undefined;
  const load = url === undefined ? require : createRequire(url);
  koffi = load("koffi") as Koffi;
  // What the engine does to compile a function when it is first called may set errno: not between a call and its question.
  lastErrno();
  const library = koffi.load(null);
  const bound: Partial<Record<keyof Libc, unknown>> = {};
  for (const name of Object.keys(DECLARATIONS) as (keyof Libc)[]) {
    const declaration = DECLARATIONS[name];
    if (!declaration.endsWith("...)")) {
      bound[name] = library.func(declaration);
      continue;
    }
    const raw = library.func(declaration) as (...values: unknown[]) => number;
    if (name === "prctl") {
      bound[name] = (option: number, a: number, b: number, c: number, d: number) =>
        raw(option, "ulong", a, "ulong", b, "ulong", c, "ulong", d);
    } else if (name === "syscall") {
      bound[name] = (number: number, a: number, b: number, c: number, d = 0) =>
        raw(number, "long", a, "long", b, "long", c, "long", d);
    } else bound[name] = (fd: number, command: number, argument: number) => raw(fd, command, "long", argument);
  }
  return bound as Libc;
}
