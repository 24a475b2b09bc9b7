/**
 * What one thread fetches for another: of some tasks the answers, as one piece of memory that changes hands, and in JSON what
 * belongs to whom. The kernel does most of the work of a question; what the answers mean is found out by one thread only,
 * since each would have to be warmed up for that.
 */

import type { Fetched } from "./source.ts";
import type { Outcome, Task, TaskReader } from "./tasks.ts";

/** Tasks that were fetched together: those from `from` on. */
export interface Haul {
  readonly from: number;
  /** JSON: a Label or null for each. */
  readonly labels: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Label extends Omit<Fetched, "answers"> {
  /** Of the answers, one behind the other. */
  readonly lengths: readonly number[];
}

/** Few enough for two threads to end at the same time, enough for the telling not to cost anything. */
export const AT_ONCE = 16;

/** Takes tasks until none is left. `taken`: one Int32, shared: the first task that nobody has taken yet. */
export function* fetchHauls(tasks: readonly Task[], reader: TaskReader, taken: Int32Array): Generator<Haul> {
  for (;;) {
    const from = Atomics.add(taken, 0, AT_ONCE);
    if (from >= tasks.length) return;
    const fetched = tasks.slice(from, from + AT_ONCE).map((task) => reader.fetch(task));
    const labels = fetched.map((each) => (each === null ? null : labelOf(each)));
    const bytes = joined(fetched.flatMap((each) => each?.answers.flat() ?? []));
    yield { from, labels: JSON.stringify(labels), bytes };
  }
}

/** What they say, in the order of their tasks; undefined for what was not fetched. */
export function digestHaul(
  { from, labels, bytes }: Haul,
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

/** In memory of their own, to be handed on. */
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
