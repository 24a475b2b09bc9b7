/** Ctrl-C and its kin while something is half done: put it away first, then end as the signal would have. */

import { constants } from "node:os";

type Ending = "SIGINT" | "SIGTERM" | "SIGHUP";
const ENDINGS: readonly Ending[] = ["SIGINT", "SIGTERM", "SIGHUP"];

type Action = () => void | Promise<void>;

interface Watch {
  readonly action: Action;
  readonly endings: readonly Ending[];
}

/** The innermost action comes last and knows how to clean up everything unfinished. */
const watches: Watch[] = [];
let caught = false;

/**
 * From now on the first such signal runs `action`, and then ends this process with 128 + its number. Of several the one
 * that was given last is run. Returns how to stop listening.
 */
export function onInterrupt(action: Action, endings: readonly Ending[] = ENDINGS): () => void {
  const watch: Watch = { action, endings };
  watches.push(watch);
  for (const signal of endings) if (listening(signal) === 1) process.on(signal, LISTENERS[signal]);
  return () => {
    const place = watches.indexOf(watch);
    if (place < 0) return;
    watches.splice(place, 1);
    for (const signal of endings) if (listening(signal) === 0) process.off(signal, LISTENERS[signal]);
  };
}

const listening = (signal: Ending): number => watches.filter(({ endings }) => endings.includes(signal)).length;

function end(signal: Ending): void {
  // A second Ctrl-C changes nothing: giving up half-way through cleaning would leave what it was to remove.
  if (caught) return;
  caught = true;
  void Promise.resolve()
    .then(watches.filter(({ endings }) => endings.includes(signal)).at(-1)?.action)
    .catch(() => {})
    .finally(() => process.exit(128 + constants.signals[signal]));
}

const LISTENERS = {
  SIGINT: () => end("SIGINT"),
  SIGTERM: () => end("SIGTERM"),
  SIGHUP: () => end("SIGHUP"),
};
