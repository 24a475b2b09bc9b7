import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync } from "node:fs";
import { libc, pointerTo } from "../kernel/libc.ts";
import { bind, mount, protect, remountReadOnly } from "../kernel/mount.ts";
import { prepareNames } from "../kernel/namespace.ts";
import { readSysctl, writeSysctl } from "../kernel/sysctl.ts";
import { AF_INET, IFF_UP } from "../netlink/constants.ts";
import {
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  SIOCGIFFLAGS,
  SIOCSIFFLAGS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from "../kernel/constants.ts";

const PRIVATE = MS_NOSUID | MS_NODEV | MS_NOEXEC;

/** What of the machine would obey root: /proc files outside the namespaces. sysrq-trigger would even reboot it. */
const PROTECTED_PROC = ["bus", "fs", "irq", "acpi", "scsi", "sysrq-trigger", "timer_list", "latency_stats"];

/** Does something that a container may forbid; `what` says what the lab has to do without then. */
type Attempt = (what: string, action: () => void) => void;

/**
 * Makes this process' mount, pid and network namespaces into a private machine: its own /proc, /run and /sys, sysctls of the
 * real machine out of reach, loopback up. Returns what was not possible, in words; containers forbid some of it.
 */
export function setUpMachine(options: { readonly protect: boolean }): string[] {
  const warnings: string[] = [];
  const attempt: Attempt = (what, action) => {
    try {
      action();
    } catch (error) {
      warnings.push(`${what}: ${(error as Error).message}`);
    }
  };
  // mount_too_revealing() in the kernel: where parts of /proc or /sys are masked, a fresh one is EPERM and the old one stays.
  attempt("/proc shows the processes outside", () => mount("proc", "/proc", "proc", PRIVATE));
  attempt("/sys shows the network devices outside", mountSys);
  mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
  // `ip netns` in a lab and the holder share the names.
  prepareNames();
  mkdirSync("/run/lock", { mode: 0o1777 });
  protectSysctls(attempt);
  if (options.protect) {
    protectProc(attempt);
    protectSys(attempt);
  }
  attempt("loopback is down", loopbackUp);
  setSysctls();
  return warnings;
}

/** A fresh /sys over the present one: it shows the network namespace that this thread is in. */
export function mountSys(): void {
  const cgroup = existsSync("/sys/fs/cgroup/.")
    ? openSync("/sys/fs/cgroup", constants.O_RDONLY | constants.O_DIRECTORY)
    : null;
  try {
    mount("sysfs", "/sys", "sysfs", PRIVATE);
    // The descriptor still names the mount that is now hidden.
    if (cgroup !== null) bind(`/proc/self/fd/${cgroup}`, "/sys/fs/cgroup", { recursive: true });
  } finally {
    if (cgroup !== null) closeSync(cgroup);
  }
}

/** Only net.* has a copy in each network namespace; kernel.*, vm.*, fs.* … are the real machine's. */
function protectSysctls(attempt: Attempt): void {
  attempt("sysctls outside net are not protected", () => {
    // The read-only flag belongs to a mount: net gets one of its own, which the recursive bind takes along writable.
    bind("/proc/sys/net", "/proc/sys/net");
    bind("/proc/sys", "/proc/sys", { recursive: true });
    remountReadOnly("/proc/sys");
  });
}

/** Root inside is root outside (identity map): procfs checks the file's owner only, so take write access away. */
function protectProc(attempt: Attempt): void {
  for (const name of PROTECTED_PROC) {
    if (existsSync(`/proc/${name}`)) attempt(`/proc/${name} is not protected`, () => protect(`/proc/${name}`));
  }
}

/** The same for sysfs. */
export function protectSys(attempt: Attempt): void {
  const keep = new Set([
    "/sys/class",
    "/sys/devices",
    "/sys/fs",
    "/sys/devices/virtual",
    "/sys/devices/virtual/net",
    "/sys/fs/cgroup",
  ]);
  for (const parent of ["/sys", "/sys/fs", "/sys/devices", "/sys/devices/virtual"]) {
    for (const entry of list(parent)) {
      const path = `${parent}/${entry}`;
      if (!keep.has(path)) attempt(`${path} is not protected`, () => protect(path));
    }
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** Defaults of a machine that was just switched on. A new namespace inherits some values from the real one. */
function setSysctls(): void {
  setIfKnown("net.ipv4.ip_forward", "0");
  setIfKnown("net.ipv6.conf.all.forwarding", "0");
  // Else rules for routed packets would drop bridged frames too; br_netfilter is often loaded because of Docker.
  for (const family of ["iptables", "ip6tables", "arptables"]) setIfKnown(`net.bridge.bridge-nf-call-${family}`, "0");
  setIfKnown("net.ipv4.ping_group_range", "0\t0");
}

function setIfKnown(key: string, value: string): void {
  try {
    if (readSysctl(key) !== value) writeSysctl(key, value);
  } catch {
    // the kernel lacks it, or keeps it for the first namespace
  }
}

function loopbackUp(): void {
  const request = Buffer.alloc(40);
  request.write("lo");
  const socket = libc().socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const address = Number(pointerTo(request));
  const got = libc().ioctl(socket, SIOCGIFFLAGS, address);
  request.writeInt16LE(request.readInt16LE(16) | IFF_UP, 16);
  const set = libc().ioctl(socket, SIOCSIFFLAGS, address);
  libc().close(socket);
  if (got !== 0 || set !== 0) throw new Error("it cannot be set up");
}
