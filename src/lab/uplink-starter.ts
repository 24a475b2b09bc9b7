/** The uplink of a lab that is being made or changed: its program is started outside the lab, when the holder asks for it. */

import { NetloomError } from "../diagnostic.ts";
import type { LabProtocol, UplinkOutcome } from "../holder/protocol.ts";
import type { Uplink } from "../model/index.ts";
import { findUplinkProgram, runtimeDirectory, startUplink } from "../sandbox/index.ts";
import type { LabClient, LabRecord, StartedUplink } from "../sandbox/index.ts";

export class UplinkStarter {
  readonly #client: LabClient<LabProtocol>;
  readonly #record: LabRecord;
  #started: StartedUplink | null = null;

  constructor(client: LabClient<LabProtocol>, record: LabRecord) {
    this.#client = client;
    this.#record = record;
  }

  /** Starts the program; the holder learns how that went. */
  async start(settings: Uplink): Promise<void> {
    try {
      const program = findUplinkProgram(settings);
      this.#started = startUplink(program, settings, this.#record, runtimeDirectory());
      this.#started.ended.catch((error: unknown) => void this.#answer({ problems: problemsOf(error) }));
      await this.#started.ready;
      await this.#answer({ problems: null });
    } catch (error) {
      await this.#answer({ problems: problemsOf(error) });
    }
  }

  /** When the request is over: leaves the program to the lab, which ends it with itself. */
  release(): void {
    this.#started?.release();
  }

  async #answer(outcome: UplinkOutcome): Promise<void> {
    // A holder that has gone in the meantime ends the request that waits for it.
    await this.#client.request("uplink", outcome).catch(() => {});
  }
}

function problemsOf(error: unknown): UplinkOutcome["problems"] {
  if (error instanceof NetloomError) return error.diagnostics;
  return [
    { code: "uplink.failed", severity: "error", summary: "the uplink does not work", cause: (error as Error).message },
  ];
}
