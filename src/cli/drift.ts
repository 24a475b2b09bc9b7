/** `netloom plan FILE --watch`: what the lab's holder reports, as it comes. */

import { failure } from "../diagnostic.ts";
import type { DriftReport } from "../engine/drift.ts";
import type { LabClient } from "../sandbox/index.ts";
import { drift } from "../show/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { interactive, isJson, message, print, style, write } from "./output.ts";

const ENDINGS = ["SIGINT", "SIGTERM"] as const;

/** Until somebody ends it; throws when the lab does. With --json a document a line: there is no end to wait for. */
export async function watchDrift(client: LabClient, topology: ResolvedTopology): Promise<void> {
  const { name } = client;
  const stop = new AbortController();
  for (const signal of ENDINGS) process.on(signal, () => stop.abort());
  let first = true;
  const onEvent = (event: unknown): void => {
    const { changes, resynced } = event as DriftReport;
    const time = new Date();
    const report = { lab: name, time: time.toISOString(), equal: changes.length === 0, changes, resynced };
    if (isJson()) write(1, `${JSON.stringify({ netloom: 1, kind: "drift", ...report })}\n`);
    else print(drift(name, changes, first, time, style()));
    if (first && interactive()) message(style(2).colours.dim("  watching; Ctrl-C ends it\n"));
    first = false;
  };
  try {
    await client.request("watch", { topology }, { onEvent, signal: stop.signal });
  } catch (error) {
    if (stop.signal.aborted) return;
    if (await isOver(client)) throw ended(name);
    throw error;
  } finally {
    await client.close();
  }
  throw ended(name);
}

/** Whether the lab is what ended, or only the request. */
async function isOver(client: LabClient): Promise<boolean> {
  return Promise.race([
    client.closed.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);
}

function ended(name: string) {
  return failure("cli.lab-ended", `lab ${name} has ended: there is nothing left to watch`, {
    hint: "bring it up again with netloom up FILE",
  });
}
