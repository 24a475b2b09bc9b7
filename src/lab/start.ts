/**
 * From a topology to a lab with its network in it. The private machine starts while the topology is being loaded, since
 * neither needs the other; only the lab's name has to be guessed for that.
 */

import type { BuildResult, LabProtocol } from "../holder/protocol.ts";
import { labNameProblem, launch, type LabRecord, type Launch } from "../sandbox/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { checkMeans } from "./check.ts";
import { type ChangeOptions, Lab } from "./lab.ts";
import { placeFor, type PlaceOptions } from "./place.ts";

export interface StartOptions extends PlaceOptions, Pick<ChangeOptions, "onProgress" | "onWaiting"> {
  readonly load: () => ResolvedTopology | Promise<ResolvedTopology>;
  /** The name that the topology most likely has. */
  readonly guess: string;
  /** Put behind the name, so that two labs of one topology do not meet. */
  readonly suffix?: string;
  /** For the record: absolute path of the file, or a shape. */
  readonly file: string | null;
  readonly confirm?: number | null;
  /** Called once if another process is building or ending a lab of this name, with its pid if known. */
  readonly onBusy?: (name: string, pid: number | null) => void;
}

export interface StartedLab {
  readonly status: "built";
  readonly lab: Lab;
  /** The name without the suffix, for people. */
  readonly title: string;
  readonly record: LabRecord;
  readonly topology: ResolvedTopology;
  readonly build: BuildResult;
}

/** A lab of that name is up already. */
export interface RunningLab {
  readonly status: "running";
  readonly record: LabRecord;
  readonly topology: ResolvedTopology;
}

export interface Starting<T> {
  readonly ready: Promise<T>;
  /** Removes the lab, whatever state it is in. `ready` rejects if it has not settled. */
  readonly end: () => Promise<void>;
}

/** Returns at once, with the processes starting. */
export function startLab(options: StartOptions): Starting<StartedLab | RunningLab> {
  const { suffix = "", confirm = null } = options;
  let launched: Launch<LabProtocol> | null = null;
  const launchAs = (name: string): Launch<LabProtocol> =>
    (launched = launch<LabProtocol>({
      name,
      file: options.file,
      host: placeFor(name, options),
      onWaiting: (pid) => options.onBusy?.(name, pid),
    }));
  const end = async (): Promise<void> => launched?.abort();
  const start = async (): Promise<StartedLab | RunningLab> => {
    const guess = `${options.guess}${suffix}`;
    if (labNameProblem(guess) === null) launchAs(guess);
    const loaded = await options.load();
    const title = loaded.model.name;
    const name = `${title}${suffix}`;
    const topology = name === title ? loaded : { ...loaded, model: { ...loaded.model, name } };
    checkMeans(topology.model, options.host === true);
    if (name !== guess) await end();
    const { ready } = name === guess && launched !== null ? launched : launchAs(name);
    const result = await ready;
    if (result.status === "running") {
      // It may have come up meanwhile.
      placeFor(name, options);
      return { ...result, topology };
    }
    const { client, record } = result;
    const lab = new Lab(client, record);
    const build = await lab.build({ topology, confirm }, options);
    return { status: "built", lab, title, record, topology, build };
  };
  const ready = start().catch(async (error: unknown) => {
    await end();
    throw error;
  });
  ready.catch(() => {}); // whoever awaits it later still sees the error
  return { ready, end };
}

/** An empty private machine as it is after booting: its loopback is up, and nothing else is there. */
export function startMachine(name: string): Starting<Pick<StartedLab, "lab" | "record">> {
  const launched = launch<LabProtocol>({ name });
  const start = async (): Promise<Pick<StartedLab, "lab" | "record">> => {
    // Loaded while the machine is being started.
    const { resolveTopology } = await import("../topology/index.ts");
    const topology = resolveTopology({}, { name });
    const result = await launched.ready;
    if (result.status === "running") throw new Error(`${name} is in use`);
    const lab = new Lab(result.client, result.record);
    await lab.build({ topology });
    await lab.announce();
    return { lab, record: result.record };
  };
  const ready = start();
  ready.catch(() => {});
  return { ready, end: launched.abort };
}
