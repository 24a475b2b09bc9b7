/**
 * A stream to a unix socket, synchronous and never longer than until a deadline: the server may say nothing, or go on
 * for ever.
 */

import { ERRNO, errnoNumber } from "./errno.ts";
import { KernelError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";
import { AF_UNIX } from "../netlink/constants.ts";
import {
  MSG_NOSIGNAL,
  POLLIN,
  POLLOUT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_PEERCRED,
} from "./constants.ts";

/** sun_path of struct sockaddr_un, with the NUL behind it. */
const PATH_ROOM = 108;

export class UnixStream implements Disposable {
  readonly #fd: number;
  readonly #path: string;
  readonly #deadline: number;
  readonly #buffer = Buffer.alloc(1 << 16);

  private constructor(fd: number, path: string, deadline: number) {
    this.#fd = fd;
    this.#path = path;
    this.#deadline = deadline;
  }

  /** `deadline` as `performance.now()` counts. */
  static connect(path: string, deadline: number): UnixStream {
    const operation = `connect to ${path}`;
    const bytes = Buffer.from(path);
    if (bytes.length >= PATH_ROOM) throw new KernelError(operation, errnoNumber("ENAMETOOLONG") ?? 0);
    const fd = libc().socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw new KernelError(operation, lastErrno());
    const address = Buffer.alloc(2 + PATH_ROOM);
    address.writeUInt16LE(AF_UNIX);
    bytes.copy(address, 2);
    if (libc().connect(fd, address, 2 + bytes.length + 1) !== 0) {
      const errno = lastErrno();
      libc().close(fd);
      throw new KernelError(operation, errno);
    }
    return new UnixStream(fd, path, deadline);
  }

  /** Who listens there; 0 when it is of a process that cannot be seen from here. */
  get peer(): number {
    const credentials = Buffer.alloc(12);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(credentials.length);
    const failed = libc().getsockopt(this.#fd, SOL_SOCKET, SO_PEERCRED, credentials, length) !== 0;
    return failed ? 0 : credentials.readInt32LE(0);
  }

  send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      this.#wait(POLLOUT);
      const rest = bytes.subarray(at);
      const count = libc().send(this.#fd, rest, rest.length, MSG_NOSIGNAL);
      if (count >= 0) at += count;
      else this.#checkAgain(`write to ${this.#path}`);
    }
  }

  /** The next available bytes; none at the end. Valid until the next call. */
  receive(): Uint8Array {
    for (;;) {
      this.#wait(POLLIN);
      const count = libc().recv(this.#fd, this.#buffer, this.#buffer.length, 0);
      if (count >= 0) return this.#buffer.subarray(0, count);
      this.#checkAgain(`read from ${this.#path}`);
    }
  }

  [Symbol.dispose](): void {
    libc().close(this.#fd);
  }

  #checkAgain(operation: string): void {
    const errno = lastErrno();
    if (errno !== ERRNO.EAGAIN && errno !== ERRNO.EINTR) throw new KernelError(operation, errno);
  }

  #wait(events: number): void {
    const entry = Buffer.alloc(8);
    entry.writeInt32LE(this.#fd);
    entry.writeInt16LE(events, 4);
    for (;;) {
      const left = Math.ceil(this.#deadline - performance.now());
      const ready = left <= 0 ? 0 : libc().poll(entry, 1, left);
      if (ready > 0) return;
      if (ready < 0) this.#checkAgain(`wait for ${this.#path}`);
      else throw new KernelError(`wait for ${this.#path}`, ERRNO.ETIMEDOUT, { cause: "no answer in time" });
    }
  }
}
