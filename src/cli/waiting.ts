/** On the machine itself a change waits for a proof that the machine can still be reached. */

import type { WaitingEvent } from "../holder/protocol.ts";
import { duration, type Progress } from "../show/index.ts";
import { message } from "./output.ts";

/** Says what the user has to do. */
export function tellWaiting(event: WaitingEvent, name: string, line: Progress): void {
  line.clear();
  if (event.for === "confirmation")
    message(
      `${name} is set up. If this machine can still be reached, run \`netloom confirm ${name}\` within ` +
        `${duration(event.milliseconds)}; otherwise everything is undone\n`,
    );
}
