/**
 * The uplink of a held lab, seen from the holder: whoever asked for the lab is asked to start the program, which has to be
 * started outside (sandbox/uplink-program.ts), and the tap's carrier says whether it is there.
 */

import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { failure, NetloomError } from "../diagnostic.ts";
import { NetlinkSocket } from "../kernel/index.ts";
import { type Model, ROOT, type Uplink, uplinkOf } from "../model/index.ts";
import { type RequestContext, UPLINK_VARIABLE } from "../sandbox/index.ts";
import { IFF_LOWER_UP } from "../netlink/constants.ts";
import type { ChangeEvent, UplinkEvent, UplinkOutcome } from "./protocol.ts";

const LOOK_AGAIN = 5;
/** How long it may take to start; milliseconds. */
const PATIENCE = 15_000;
/** From SIGTERM to SIGKILL. */
const GRACE = 1_000;

export class LabUplink {
  /** Who starts the program when it is needed. */
  asker: RequestContext<ChangeEvent> | null = null;
  #current: Uplink | null = null;
  #tell: ((outcome: UplinkOutcome) => void) | null = null;

  /** How its start went, from whoever was asked. */
  tell(outcome: UplinkOutcome): void {
    this.#tell?.(outcome);
  }

  /** As long as its program holds the tap. */
  running(node: string): Uplink[] {
    return node === ROOT && this.#current !== null && hasCarrier(this.#current.link) ? [this.#current] : [];
  }

  /** Ends it unless a model to come has it as it is. */
  async retain(model: Model): Promise<void> {
    if (this.#current === null || isDeepStrictEqual([uplinkOf(model)], this.running(ROOT))) return;
    const { link } = this.#current;
    this.#current = null;
    for (const [signal, patience] of [
      ["SIGTERM", GRACE],
      ["SIGKILL", GRACE],
    ] as const) {
      const processes = carriers(link);
      for (const pid of processes) kill(pid, signal);
      await until(() => carriers(link).length === 0, patience);
    }
  }

  /** Has it started if it does not run; resolves when it carries packets. */
  async start(model: Model): Promise<void> {
    const settings = uplinkOf(model);
    if (settings === null || this.running(ROOT).length > 0) return;
    if (this.asker === null) throw silent("no client is there to start its program");
    const { event, signal } = this.asker;
    const told: UplinkOutcome[] = [];
    this.#tell = (outcome) => told.push(outcome);
    const problems = (): UplinkOutcome["problems"] =>
      told.find((outcome) => outcome.problems !== null)?.problems ?? null;
    event({ kind: "uplink", settings } satisfies UplinkEvent);
    const works = (): boolean => told.length > 0 && hasCarrier(settings.link);
    const settled = await until(() => signal.aborted || problems() !== null || works(), PATIENCE);
    this.#tell = null;
    const failed = problems();
    if (failed !== null) throw new NetloomError(failed);
    if (signal.aborted) throw silent("the client that was to start its program disconnected");
    if (!settled) throw silent("its program does not open the tap");
    this.#current = settings;
  }
}

function silent(cause: string): NetloomError {
  return failure("uplink.failed", "the uplink does not work", { subject: "root.uplink", cause });
}

/** A program has opened it. */
function hasCarrier(name: string): boolean {
  using socket = NetlinkSocket.open();
  return socket
    .dump({ kind: "link", command: "get" })
    .some((link) => link.kind === "link" && link.name === name && ((link.flags ?? 0) & IFF_LOWER_UP) !== 0);
}

/** Its program and what that has started: no children of ours, so they are known by their environment. */
function carriers(link: string): number[] {
  const mark = `${UPLINK_VARIABLE}=${link}\0`;
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 1 && `\0${environment(pid)}`.includes(`\0${mark}`));
}

function environment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return ""; // it has ended
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

/** Looks again and again. */
async function until(condition: () => boolean, patience: number): Promise<boolean> {
  for (const begun = performance.now(); !condition(); await delay(LOOK_AGAIN)) {
    if (performance.now() - begun > patience) return false;
  }
  return true;
}
