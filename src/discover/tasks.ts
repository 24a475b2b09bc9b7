/** Reads namespaces one after the other, each through the first path that still leads to it. */

import { closeSync, fstatSync, openSync } from "node:fs";
import { type EncodedBatch, fsCall, homeNamespace, KernelError } from "../kernel/index.ts";
import { NetlinkDecodeError } from "../netlink/index.ts";
import { askable } from "./modules.ts";
import type { OpenPlace } from "./peers.ts";
import { readNamespace, type Reading } from "./read.ts";
import { type Depth, type Fetched, FetchedSource, firstQuestions, LiveSource, type ReadOptions } from "./source.ts";

/** A namespace to be read. Plain data. */
export interface Task {
  readonly inode: number;
  /** Where it can be opened, the best first. */
  readonly paths: readonly string[];
  readonly name: string;
  readonly inhabited: boolean;
}

/** `cause` null: the namespace no longer exists. */
export type Outcome = { readonly reading: Reading } | { readonly cause: string | null };

/** What is to be read. Plain data. */
export interface Work {
  readonly tasks: readonly Task[];
  /** The machine's own namespace; each namespace is asked for its id of it. */
  readonly root: Pick<Task, "inode" | "paths"> | null;
  readonly depth: Depth;
}

type Common = Omit<ReadOptions, "inhabited">;

/** Reads the namespaces of tasks, in any order, until disposed. */
export class TaskReader implements Disposable {
  readonly #common: Common;
  readonly #first: readonly EncodedBatch[];
  readonly #root: OpenPlace | null;

  constructor({ root, depth }: Pick<Work, "root" | "depth">) {
    this.#root = root === null ? null : openOrNull(root);
    this.#common = { root: this.#root?.fd ?? null, askable: askable(), depth };
    this.#first = firstQuestions(this.#common);
  }

  /** Asks the namespace and decodes the answers. */
  read(task: Task): Outcome {
    try {
      return this.#within(task, (source) => ({ reading: readNamespace(task.name, source, this.#common) }));
    } catch (error) {
      return { cause: causeOf(error) };
    }
  }

  /** Raw answers to the usual requests; null if they cannot be fetched: `read` then reports why. */
  fetch(task: Task): Fetched | null {
    try {
      return this.#within(task, (source) => ({
        glance: source.glance,
        answers: this.#first.map((question) => source.dumpDatagrams(question)),
        hasTables: source.hasTables(),
      }));
    } catch {
      return null;
    }
  }

  /** Decodes fetched answers, and asks whatever they leave open. */
  digest(task: Task, fetched: Fetched): Outcome {
    const source = new FetchedSource(fetched, this.#first, (ask) => this.#within(task, ask));
    try {
      return { reading: readNamespace(task.name, source, this.#common) };
    } catch (error) {
      return { cause: causeOf(error) };
    }
  }

  // Without `using`, whose compiled form takes longer than some of the requests.
  #within<T>(task: Task, action: (source: LiveSource) => T): T {
    const handle = openFound(task);
    if (handle === null) throw new Gone();
    try {
      const source = new LiveSource(task.name, handle.fd, { ...this.#common, inhabited: task.inhabited });
      try {
        return action(source);
      } finally {
        source[Symbol.dispose]();
      }
    } finally {
      handle[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#root?.[Symbol.dispose]();
  }
}

/** The namespace no longer exists. */
class Gone extends Error {}

/** In the order of the tasks. */
export function readTasks({ tasks, ...work }: Work): Outcome[] {
  using reader = new TaskReader(work);
  return tasks.map((task) => reader.read(task));
}

function causeOf(error: unknown): string | null {
  if (error instanceof Gone) return null;
  if (error instanceof KernelError) return error.diagnostics[0]?.cause ?? error.message;
  if (error instanceof NetlinkDecodeError) return error.message;
  throw error;
}

/** Errors that mean a path is gone rather than forbidden. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EINVAL"]);

/** Opens the first path that leads to this very namespace, since pids and names are reused. Null if it is gone. */
export function openFound({ inode, paths }: Pick<Task, "inode" | "paths">): OpenPlace | null {
  // Entering one's own namespace needs no permission.
  const home = homeNamespace();
  if (Number(home.inode) === inode) return { fd: home.fd, [Symbol.dispose]: () => {} };
  let refused: KernelError | null = null;
  for (const path of paths) {
    try {
      const fd = fsCall(`open network namespace ${path}`, () => openSync(path, "r"));
      if (fstatSync(fd).ino === inode) return { fd, [Symbol.dispose]: () => closeSync(fd) };
      closeSync(fd);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (!GONE.has(error.errnoName)) refused = error;
    }
  }
  if (refused !== null) throw refused;
  return null;
}

function openOrNull(found: Pick<Task, "inode" | "paths">): OpenPlace | null {
  try {
    return openFound(found);
  } catch {
    // Without it, links that lead there are not followed.
    return null;
  }
}
