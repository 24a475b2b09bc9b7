/** Waiting for many sockets at once (epoll), in slices short enough to keep the event loop alive. */

import { ERRNO } from "../errno.ts";
import { KernelError } from "../error.ts";
import { lastErrno, libc } from "../libc.ts";
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL } from "../constants.ts";

const CAPACITY = 256;
// struct epoll_event is packed on x86-64 only.
const STRIDE = process.arch === "x64" ? 12 : 16;
const DATA = process.arch === "x64" ? 4 : 8;
/** Longest time that the thread is blocked in one go, milliseconds. */
const SLICE = 5;

export class Poller implements Disposable {
  readonly #fd: number;
  readonly #events = Buffer.alloc(CAPACITY * STRIDE);
  readonly #event = Buffer.alloc(STRIDE);

  constructor() {
    this.#fd = libc().epoll_create1(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw new KernelError("make an epoll descriptor", lastErrno());
  }

  /** `key` comes back with the events; level-triggered. */
  add(fd: number, events: number, key: number): void {
    this.#event.writeUInt32LE(events, 0);
    this.#event.writeUInt32LE(key, DATA);
    if (libc().epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, this.#event) !== 0)
      throw new KernelError("wait for a socket", lastErrno());
  }

  /** Before closing the descriptor. */
  remove(fd: number): void {
    libc().epoll_ctl(this.#fd, EPOLL_CTL_DEL, fd, this.#event);
  }

  /** Calls back for what is ready, waiting at most `milliseconds` and never more than a slice. Returns how many were. */
  wait(milliseconds: number, ready: (key: number, events: number) => void): number {
    const slice = Math.max(0, Math.min(SLICE, Math.ceil(milliseconds)));
    const count = libc().epoll_wait(this.#fd, this.#events, CAPACITY, slice);
    if (count < 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EINTR) return 0;
      throw new KernelError("wait for sockets", errno);
    }
    for (let i = 0; i < count; i++) {
      ready(this.#events.readUInt32LE(i * STRIDE + DATA), this.#events.readUInt32LE(i * STRIDE));
    }
    return count;
  }

  [Symbol.dispose](): void {
    libc().close(this.#fd);
  }
}

/** Lets timers, sockets and signals of the rest of the program have their turn. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
