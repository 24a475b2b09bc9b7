/** How far a change is, for whoever waits for it. */

/** How long to work, in milliseconds, before the event loop gets to send the progress. */
const YIELD_AFTER = 40;

export interface ApplyProgress {
  readonly stage: "namespaces" | "links" | "addresses";
  readonly done: number;
  readonly total: number;
}

export class Progress {
  readonly #report: (progress: ApplyProgress) => void;
  #yielded = performance.now();

  constructor(report: (progress: ApplyProgress) => void) {
    this.#report = report;
  }

  async say(stage: ApplyProgress["stage"], done: number, total: number, always = false): Promise<void> {
    if (!always && performance.now() - this.#yielded < YIELD_AFTER) return;
    this.#report({ stage, done, total });
    await new Promise((resolve) => setImmediate(resolve));
    this.#yielded = performance.now();
  }
}
