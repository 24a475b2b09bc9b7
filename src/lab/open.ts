/** From a lab's name to a connection. A lab on the machine itself whose holder has ended gets a new one. */

import { type Diagnostic, failure } from "../diagnostic.ts";
import type { LabProtocol } from "../holder/protocol.ts";
import {
  connect,
  findLab,
  INSIDE,
  insideLab,
  isStopped,
  type LabEntry,
  labNameProblem,
  launch,
} from "../sandbox/index.ts";
import { Lab } from "./lab.ts";

export interface OpenOptions {
  /** A change that the holder before did not come to the end of is about to be undone. */
  readonly onRecovery?: () => void;
  readonly onWarnings?: (warnings: readonly Diagnostic[]) => void;
}

/** Its network exists, but has no holder. */
export function isOrphan({ state, record }: LabEntry): boolean {
  return record?.host !== undefined && (state === "unwatched" || state === "broken");
}

/** Null when there is no lab of that name. */
export async function openLab(name: string, options: OpenOptions = {}): Promise<Lab | null> {
  const entry = labNameProblem(name) === null ? findLab(name) : null;
  if (entry === null) {
    // Inside a lab its record is not to be seen, but its holder can be asked.
    return insideLab()?.name === name ? new Lab(await connect<LabProtocol>(name, INSIDE), null) : null;
  }
  if (isOrphan(entry)) return adopt(entry, options);
  const { record } = entry;
  // It would take the question, and never answer.
  if (record !== null && isStopped(record.holder)) throw stopped(name, record.holder.pid);
  return new Lab(await connect<LabProtocol>(name), record);
}

/** If the holder of a lab of this name has ended, starts a new one. */
export async function ensureHolder(name: string, options: OpenOptions = {}): Promise<void> {
  const entry = findLab(name);
  if (entry !== null && isOrphan(entry)) await (await adopt(entry, options))?.close();
}

/** Null when nothing is left of it once the change that was not finished is undone. */
async function adopt({ name, record, state }: LabEntry, options: OpenOptions): Promise<Lab | null> {
  if (state === "broken") options.onRecovery?.();
  const launched = launch<LabProtocol>({ name, file: record?.file ?? null, host: record?.host ?? null });
  const result = await launched.ready;
  // Somebody else was faster.
  if (result.status === "running") return new Lab(await connect<LabProtocol>(name), result.record);
  const lab = new Lab(result.client, result.record);
  try {
    const { there, warnings } = await lab.adopt();
    options.onWarnings?.(warnings);
    if (there) {
      await lab.keep();
      return lab;
    }
  } catch (error) {
    await launched.abort();
    throw error;
  }
  await launched.abort();
  return null;
}

function stopped(name: string, pid: number) {
  return failure("cli.lab-stopped", `lab ${name} does not answer`, {
    cause: `its process ${pid} is stopped`,
    hint: `run \`kill -CONT ${pid}\` to resume it, or \`netloom down ${name}\``,
  });
}
