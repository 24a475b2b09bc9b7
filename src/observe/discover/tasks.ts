/** The reading itself: one namespace after the other, each by the first way that still leads to it. */

import { closeSync, fstatSync, openSync } from "node:fs";
import { fsCall, homeNamespace, KernelError } from "../../kernel/index.ts";
import { NetlinkDecodeError } from "../../netlink/index.ts";
import { askable } from "./modules.ts";
import type { OpenPlace } from "./peers.ts";
import { type Depth, readNamespace, type Reading, type ReadOptions } from "./read.ts";

/** A namespace to be read. Plain data, as its outcome is: somebody else may do it. */
export interface Task {
  readonly inode: number;
  /** Where it can be opened, the best first. */
  readonly paths: readonly string[];
  readonly name: string;
  readonly inhabited: boolean;
}

/** `cause` null: it is not there any more. */
export type Outcome = { readonly reading: Reading } | { readonly cause: string | null };

/** What is to be read, by one thread or by several that share it. Plain data. */
export interface Work {
  readonly tasks: readonly Task[];
  /** The machine's own namespace, whose id each is asked for. */
  readonly root: Pick<Task, "inode" | "paths"> | null;
  readonly depth: Depth;
  /** One Int32: the first task that nobody has taken yet. */
  readonly taken: SharedArrayBuffer;
}

/** Tasks that were read together: those from `from` on. */
export interface Part {
  readonly from: number;
  readonly outcomes: readonly Outcome[];
}

/** Few enough for two threads to end at the same time, enough for the telling not to cost anything. */
const AT_ONCE = 16;

export function workOf(tasks: readonly Task[], root: Work["root"], depth: Depth): Work {
  return { tasks, root, depth, taken: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
}

/** Takes tasks until none is left. */
export function* readParts({ tasks, root: machine, depth, taken }: Work): Generator<Part> {
  using root = machine === null ? null : openOrNull(machine);
  const options = { root: root?.fd ?? null, askable: askable(), depth };
  const counter = new Int32Array(taken);
  for (;;) {
    const from = Atomics.add(counter, 0, AT_ONCE);
    if (from >= tasks.length) return;
    const some = tasks.slice(from, from + AT_ONCE);
    yield { from, outcomes: some.map((task) => readOne(task, { ...options, inhabited: task.inhabited })) };
  }
}

/** In the order of the tasks. */
export function readTasks(tasks: readonly Task[], root: Work["root"], depth: Depth): Outcome[] {
  return [...readParts(workOf(tasks, root, depth))].flatMap(({ outcomes }) => outcomes);
}

function readOne(task: Task, options: ReadOptions): Outcome {
  let handle: OpenPlace | null;
  try {
    handle = openFound(task);
  } catch (error) {
    return { cause: causeOf(error) };
  }
  if (handle === null) return { cause: null };
  using open = handle;
  try {
    return { reading: readNamespace(task.name, open.fd, options) };
  } catch (error) {
    return { cause: causeOf(error) };
  }
}

function causeOf(error: unknown): string {
  if (error instanceof KernelError) return error.diagnostics[0]?.cause ?? error.message;
  if (error instanceof NetlinkDecodeError) return error.message;
  throw error;
}

/** What says that a place is gone rather than closed. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EINVAL"]);

/** By the first way that leads to this very namespace, for pids and names are given again. Null when it is gone. */
export function openFound({ inode, paths }: Pick<Task, "inode" | "paths">): OpenPlace | null {
  // Going into one's own is the one thing that nobody needs to be allowed.
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
