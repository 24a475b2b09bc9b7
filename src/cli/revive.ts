/** A lab on the machine itself whose holder has ended: a new one takes over what is there. */

import { connect, findLab, type LabClient, type LabEntry, launch } from "../sandbox/index.ts";
import { message } from "./output.ts";

export function isOrphan({ state, record }: LabEntry): boolean {
  return record?.host !== undefined && (state === "unwatched" || state === "broken");
}

/** A change that the old holder did not come to the end of is undone. Null when nothing is left of the lab then. */
export async function revive({ name, record, state }: LabEntry): Promise<LabClient | null> {
  if (state === "broken") message(`${name} was being changed when its holder ended: reverting the change\n`);
  const launched = launch({ name, file: record?.file ?? null, host: record?.host ?? null });
  const result = await launched.ready;
  if (result.status === "running") return connect(name);
  const { client } = result;
  try {
    const { there } = await client.request<{ there: boolean }>("adopt");
    if (there) {
      await client.request("keep", { state: "up" });
      return client;
    }
  } catch (error) {
    await launched.abort();
    throw error;
  }
  await launched.abort();
  return null;
}

/** Makes sure that a lab of this name, if it is one whose holder has ended, has one again. */
export async function watched(name: string): Promise<void> {
  const entry = findLab(name);
  if (entry === null || !isOrphan(entry)) return;
  await (await revive(entry))?.close();
}
