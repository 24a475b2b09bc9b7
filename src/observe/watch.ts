/** Tells when the configuration of a lab's namespaces has changed, whoever did it. What it is now, observe() says. */

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
 * A name is there before its namespace, which nothing tells of: looked for so many times more, each time after twice as long;
 * the first after so many milliseconds.
 */
const RETRIES = 7;
const RETRY = 40;

/** A command changes many things one after another: told when it has been quiet for so long, or at the latest; milliseconds. */
const QUIET = 40;
const LATEST = 400;

export interface Disturbance {
  /** Namespaces in which something changed, or which came or went. */
  readonly touched: ReadonlySet<string>;
  /** The kernel announced more than could be kept: what is touched has to be read, whatever was announced. */
  readonly lost: boolean;
}

interface Heard {
  readonly name: string;
  readonly inode: bigint;
  readonly key: number;
  readonly announcements: Announcements;
}

export class LabWatch implements Disposable {
  readonly #context: LabContext;
  readonly #onChange: (disturbance: Disturbance) => void;
  readonly #readable = new Readable((keys) => this.#read(keys));
  readonly #heard = new Map<string, Heard>();
  readonly #byKey = new Map<number, Heard>();
  #nextKey = 1;
  #names: FSWatcher | null = null;
  /** Names came or went. */
  #stale = true;
  /** Nodes whose changes matter. */
  #nodes: ReadonlySet<string> = new Set();
  /** How often in a row there was no namespace behind one of their names. */
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
   * Listens in those of the nodes that are there, and no longer in namespaces that have gone: a socket would keep them alive.
   * Returns those that have come or gone since. What is read after it is missed in none; must run in the lab's root.
   */
  listenIn(nodes: ReadonlySet<string>): Set<string> {
    if (this.#names === null) this.#watchNames();
    else if (!this.#stale && isSame(nodes, this.#nodes)) return new Set();
    this.#stale = false;
    this.#nodes = nodes;
    const there = new Set([ROOT, ...listNodes(this.#context).filter((name) => nodes.has(name))]);
    const moved = [...this.#heard.values()].filter(({ name }) => !there.has(name));
    for (const heard of moved) this.#forget(heard);
    return new Set([...moved.map(({ name }) => name), ...[...there].filter((name) => this.#listen(name))]);
  }

  /** As if something had changed there. */
  again(names: Iterable<string>): void {
    for (const name of names) this.#touch(name);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#quiet();
    this.#names?.close();
    if (this.#retry !== null) clearTimeout(this.#retry);
    for (const heard of this.#heard.values()) this.#forget(heard);
    this.#readable[Symbol.dispose]();
  }

  /** False when it did so before. */
  #listen(name: string): boolean {
    using namespace = this.#open(name);
    if (namespace === null) {
      this.#lookAgain();
      return false;
    }
    const before = this.#heard.get(name);
    // Another one under the same name?
    if (before?.inode === namespace.inode) return false;
    if (before !== undefined) this.#forget(before);
    const heard = {
      name,
      inode: namespace.inode,
      key: this.#nextKey++,
      announcements: new Announcements(namespace.fd, name),
    };
    this.#heard.set(name, heard);
    this.#byKey.set(heard.key, heard);
    for (const fd of heard.announcements.descriptors) this.#readable.add(fd, heard.key);
    return true;
  }

  /** Null when there is none: it went just now, or its name was given before it. */
  #open(name: string): OpenNamespace | null {
    try {
      return openNode(this.#context, name);
    } catch (error) {
      if (name === ROOT) throw error;
      return null;
    }
  }

  #lookAgain(): void {
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

  #forget({ name, key, announcements }: Heard): void {
    for (const fd of announcements.descriptors) this.#readable.remove(fd);
    announcements[Symbol.dispose]();
    this.#heard.delete(name);
    this.#byKey.delete(key);
  }

  #watchNames(): void {
    // No namespace has a name yet: there is nothing to watch in any.
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
      const heard = this.#byKey.get(key);
      if (heard === undefined) continue;
      const { changed, lost } = heard.announcements.read();
      this.#lost ||= lost;
      if (changed) this.#touch(heard.name);
    }
  }

  #touch(name: string): void {
    if (this.#closed) return;
    const now = performance.now();
    if (this.#touched.size === 0) this.#latest = now + LATEST;
    this.#touched.add(name);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, Math.min(QUIET, this.#latest - now)));
  }

  #tell(): void {
    this.#quiet();
    const disturbance = { touched: this.#touched, lost: this.#lost };
    this.#touched = new Set();
    this.#lost = false;
    this.#onChange(disturbance);
  }

  #quiet(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
