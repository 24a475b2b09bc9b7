/**
 * What a model leaves open: a condition that cannot be judged, or a next hop out of several. An evaluation asks, each time it
 * is run, and is run once for every combination of answers. An answer that makes no difference leaves the result determined.
 */

export interface Choice {
  /** `unknown`: the model does not say. `multipath`: the kernel takes now one, now another. */
  readonly kind: "unknown" | "multipath";
  /** How many answers there are; they are numbered from 0. */
  readonly options: number;
  /** Asked again for the same key, the answer is the same. */
  readonly key: string;
  readonly reason: string;
  /** It is about what rules have learned from packets, of which a model has nothing. */
  readonly dynamic?: boolean;
}

export interface Choices {
  take(choice: Choice): number;
}

interface Taken extends Choice {
  readonly answer: number;
}

class Path implements Choices {
  readonly log: Taken[] = [];
  readonly #given: readonly number[];
  readonly #known = new Map<string, number>();

  constructor(given: readonly number[]) {
    this.#given = given;
  }

  take(choice: Choice): number {
    const known = this.#known.get(choice.key);
    if (known !== undefined) return known;
    const answer = this.#given[this.log.length] ?? 0;
    this.log.push({ ...choice, answer });
    this.#known.set(choice.key, answer);
    return answer;
  }
}

export interface World<T> {
  readonly result: T;
  /** The answers that led to it, in the order of the questions. */
  readonly log: readonly Taken[];
}

/** Every combination of answers, depth first, the first answers first. */
export function* worlds<T>(run: (choices: Choices) => T): Generator<World<T>> {
  let given: readonly number[] | null = [];
  while (given !== null) {
    const path = new Path(given);
    yield { result: run(path), log: path.log };
    given = next(path.log);
  }
}

function next(log: readonly Taken[]): readonly number[] | null {
  let last = log.length - 1;
  while (last >= 0 && log[last]!.answer + 1 >= log[last]!.options) last--;
  if (last < 0) return null;
  return [...log.slice(0, last).map(({ answer }) => answer), log[last]!.answer + 1];
}

export interface Merge<T> {
  /** Adds the unknown conditions that were assumed to hold, since they make no difference. */
  assuming(result: T, reasons: readonly string[]): T;
  same(a: T, b: T): boolean;
  undetermined(reason: string, like: T): T;
}

/** One result for each way that multipath can go; an unknown condition that matters makes it undetermined. */
export function explore<T>(run: (choices: Choices) => T, merge: Merge<T>, limit: number): T[] {
  const found: World<T>[] = [];
  for (const world of worlds(run)) {
    found.push(world);
    if (found.length <= limit) continue;
    return [
      merge.undetermined(`more than ${limit} combinations of conditions that cannot be judged`, found[0]!.result),
    ];
  }
  return fold(found, 0, merge);
}

function fold<T>(found: readonly World<T>[], depth: number, merge: Merge<T>): T[] {
  const choice = found[0]!.log[depth];
  if (choice === undefined) {
    const { result, log } = found[0]!;
    const unknown = log.filter(({ kind }) => kind === "unknown").map(({ reason }) => reason);
    return [unknown.length === 0 ? result : merge.assuming(result, unknown)];
  }
  const branches = Array.from({ length: choice.options }, (_, answer) =>
    fold(
      found.filter(({ log }) => log[depth]!.answer === answer),
      depth + 1,
      merge,
    ),
  );
  const [first, ...others] = branches;
  if (choice.kind === "unknown") {
    if (others.every((other) => equal(first!, other, merge))) return first!;
    return [merge.undetermined(choice.reason, first![0]!)];
  }
  const all: T[] = [];
  for (const one of branches.flat()) if (!all.some((known) => merge.same(known, one))) all.push(one);
  return all;
}

function equal<T>(a: readonly T[], b: readonly T[], { same }: Merge<T>): boolean {
  return a.length === b.length && a.every((one) => b.some((other) => same(one, other)));
}
