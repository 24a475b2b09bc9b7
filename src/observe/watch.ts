/**
 * Reports when the configuration of a lab's namespaces has changed, regardless of who changed it. observe() reads the new state.
 */

import { existsSync, type FSWatcher, watch } from "node:fs";
import {
  Announcements,
  fsCall,
  type LabContext,
  listNodes,
  namesDirectory,
  NETNS_DIRECTORY,
  type OpenNamespace,
  openNode,
  Readable,
} from "../kernel/index.ts";
import { ROOT } from "../model/index.ts";

/**
 * A name exists before its namespace, and nothing announces the latter: the number of retries, each after twice the delay of the
 * one before, and the first delay in milliseconds.
 */
const RETRIES = 7;
const RETRY = 40;

/** A command makes many changes in a row: a report is sent after this much silence, or after the maximum delay; milliseconds. */
const QUIET = 40;
const LATEST = 400;

export interface Disturbance {
  /** Namespaces in which something changed, or which appeared or disappeared. */
  readonly touched: ReadonlySet<string>;
  /** The kernel announced more than the buffer could hold: what is touched must be read again, whatever was announced. */
  readonly lost: boolean;
}

interface Listener {
  readonly name: string;
  readonly inode: bigint;
  readonly key: number;
  readonly announcements: Announcements;
}

export class LabWatch implements Disposable {
  readonly #context: LabContext;
  readonly #onChange: (disturbance: Disturbance) => void;
  readonly #readable = new Readable((keys) => this.#read(keys));
  readonly #listeners = new Map<string, Listener>();
  readonly #byKey = new Map<number, Listener>();
  #nextKey = 1;
  #names: FSWatcher | null = null;
  /** Names appeared or disappeared. */
  #stale = true;
  /** Nodes whose changes matter. */
  #nodes: ReadonlySet<string> = new Set();
  /** How many times in a row one of their names had no namespace. */
  #misses = 0;
  #retry: NodeJS.Timeout | null = null;
  #touched = new Set<string>();
  #lost = false;
  #timer: NodeJS.Timeout | null = null;
  #latest = 0;
  #closed = false;

  constructor(context: LabContext, onChange: (disturbance: Disturbance) => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  /**
   * Listens in those nodes that exist, and stops listening in namespaces that have gone: an open socket would keep them alive.
   * Returns those that have appeared or disappeared since the last call. No change after it is missed, so read the state
   * afterwards. Must run in the lab's root namespace.
   */
  listenIn(nodes: ReadonlySet<string>): Set<string> {
    if (this.#names === null) this.#watchNames();
    else if (!this.#stale && isSame(nodes, this.#nodes)) return new Set();
    this.#stale = false;
    this.#nodes = nodes;
    const there = new Set([ROOT, ...listNodes(this.#context).filter((name) => nodes.has(name))]);
    const moved = [...this.#listeners.values()].filter(({ name }) => !there.has(name));
    for (const listener of moved) this.#forget(listener);
    return new Set([...moved.map(({ name }) => name), ...[...there].filter((name) => this.#listen(name))]);
  }

  /** Reports these namespaces as if something had changed in them. */
  again(names: Iterable<string>): void {
    for (const name of names) this.#touch(name);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#clearTimer();
    this.#names?.close();
    if (this.#retry !== null) clearTimeout(this.#retry);
    for (const listener of this.#listeners.values()) this.#forget(listener);
    this.#readable[Symbol.dispose]();
  }

  /** False if it was listening already. */
  #listen(name: string): boolean {
    using namespace = this.#open(name);
    if (namespace === null) {
      this.#scheduleRetry();
      return false;
    }
    const before = this.#listeners.get(name);
    // Is this another namespace under the same name?
    if (before?.inode === namespace.inode) return false;
    if (before !== undefined) this.#forget(before);
    const listener = {
      name,
      inode: namespace.inode,
      key: this.#nextKey++,
      announcements: new Announcements(namespace.fd, name),
    };
    this.#listeners.set(name, listener);
    this.#byKey.set(listener.key, listener);
    for (const fd of listener.announcements.descriptors) this.#readable.add(fd, listener.key);
    return true;
  }

  /** Null if there is none: it has just gone, or its name exists before it does. */
  #open(name: string): OpenNamespace | null {
    try {
      return openNode(this.#context, name);
    } catch (error) {
      if (name === ROOT) throw error;
      return null;
    }
  }

  #scheduleRetry(): void {
    if (this.#retry !== null || this.#misses === RETRIES) return;
    this.#retry = setTimeout(
      () => {
        this.#retry = null;
        this.#stale = true;
        this.#touch(ROOT);
      },
      RETRY << this.#misses++,
    );
  }

  #forget({ name, key, announcements }: Listener): void {
    for (const fd of announcements.descriptors) this.#readable.remove(fd);
    announcements[Symbol.dispose]();
    this.#listeners.delete(name);
    this.#byKey.delete(key);
  }

  #watchNames(): void {
    // No namespace has a name yet, so there is nothing to watch.
    if (!existsSync(namesDirectory())) return;
    const moved = (): void => {
      this.#stale = true;
      this.#misses = 0;
      this.#touch(ROOT);
    };
    const hint = "raise fs.inotify.max_user_instances";
    this.#names = fsCall(`watch ${NETNS_DIRECTORY}`, () => watch(namesDirectory(), moved), { hint });
    this.#names.on("error", () => {});
  }

  #read(keys: ReadonlySet<number>): void {
    for (const key of keys) {
      const listener = this.#byKey.get(key);
      if (listener === undefined) continue;
      const { changed, lost } = listener.announcements.read();
      this.#lost ||= lost;
      if (changed) this.#touch(listener.name);
    }
  }

  #touch(name: string): void {
    if (this.#closed) return;
    const now = performance.now();
    if (this.#touched.size === 0) this.#latest = now + LATEST;
    this.#touched.add(name);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#report(), Math.max(0, Math.min(QUIET, this.#latest - now)));
  }

  #report(): void {
    this.#clearTimer();
    const disturbance = { touched: this.#touched, lost: this.#lost };
    this.#touched = new Set();
    this.#lost = false;
    this.#onChange(disturbance);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
