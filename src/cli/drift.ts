/** `netloom plan FILE --watch`: what the lab's holder reports, as it comes. */

import { failure } from "../diagnostic.ts";
import type { LabProtocol } from "../holder/protocol.ts";
import type { Lab } from "../lab/index.ts";
import { drift } from "../show/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { interactive, isJson, message, print, style, write } from "./output.ts";

const ENDINGS = ["SIGINT", "SIGTERM"] as const;

/** Runs until interrupted; throws when the lab ends. With --json one document per line, since there is no end to wait for. */
export async function watchDrift(lab: Lab, topology: ResolvedTopology): Promise<void> {
  const { name } = lab;
  const stop = new AbortController();
  for (const signal of ENDINGS) process.on(signal, () => stop.abort());
  let first = true;
  const onEvent = ({ changes, resynced }: LabProtocol["watch"]["event"]): void => {
    const time = new Date();
    const report = { lab: name, time: time.toISOString(), equal: changes.length === 0, changes, resynced };
    if (isJson()) write(1, `${JSON.stringify({ netloom: 1, kind: "drift", ...report })}\n`);
    else print(drift(name, changes, first, time, style()));
    if (first && interactive()) message(style(2).colours.dim("  watching; Ctrl-C ends it\n"));
    first = false;
  };
  try {
    await lab.watch(topology, onEvent, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return;
    if (await isOver(lab)) throw ended(name);
    throw error;
  } finally {
    await lab.close();
  }
  throw ended(name);
}

/** Whether the lab is what ended, or only the request. */
async function isOver(lab: Lab): Promise<boolean> {
  return Promise.race([lab.closed.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

function ended(name: string) {
  return failure("cli.lab-ended", `lab ${name} has ended: there is nothing left to watch`, {
    hint: "bring it up again with netloom up FILE",
  });
}
