/** Reading netlink datagrams into one reused buffer, with a bound on the wait. */

import { ERRNO } from "./errno.ts";
import { KernelError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";

const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_HEADER = 16;

// One for all sockets of the thread: everything here is synchronous, and a buffer a socket would be 1 GiB for 1,000.
let buffer = Buffer.allocUnsafeSlow(1 << 20);
const entry = Buffer.alloc(8);

/** Size of the receive buffer, bytes. For tests: a small one shows what happens to datagrams that do not fit. */
export function setReceiveBufferSize(bytes: number): void {
  buffer = Buffer.allocUnsafeSlow(bytes);
}

export type Received =
  /** View of the shared buffer, valid until the next read. */
  | { readonly kind: "datagram"; readonly bytes: Buffer }
  /** It was larger than the buffer, which has grown since; its rest is lost. */
  | { readonly kind: "truncated" }
  /** The socket's queue ran over and messages were dropped. */
  | { readonly kind: "overrun" }
  | { readonly kind: "empty" };

/** Reads what is there; never waits. */
export function receiveNow(fd: number): Received {
  for (;;) {
    const length = libc().recv(fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC);
    if (length > buffer.length) {
      setReceiveBufferSize(2 ** Math.ceil(Math.log2(length)));
      return { kind: "truncated" };
    }
    if (length >= 0) return { kind: "datagram", bytes: buffer.subarray(0, length) };
    const errno = lastErrno();
    if (errno === ERRNO.EINTR) continue;
    if (errno === ERRNO.EAGAIN) return { kind: "empty" };
    if (errno === ERRNO.ENOBUFS) return { kind: "overrun" };
    throw new KernelError("read from a netlink socket", errno);
  }
}

/** Reads one datagram. rtnetlink answers before send() returns, so waiting is the exception; it blocks the thread. */
export function receive(fd: number, operation: () => string, timeout: number): Exclude<Received, { kind: "empty" }> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const received = receiveNow(fd);
    if (received.kind !== "empty") return received;
    const left = deadline - performance.now();
    if (left <= 0) {
      throw new KernelError(operation(), ERRNO.ETIMEDOUT, { cause: `no answer from the kernel in ${timeout} ms` });
    }
    waitReadable(fd, left);
  }
}

function waitReadable(fd: number, milliseconds: number): void {
  entry.writeInt32LE(fd, 0);
  entry.writeUInt32LE(POLLIN, 4);
  if (libc().poll(entry, 1, Math.ceil(milliseconds)) >= 0) return;
  const errno = lastErrno();
  if (errno !== ERRNO.EINTR) throw new KernelError("wait for a netlink socket", errno);
}
