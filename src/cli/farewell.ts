/** Before a lab is taken away: its programs are told to end, and may tidy up. */

import { connect } from "../sandbox/index.ts";
import type { LabClient } from "../sandbox/index.ts";

/** Milliseconds. Who takes longer, or does not answer, is ended without a word. */
const PATIENCE = 3_000;

/** Of a lab that may be in any state; never fails. */
export async function farewell(name: string): Promise<void> {
  let client: LabClient | null = null;
  try {
    client = await connect(name);
    await dismiss(client);
  } catch {
    // Nobody is there to tell anything.
  } finally {
    await client?.close().catch(() => {});
  }
}

/** Over a connection that there is already. */
export async function dismiss(client: LabClient): Promise<void> {
  await client.request("stop", {}, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => {});
}
