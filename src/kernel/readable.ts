/**
 * Tells when a socket has something to read: neither a thread that waits nor a look every now and then, but SIGIO, which the
 * kernel sends for descriptors with O_ASYNC (fcntl(2)). Node.js itself waits only for kinds of descriptors that it knows.
 */

import { KernelError } from "./error.ts";
import { lastErrno, libc } from "./libc.ts";
import { Poller } from "./probe/poller.ts";
import { EPOLLIN, F_GETFL, F_SETFL, F_SETOWN, O_ASYNC } from "./constants.ts";

const NOT_AT_ALL = 0;

type Key = number;

const readers = new Set<Readable>();
let listening = false;

/** Sockets whose readability is announced; data left unread is announced again with the next arrival. */
export class Readable implements Disposable {
  readonly #poller = new Poller();
  readonly #onReadable: (keys: ReadonlySet<Key>) => void;

  constructor(onReadable: (keys: ReadonlySet<Key>) => void) {
    this.#onReadable = onReadable;
    listen();
    readers.add(this);
  }

  /** Looks at it once by itself: something may have come before. */
  add(fd: number, key: Key): void {
    this.#poller.add(fd, EPOLLIN, key);
    const flags = libc().fcntl(fd, F_GETFL, 0);
    if (libc().fcntl(fd, F_SETOWN, process.pid) !== 0 || libc().fcntl(fd, F_SETFL, flags | O_ASYNC) !== 0)
      throw new KernelError("ask for signals about a socket", lastErrno());
    setImmediate(look);
  }

  /** Before closing the descriptor. */
  remove(fd: number): void {
    this.#poller.remove(fd);
  }

  look(): void {
    const keys = new Set<Key>();
    // Level-triggered: the same again until it is read, so that one round that brings nothing new is the last.
    for (let known = -1; keys.size > known;) {
      known = keys.size;
      this.#poller.wait(NOT_AT_ALL, (key) => keys.add(key));
    }
    if (keys.size > 0) this.#onReadable(keys);
  }

  [Symbol.dispose](): void {
    readers.delete(this);
    this.#poller[Symbol.dispose]();
  }
}

function look(): void {
  for (const reader of readers) reader.look();
}

/** For good: without a handler the signal of a socket that is just being closed would end the process. */
function listen(): void {
  if (listening) return;
  listening = true;
  process.on("SIGIO", look);
}
