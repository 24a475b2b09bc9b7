/** Requests to one namespace, sent together. Some may be refused without harm. */

import { Batch, ERRNO, NetlinkError, type NetlinkSocket } from "../kernel/index.ts";
import type { RouteNetlinkMessage } from "../netlink/index.ts";

/** What a deletion may answer when another change has taken the object along: a route goes with its link. */
const GONE: ReadonlySet<number> = new Set([ERRNO.ENOENT, ERRNO.ESRCH, ERRNO.ENODEV, ERRNO.EADDRNOTAVAIL]);

export class Sender {
  readonly #socket: NetlinkSocket;
  readonly #namespace: string;
  readonly #batch: Batch;
  /** Positions in the batch. */
  readonly #removals = new Set<number>();
  readonly #attempts = new Set<number>();

  /** The batch is empty, and used by nobody else meanwhile: one serves any number of senders after another. */
  constructor(socket: NetlinkSocket, namespace: string, batch: Batch) {
    this.#socket = socket;
    this.#namespace = namespace;
    this.#batch = batch;
  }

  add(message: RouteNetlinkMessage, flags: number, operation: string): void {
    this.#batch.add(message, flags, operation);
  }

  /** The object may be gone already. */
  remove(message: RouteNetlinkMessage, operation: string): void {
    this.#removals.add(this.#batch.length);
    this.#batch.add(message, 0, operation);
  }

  /** The kernel may refuse it. */
  attempt(message: RouteNetlinkMessage, flags: number, operation: string): void {
    this.#attempts.add(this.#batch.length);
    this.#batch.add(message, flags, operation);
  }

  /** One system call for all that was added. The first refusal is the one that counts: later ones follow from it. */
  send(): void {
    if (this.#batch.length === 0) return;
    const failures = this.#socket
      .transact(this.#batch)
      .filter(({ index, errno }) => !this.#attempts.has(index) && !(this.#removals.has(index) && GONE.has(errno)));
    this.#batch.clear();
    this.#removals.clear();
    this.#attempts.clear();
    if (failures.length > 0) throw new NetlinkError(failures[0]!, { namespace: this.#namespace });
  }
}
