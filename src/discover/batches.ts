/**
 * What one thread fetches for another: the answers for several tasks in one buffer that is transferred, and JSON that says
 * which part belongs to which task. Asking is mostly the kernel's work; decoding is left to one thread, since every thread
 * would first have to warm up its code.
 */

import type { Fetched } from "./source.ts";
import type { Outcome, Task, TaskReader } from "./tasks.ts";

/** Answers of consecutive tasks, beginning with number `from`. */
export interface FetchedBatch {
  readonly from: number;
  /** JSON: a Label or null for each. */
  readonly labels: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Label extends Omit<Fetched, "answers"> {
  /** Of the answers, which are concatenated. */
  readonly lengths: readonly number[];
}

/** Few enough for both threads to finish together, enough to make the overhead negligible. */
export const AT_ONCE = 16;

/** Takes tasks until none is left. `taken`: one shared Int32, the first task that neither thread has taken yet. */
export function* fetchBatches(tasks: readonly Task[], reader: TaskReader, taken: Int32Array): Generator<FetchedBatch> {
  for (;;) {
    const from = Atomics.add(taken, 0, AT_ONCE);
    if (from >= tasks.length) return;
    const fetched = tasks.slice(from, from + AT_ONCE).map((task) => reader.fetch(task));
    const labels = fetched.map((each) => (each === null ? null : labelOf(each)));
    const bytes = joined(fetched.flatMap((each) => each?.answers.flat() ?? []));
    yield { from, labels: JSON.stringify(labels), bytes };
  }
}

/** The decoded outcomes in the order of their tasks; undefined for tasks that could not be fetched. */
export function decodeBatch(
  { from, labels, bytes }: FetchedBatch,
  tasks: readonly Task[],
  reader: TaskReader,
): (Outcome | undefined)[] {
  let at = 0;
  return (JSON.parse(labels) as (Label | null)[]).map((label, index) => {
    if (label === null) return undefined;
    const answers = label.lengths.map((length) => [bytes.subarray(at, (at += length))]);
    return reader.digest(tasks[from + index]!, { ...label, answers });
  });
}

function labelOf({ glance, hasTables, answers }: Fetched): Label {
  return { glance, hasTables, lengths: answers.map(sizeOf) };
}

const sizeOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** Copied into one buffer that can be transferred. */
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
