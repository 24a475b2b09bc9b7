/** Sockets of probes: non-blocking, close-on-exec, in the namespace asked for; and the error queue of a socket. */

import { ERRNO } from "../errno.ts";
import { KernelError } from "../error.ts";
import { lastErrno, libc, pointerTo } from "../libc.ts";
import { within } from "../namespace.ts";
import { addressIn, formatAddress } from "./address.ts";
import { AF_INET, AF_INET6 } from "../../netlink/constants.ts";
import {
  IPV6_RECVERR,
  IP_RECVERR,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SO_ERROR,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from "../constants.ts";

export const SOCK_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;

export function openSocket(namespace: number, family: 4 | 6, type: number, protocol: number): number {
  const fd = within(namespace, () => libc().socket(family === 4 ? AF_INET : AF_INET6, type | SOCK_FLAGS, protocol));
  if (fd < 0) throw new KernelError("open a socket to probe with", lastErrno());
  return fd;
}

const number = Buffer.alloc(4);
const four = Buffer.alloc(4);

export function setNumber(fd: number, level: number, option: number, value: number): void {
  number.writeInt32LE(value);
  if (libc().setsockopt(fd, level, option, number, 4) !== 0) throw new KernelError("set a socket option", lastErrno());
}

/** Has ICMP errors kept with their sender, for `readErrorQueue`. */
export function keepErrors(fd: number, family: 4 | 6): void {
  if (family === 4) setNumber(fd, SOL_IP, IP_RECVERR, 1);
  else setNumber(fd, SOL_IPV6, IPV6_RECVERR, 1);
}

/** SO_ERROR: the pending error, which it clears; 0 for none. */
export function pendingError(fd: number): number {
  four.writeUInt32LE(4);
  return libc().getsockopt(fd, SOL_SOCKET, SO_ERROR, number, four) === 0 ? number.readInt32LE(0) : lastErrno();
}

/** Closes with a reset instead of TIME_WAIT, so that the port is free for the next probe. */
export function closeHard(fd: number): void {
  libc().setsockopt(fd, SOL_SOCKET, SO_LINGER, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 8);
  libc().close(fd);
}

export interface QueuedError {
  readonly errno: number;
  /** The ICMP error behind it; null when this machine made it itself. */
  readonly icmp: { readonly type: number; readonly code: number; readonly sender: string | null } | null;
}

// struct msghdr of 64-bit Linux: name, namelen, iov, iovlen, control, controllen, flags.
const header = Buffer.alloc(56);
const vector = Buffer.alloc(16);
const data = Buffer.allocUnsafeSlow(256);
const control = Buffer.allocUnsafeSlow(512);

/** Takes one error off the queue, or null when it is empty. */
export function readErrorQueue(fd: number): QueuedError | null {
  vector.writeBigUInt64LE(pointerTo(data), 0);
  vector.writeBigUInt64LE(BigInt(data.length), 8);
  header.fill(0);
  header.writeBigUInt64LE(pointerTo(vector), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(pointerTo(control), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  if (libc().recvmsg(fd, header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return null;
  const end = Number(header.readBigUInt64LE(40));
  for (let at = 0; at + 16 <= end;) {
    const length = Number(control.readBigUInt64LE(at));
    const level = control.readInt32LE(at + 8);
    const type = control.readInt32LE(at + 12);
    if ((level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR)) {
      return extendedError(control.subarray(at + 16, at + length));
    }
    at += (length + 7) & ~7;
    if (length < 16) break;
  }
  return { errno: ERRNO.EIO, icmp: null };
}

/** struct sock_extended_err, followed by the sender's sockaddr (linux/errqueue.h). */
function extendedError(bytes: Buffer): QueuedError {
  const origin = bytes[4]!;
  const sender = bytes.length >= 32 ? addressIn(bytes.subarray(16)) : null;
  const fromIcmp = origin === 2 || origin === 3;
  return {
    errno: bytes.readUInt32LE(0),
    icmp: fromIcmp ? { type: bytes[5]!, code: bytes[6]!, sender: sender && formatAddress(sender) } : null,
  };
}
