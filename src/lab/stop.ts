/** Before a lab is taken away: its programs end in their own way, and may tidy up. */

import type { LabProtocol } from "../holder/protocol.ts";
import { connect } from "../sandbox/index.ts";
import { Lab } from "./lab.ts";

/** For a lab in any state, of any version; never fails. */
export async function stopPrograms(name: string): Promise<void> {
  const client = await connect<LabProtocol>(name).catch(() => null);
  // Nobody is there to end anything.
  if (client === null) return;
  const lab = new Lab(client, null);
  await lab.stop();
  await lab.close();
}
