/** mount(2) and umount2(2). Flags: linux/mount.h. */

import { KernelError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";
import {
  MNT_DETACH,
  MS_BIND,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  ST_RELATIME,
} from "./constants.ts";

/** mount(2); `flags` of MS_*. */
export function mount(
  source: string,
  target: string,
  type: string | null,
  flags = 0,
  data: string | null = null,
): void {
  if (libc().mount(source, target, type, flags, data) !== 0) {
    throw new KernelError(`mount ${type ?? source} on ${target}`, lastErrno());
  }
}

/** umount2(2); lazily (MNT_DETACH) by default. */
export function umount(target: string, flags = MNT_DETACH): void {
  if (libc().umount2(target, flags) !== 0) throw new KernelError(`unmount ${target}`, lastErrno());
}

/** `mount --bind` (or `--rbind`). */
export function bind(source: string, target: string, options: { recursive?: boolean } = {}): void {
  mount(source, target, null, MS_BIND | (options.recursive ? MS_REC : 0));
}

/** `mount --make-private`, `--make-rslave`, …: how mounts below `target` spread to and from other mount namespaces. */
export function setPropagation(
  target: string,
  kind: "private" | "slave" | "shared",
  options: { recursive?: boolean } = {},
): void {
  const flag = kind === "private" ? MS_PRIVATE : kind === "slave" ? MS_SLAVE : MS_SHARED;
  mount("none", target, null, flag | (options.recursive ? MS_REC : 0));
}

// statvfs(3): f_flag is at the same offset in glibc and musl on 64-bit machines; ST_* equal MS_* but for relatime.
const STATVFS_FLAG_OFFSET = 72;
const KEPT = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;

/** Makes the mount at `target` read-only, and keeps its other flags: in a user namespace dropping one is refused. */
export function remountReadOnly(target: string): void {
  const result = Buffer.alloc(256);
  if (libc().statvfs(target, result) !== 0) throw new KernelError(`read the mount flags of ${target}`, lastErrno());
  const had = result.readUInt32LE(STATVFS_FLAG_OFFSET);
  const kept = (had & KEPT) | (had & ST_RELATIME ? MS_RELATIME : 0);
  if (libc().mount("none", target, null, MS_REMOUNT | MS_BIND | MS_RDONLY | kept, null) !== 0) {
    throw new KernelError(`make ${target} read-only`, lastErrno());
  }
}

/** Binds `path` onto itself, read-only. */
export function protect(path: string): void {
  bind(path, path);
  remountReadOnly(path);
}
