/** The usual commands one after the other in one process, on a lab that nobody else sees. See scripts/build.mjs. */

import { connect } from "../sandbox/index.ts";
import { run } from "./program.ts";

export async function warm(file: string): Promise<void> {
  try {
    await run(["up", file], "");
    await run(["verify"], "");
    await run(["inspect"], "");
    await run(["ls"], "");
    const client = await connect("warm");
    // Asked to go rather than killed: it has a cache to leave, too.
    await client.request("shutdown");
    await client.closed;
  } finally {
    // Also of sources that are being worked on, and fail half-way.
    await run(["down", "warm"], "");
  }
}
