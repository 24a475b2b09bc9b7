/** Interfaces of the machine are there for labs on the machine itself, and for no others. */

import { failure } from "../diagnostic.ts";
import { type Model, nicsOf } from "../model/index.ts";
import { duration, type Progress } from "../show/index.ts";
import { message } from "./output.ts";

/** Throws when a lab in a machine of its own is to have one: before anything is built. */
export function checkNics(model: Model, host: boolean): void {
  const [first] = nicsOf(model);
  if (host || first === undefined) return;
  const what = first.bridge === null ? `move into ${first.namespace}` : `become a port of ${first.bridge}`;
  throw failure(
    "host.nic",
    `interface ${first.device} of this machine is to ${what}, which only a lab with --host can do`,
    {
      cause: "a private lab only has the interfaces that are made for it",
      state: "nothing was changed",
      hint: "add --host (as root); or use a host or switch of the lab in its place to try the file",
    },
    2,
  );
}

interface WaitingEvent {
  readonly kind: string;
  readonly for?: "confirmation" | "gateway";
  readonly milliseconds?: number;
}

/** To be given every event of a change; true if it says what is waited for. */
export function tellWaiting(event: WaitingEvent, name: string, line: Progress): boolean {
  if (event.kind !== "waiting") return false;
  line.clear();
  if (event.for === "confirmation")
    message(
      `${name} is set up. If this machine can still be reached, run \`netloom confirm ${name}\` within ` +
        `${duration(event.milliseconds ?? 0)}; otherwise everything is undone\n`,
    );
  return true;
}
