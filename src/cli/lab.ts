/** Which lab a command means, and the way to ask it things. */

import { existsSync } from "node:fs";
import path from "node:path";
import { failure } from "../diagnostic.ts";
import type { NetloomError } from "../diagnostic.ts";
import { connect, findLab, INSIDE, insideLab, isStopped, labNameProblem } from "../sandbox/index.ts";
import type { LabClient, LabEntry } from "../sandbox/index.ts";
import { suggestion } from "../topology/suggest.ts";
import type { ResolvedTopology } from "../topology/index.ts";
import { checkPlace, knownLabs } from "./host.ts";
import { isOrphan, revive } from "./revive.ts";
import { guessName, isShape } from "./start.ts";

export const LAB_HELP = "name of a running lab; may be left out when only one is up";
export const LAB_OR_FILE_HELP =
  "name of a running lab, or the file or shape it was made from; may be left out when only one is up";

/** What the holder's `describe` answers. */
export interface Description {
  readonly name: string;
  readonly file: string | null;
  readonly topology: ResolvedTopology | null;
  readonly pid: number;
  readonly startedAt: string;
}

/** Labs that are alive. */
export function liveLabs(): LabEntry[] {
  return knownLabs().filter((lab) => lab.state === "up" || lab.state === "building" || isOrphan(lab));
}

/** The name of the lab that is meant: the given one, the one we are in, or the only one there is. */
export function chooseLab(given: string | undefined): string {
  if (given !== undefined) return given;
  const inside = insideLab();
  if (inside !== null) return inside.name;
  const names = liveLabs().map(({ name }) => name);
  if (names.length === 0) {
    throw failure("cli.no-lab", "no lab is up", {
      hint: "bring one up with netloom up FILE, or try netloom run star:5",
    });
  }
  return onlyLab(names);
}

/** The one there is; which of several, the user has to say. */
export function onlyLab(names: readonly string[]): string {
  if (names.length === 1 && names[0] !== undefined) return names[0];
  throw failure(
    "cli.which-lab",
    `${names.length} labs are up: say which`,
    { cause: `running: ${names.join(", ")}` },
    2,
  );
}

/** A LAB-or-FILE argument as a lab's name: one that runs, or the one that was made from the file, or the likeliest. */
export function nameOf(argument: string): string {
  const guess = isSource(argument) || /\.(ya?ml|json)$/i.test(argument) ? guessName(argument) : argument;
  const known = [argument, guess].find((name) => labNameProblem(name) === null && findLab(name) !== null);
  if (known !== undefined) return known;
  // Under another name: by --name, or by a `name` that the guess has missed.
  const origin = isShape(argument) ? argument : path.resolve(argument);
  const made = liveLabs().filter(({ record }) => record?.kept === true && record.file === origin);
  if (made.length > 0) return onlyLab(made.map(({ name }) => name));
  return guess;
}

/** Does the argument mean a file or shape rather than the name of a lab that runs? */
export function isSource(argument: string): boolean {
  if (labNameProblem(argument) === null && findLab(argument) !== null) return false;
  return isShape(argument) || argument === "-" || argument.includes("/") || existsSync(argument);
}

/** Connects to the lab's holder; the error for a wrong name lists the right ones. */
export async function openLab(given: string | undefined): Promise<LabClient> {
  const name = chooseLab(given);
  checkPlace(name);
  const entry = labNameProblem(name) === null ? findLab(name) : null;
  if (entry !== null && isOrphan(entry)) {
    const client = await revive(entry);
    if (client !== null) return client;
    throw noSuchLab(name);
  }
  if (entry !== null) {
    const holder = entry.record?.holder;
    // It would take the question, and never answer.
    if (holder !== undefined && isStopped(holder)) throw stopped(name, holder.pid);
    return connect(name);
  }
  // In a lab its record is not to be seen, but its holder can be asked.
  if (insideLab()?.name === name) return connect(name, INSIDE);
  throw noSuchLab(name);
}

function stopped(name: string, pid: number): NetloomError {
  return failure("cli.lab-stopped", `lab ${name} does not answer`, {
    cause: `its process ${pid} is stopped`,
    hint: `run \`kill -CONT ${pid}\` to resume it, or \`netloom down ${name}\``,
  });
}

/** The error for a lab that does not run, with what does. */
export function noSuchLab(name: string): NetloomError {
  const names = liveLabs().map((lab) => lab.name);
  const running = names.length === 0 ? "no lab is up; see netloom up --help" : `running: ${names.join(", ")}`;
  return failure("cli.no-lab", `no lab named ${JSON.stringify(name)} is up`, {
    hint: suggestion(name, names) ?? running,
  });
}
