/** Taps that stay: links whose other side is a program, which may come and go. linux/if_tun.h. */

import { closeSync, openSync } from "node:fs";
import { fsCall, KernelError } from "./error.ts";
import { admitOne } from "./gate.ts";
import { lastErrno, libc, pointerTo } from "./libc.ts";
import { IFF_NO_PI, IFF_TAP, TUNSETIFF, TUNSETIFINDEX, TUNSETPERSIST } from "./constants.ts";

const DEVICE = "/dev/net/tun";

/** Makes a tap in the thread's network namespace. A program attaches to it by its name (TUNSETIFF). */
export function createTap(name: string, index: number): void {
  const operation = `create tap ${name}`;
  const hint = `${DEVICE} must be there and be writable: as root, run \`modprobe tun\` and \`chmod 0666 ${DEVICE}\``;
  admitOne(operation);
  const fd = fsCall(operation, () => openSync(DEVICE, "r+"), { hint });
  const call = (request: number, argument: number): void => {
    if (libc().ioctl(fd, request, argument) !== 0) throw new KernelError(operation, lastErrno());
  };
  // struct ifreq of netdevice(7): a name of 16 bytes, then flags.
  const ifreq = Buffer.alloc(40);
  ifreq.write(name);
  ifreq.writeUInt16LE(IFF_TAP | IFF_NO_PI, 16);
  const number = Buffer.alloc(4);
  number.writeUInt32LE(index);
  try {
    call(TUNSETIFINDEX, Number(pointerTo(number)));
    call(TUNSETIFF, Number(pointerTo(ifreq)));
    call(TUNSETPERSIST, 1);
  } finally {
    closeSync(fd);
  }
}
