/** The uplink of a lab that is being made or changed: its program is started out here, when the holder asks for it. */

import { NetloomError } from "../diagnostic.ts";
import { type Model, uplinkOf } from "../model/index.ts";
import { findUplinkProgram, runtimeDirectory, startUplink } from "../sandbox/index.ts";
import type { LabClient, LabRecord, StartedUplink } from "../sandbox/index.ts";
import type { UplinkEvent, UplinkOutcome } from "../holder/uplink-request.ts";

/** Throws if there is no program for the model's uplink: before anything is built. */
export function checkUplink(model: Model): void {
  const uplink = uplinkOf(model);
  if (uplink !== null) findUplinkProgram(uplink);
}

export class UplinkStarter {
  #started: StartedUplink | null = null;

  /** To be given every event of a request; false if it is none for us. */
  handle(event: { readonly kind: string }, client: LabClient, record: LabRecord): boolean {
    if (event.kind !== "uplink") return false;
    void this.#start(event as UplinkEvent, client, record);
    return true;
  }

  async #start({ settings }: UplinkEvent, client: LabClient, record: LabRecord): Promise<void> {
    const tell = (outcome: UplinkOutcome): Promise<void> =>
      client.request("uplink", outcome).then(
        () => {},
        () => {},
      );
    try {
      const program = findUplinkProgram(settings);
      this.#started = startUplink(program, settings, record, runtimeDirectory());
      this.#started.ended.catch((error: unknown) => void tell({ problems: problemsOf(error) }));
      await this.#started.ready;
      await tell({ problems: null });
    } catch (error) {
      await tell({ problems: problemsOf(error) });
    }
  }

  /** When the request is over: leaves the program to the lab, which ends it with itself. */
  release(): void {
    this.#started?.release();
  }
}

function problemsOf(error: unknown): UplinkOutcome["problems"] {
  if (error instanceof NetloomError) return error.diagnostics;
  return [
    { code: "uplink.failed", severity: "error", summary: "the uplink does not work", cause: (error as Error).message },
  ];
}
