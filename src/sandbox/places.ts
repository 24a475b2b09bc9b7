/**
 * What a lab's inhabitants can neither unmount nor cover: the holder has mounts of its own, which no command is started in, and
 * writes through descriptors of the places that it made before there was anybody else.
 */

import { closeSync } from "node:fs";
import { O_CLOEXEC } from "../kernel/constants.ts";
import { HeldDirectory } from "../kernel/directory.ts";
import { KernelError } from "../kernel/error.ts";
import { lastErrno, libc } from "../kernel/libc.ts";
import { createMountNamespace } from "../kernel/mount-namespace.ts";
import { holdNames, NETNS_DIRECTORY } from "../kernel/namespace.ts";
import { holdSysctls } from "../kernel/sysctl.ts";
import { NAMES_FD, ROOT_MOUNTS_FD } from "./protocol.ts";

/** From here on names of namespaces and settings of the network are written where they are now. */
export function holdPlaces(): void {
  moveTo(HeldDirectory.open(NETNS_DIRECTORY).fd, NAMES_FD);
  holdNames(NAMES_FD);
  holdSysctls(HeldDirectory.open("/proc/sys/net"));
}

/** Makes the mount namespace in which commands run that are in no node: a copy of this one, but for /run/netns, which both share. */
export function createRootMounts(): number {
  moveTo(
    createMountNamespace(() => {}),
    ROOT_MOUNTS_FD,
  );
  return ROOT_MOUNTS_FD;
}

/** Whoever enters the lab knows the number without asking. */
function moveTo(fd: number, number: number): void {
  if (libc().dup3(fd, number, O_CLOEXEC) < 0) throw new KernelError(`keep the descriptor ${number}`, lastErrno());
  closeSync(fd);
}
