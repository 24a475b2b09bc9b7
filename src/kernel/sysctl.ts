/** Sysctls by dotted key, of the namespace that the calling thread is in (see within()). */

import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { ERRNO } from "./errno.ts";
import { fsCall, KernelError } from "./error.ts";
import type { HeldDirectory } from "./directory.ts";
import { admitOne } from "./gate.ts";

const NET = "/proc/sys/net";

let held: HeldDirectory | null = null;

/** For the whole process, once: settings of the network are written beneath this directory, /proc/sys/net of a lab. */
export function holdSysctls(directory: HeldDirectory): void {
  held = directory;
}

/**
 * `net.ipv4.ip_forward` → `/proc/sys/net/ipv4/ip_forward`. As in sysctl(8) a `/` stands for a dot inside a component:
 * `net.ipv4.conf.eth0/100.forwarding`.
 */
export function sysctlPath(key: string): string {
  const components = key.split(".").map((part) => part.replaceAll("/", "."));
  if (components.length < 2 || !components.every(isComponent)) {
    throw new KernelError(`use the sysctl key ${JSON.stringify(key)}`, ERRNO.EINVAL, {
      cause: "a key is words joined by dots, as net.ipv4.ip_forward",
    });
  }
  return `/proc/sys/${components.join("/")}`;
}

function isComponent(part: string): boolean {
  return /^[\x21-\x7e]+$/.test(part) && part !== "." && part !== "..";
}

/** The value without its last newline; several values stay separated by tabs, as the kernel writes them. */
export function readSysctl(key: string): string {
  const path = sysctlPath(key);
  return fsCall(`read sysctl ${key}`, () => readFileSync(path, "utf8")).replace(/\n$/, "");
}

/** Sets it. Opened without O_CREAT or O_TRUNC, as procfs wants it. */
export function writeSysctl(key: string, value: string): void {
  const path = sysctlPath(key);
  admitOne(`set sysctl ${key} to ${JSON.stringify(value)}`);
  fsCall(`set sysctl ${key} to ${JSON.stringify(value)}`, () => {
    const fd =
      held !== null && path.startsWith(`${NET}/`)
        ? held.openFile(path.slice(NET.length + 1), constants.O_RDWR)
        : openSync(path, "r+");
    try {
      writeSync(fd, value + "\n");
    } finally {
      closeSync(fd);
    }
  });
}
