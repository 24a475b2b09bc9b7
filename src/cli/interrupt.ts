/** Ctrl-C and its kin while something is half done: put it away first, then end as the signal would have. */

import { constants } from "node:os";

type Ending = "SIGINT" | "SIGTERM" | "SIGHUP";
const ENDINGS: readonly Ending[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Runs `action` once on the first such signal and exits with 128 + its number. Returns how to stop listening. */
export function onInterrupt(action: () => void | Promise<void>, endings: readonly Ending[] = ENDINGS): () => void {
  let caught = false;
  const listeners = endings.map((signal) => {
    const listener = (): void => {
      // A second Ctrl-C changes nothing: giving up half-way through cleaning would leave what it was to remove.
      if (caught) return;
      caught = true;
      void Promise.resolve()
        .then(action)
        .catch(() => {})
        .finally(() => process.exit(128 + constants.signals[signal]));
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
}
