/**
 * Room in the kernel's neighbour table while probing. Every pair on a common segment leaves an entry at both ends; 100
 * hosts pinging one another need 9,900 of the 1,024 there are, and what does not fit is dropped without a word, which
 * would look like an unreachable host. So learned entries are dropped as soon as enough have gathered.
 */

import type { NeighbourTable } from "../neighbours.ts";
import { flushNeighbours, readNeighbourTable } from "../neighbours.ts";
import { NetlinkSocket } from "../socket.ts";

const SMALLEST = 32;
/** Milliseconds between two attempts to make room while probes that wait hold what there is. */
const PAUSE = 50;
/** Longer than a probe waits: an entry dropped under a waiting probe would answer it with an error of our making. */
const MARGIN = 200;
const UNKNOWN_TABLE = { entries: 0, limit: 1024, refused: 0 };

export class NeighbourRoom implements Disposable {
  readonly #family: 4 | 6;
  readonly #transit: readonly number[];
  readonly #keepResolving: number;
  readonly #sockets = new Map<number, NetlinkSocket>();
  readonly #statistics: number;
  #touched = new Set<number>();
  #baseline: number;
  #refused: number;
  /** Growth at which entries are dropped, and the most it may be. */
  #budget: number;
  readonly #most: number;
  #fullUntil = 0;

  /**
   * @param statistics Namespace to read the table's counters in.
   * @param keepResolving Milliseconds that an unresolved entry is left alone: how long a probe waits for its answer.
   */
  constructor(family: 4 | 6, statistics: number, transit: readonly number[], keepResolving: number) {
    this.#family = family;
    this.#transit = transit;
    this.#keepResolving = keepResolving + MARGIN;
    this.#statistics = statistics;
    const table = this.#read();
    this.#baseline = table.entries;
    this.#refused = table.refused;
    // Entries of others may be configured ones, which are not limited: then only refusals show how much room there is.
    const free = table.limit - table.entries;
    this.#most = Math.floor(free > table.limit / 4 ? Math.min(free, table.limit) * 0.7 : table.limit / 8);
    this.#budget = this.#most;
  }

  /** A probe of this namespace is about to be sent: it may learn a neighbour. */
  touch(namespace: number): void {
    this.#touched.add(namespace);
  }

  /**
   * Makes room if need be. `refused`: entries were refused since the last call, so probes sent since then may be lost
   * and say nothing about reachability. `full`: wait before sending more. `underWay`: whether probes wait for answers.
   */
  check(underWay: boolean): "room" | "full" | "refused" {
    if (underWay && performance.now() < this.#fullUntil) return "full";
    const { entries, refused } = this.#read();
    const lost = refused > this.#refused;
    this.#refused = refused;
    this.#baseline = Math.min(this.#baseline, entries);
    const growth = entries - this.#baseline;
    // Somebody else may have filled the table for a moment, so what was given up comes back bit by bit.
    if (lost) this.#budget = Math.max(SMALLEST, Math.floor(Math.min(this.#budget, growth) * 0.7));
    else if (growth < this.#budget) return "room";
    else this.#budget = Math.min(this.#most, this.#budget + SMALLEST / 2);
    this.#flush(underWay ? this.#keepResolving : 0);
    if (lost) return "refused";
    const left = this.#read().entries;
    if (left - this.#baseline < this.#budget) return "room";
    if (underWay) {
      this.#fullUntil = performance.now() + PAUSE;
      return "full";
    }
    this.#baseline = left; // what is left is not ours, and waiting would not make it less
    return "room";
  }

  #flush(keepResolving: number): void {
    for (const namespace of this.#transit) this.#touched.add(namespace);
    const left = new Set<number>();
    for (const namespace of this.#touched) {
      const { kept } = flushNeighbours(this.#socket(namespace), this.#family, { keepResolving });
      if (kept > 0) left.add(namespace);
    }
    this.#touched = left;
  }

  #read(): NeighbourTable {
    return readNeighbourTable(this.#socket(this.#statistics), this.#family) ?? UNKNOWN_TABLE;
  }

  #socket(namespace: number): NetlinkSocket {
    let socket = this.#sockets.get(namespace);
    if (socket === undefined) this.#sockets.set(namespace, (socket = NetlinkSocket.open({ namespace })));
    return socket;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets.values()) socket[Symbol.dispose]();
  }
}
