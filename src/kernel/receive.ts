/** Reading netlink datagrams into one reused buffer, as many in one call as have come, with a bound on the wait. */

import { ERRNO } from "./errno.ts";
import { KernelError } from "./error.ts";
import { lastErrno, libc, pointerTo } from "./libc.ts";
import { MSG_DONTWAIT, MSG_TRUNC, POLLIN } from "./constants.ts";

export const NLMSG_HEADER = 16;

/** How many datagrams are read at once, each into a part of the buffer. The kernel makes those of a dump 32 KiB at most. */
const SLOTS = 16;
/** struct mmsghdr: a struct msghdr of 56 bytes, the length that came, padding. struct iovec: pointer and length. */
const HEADER_BYTES = 64;
const VECTOR_BYTES = 16;
const MSG_IOV = 16;
const MSG_IOVLEN = 24;
const MSG_LEN = 56;

// One for all sockets of the thread: everything here is synchronous, and a buffer a socket would be 1 GiB for 1,000.
let buffer = Buffer.allocUnsafeSlow(1 << 20);
let headers: Buffer | undefined;
const entry = Buffer.alloc(8);

/** Size of the receive buffer, bytes. For tests: a small one shows what happens to datagrams that do not fit. */
export function setReceiveBufferSize(bytes: number): void {
  buffer = Buffer.allocUnsafeSlow(bytes);
  headers = undefined;
}

/** The headers that lead into the buffer's parts. */
function prepare(): Buffer {
  const list = Buffer.alloc(SLOTS * (HEADER_BYTES + VECTOR_BYTES));
  const start = pointerTo(buffer);
  const vectors = pointerTo(list) + BigInt(SLOTS * HEADER_BYTES);
  const part = slotBytes();
  for (let slot = 0; slot < SLOTS; slot++) {
    const vector = SLOTS * HEADER_BYTES + slot * VECTOR_BYTES;
    list.writeBigUInt64LE(start + BigInt(slot * part), vector);
    list.writeBigUInt64LE(BigInt(part), vector + 8);
    list.writeBigUInt64LE(vectors + BigInt(slot * VECTOR_BYTES), slot * HEADER_BYTES + MSG_IOV);
    list.writeBigUInt64LE(1n, slot * HEADER_BYTES + MSG_IOVLEN);
  }
  return list;
}

const slotBytes = (): number => Math.floor(buffer.length / SLOTS);

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

/**
 * Reads what has come, one datagram at least. A dump goes on while it is read, so a short one is read whole. rtnetlink
 * answers before send() returns, so waiting is the exception; it blocks the thread.
 */
export function receive(fd: number, operation: () => string, timeout: number): Exclude<Received, { kind: "empty" }>[] {
  let deadline: number | undefined;
  for (;;) {
    const count = libc().recvmmsg(fd, (headers ??= prepare()), SLOTS, MSG_DONTWAIT | MSG_TRUNC, null);
    if (count > 0) return taken(count);
    const errno = lastErrno();
    if (errno === ERRNO.EINTR) continue;
    if (errno === ERRNO.ENOBUFS) return [{ kind: "overrun" }];
    if (errno !== ERRNO.EAGAIN) throw new KernelError("read from a netlink socket", errno);
    deadline ??= performance.now() + timeout;
    const left = deadline - performance.now();
    if (left <= 0) {
      throw new KernelError(operation(), ERRNO.ETIMEDOUT, { cause: `no answer from the kernel in ${timeout} ms` });
    }
    waitReadable(fd, left);
  }
}

/** What has come into the buffer's parts. */
function taken(count: number): Exclude<Received, { kind: "empty" }>[] {
  const part = slotBytes();
  const list: Exclude<Received, { kind: "empty" }>[] = [];
  let needed = part;
  for (let slot = 0; slot < count; slot++) {
    const length = headers!.readUInt32LE(slot * HEADER_BYTES + MSG_LEN);
    if (length <= part) list.push({ kind: "datagram", bytes: buffer.subarray(slot * part, slot * part + length) });
    else list.push({ kind: "truncated" });
    needed = Math.max(needed, length);
  }
  if (needed > part) setReceiveBufferSize(SLOTS * 2 ** Math.ceil(Math.log2(needed)));
  return list;
}

function waitReadable(fd: number, milliseconds: number): void {
  entry.writeInt32LE(fd, 0);
  entry.writeUInt32LE(POLLIN, 4);
  if (libc().poll(entry, 1, Math.ceil(milliseconds)) >= 0) return;
  const errno = lastErrno();
  if (errno !== ERRNO.EINTR) throw new KernelError("wait for a netlink socket", errno);
}
