/** Which lab a command means, and the way to ask it things. */

import { existsSync } from "node:fs";
import path from "node:path";
import { failure } from "../diagnostic.ts";
import type { NetloomError } from "../diagnostic.ts";
import { isOrphan, type Lab, openLab, type OpenOptions } from "../lab/index.ts";
import { findLab, insideLab, labNameProblem } from "../sandbox/index.ts";
import type { LabEntry } from "../sandbox/index.ts";
import { suggestion } from "../topology/suggest.ts";
import { say } from "./failure.ts";
import { checkPlace, knownLabs, type LabScope } from "./host.ts";
import { message } from "./output.ts";
import { guessName, isShape } from "./start.ts";

export const LAB_HELP = "name of a running lab; may be left out when only one is up";
export const LAB_OR_FILE_HELP =
  "name of a running lab, or the file or shape it was made from; may be left out when only one is up";

/** Labs that are alive. */
export function liveLabs(scope: LabScope): LabEntry[] {
  return knownLabs(scope).filter((lab) => lab.state === "up" || lab.state === "building" || isOrphan(lab));
}

/** The name of the lab that is meant: the given one, the one we are in, or the only one there is. */
export function chooseLab(given: string | undefined, scope: LabScope): string {
  if (given !== undefined) return given;
  const inside = insideLab();
  if (inside !== null) return inside.name;
  const names = liveLabs(scope).map(({ name }) => name);
  if (names.length === 0) {
    throw failure("cli.no-lab", "no lab is up", {
      hint: "bring one up with netloom up FILE, or try netloom run star:5",
    });
  }
  return onlyLab(names);
}

/** The only lab; with several, the user has to choose. */
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
export function nameOf(argument: string, scope: LabScope): string {
  const guess = isSource(argument) || /\.(ya?ml|json)$/i.test(argument) ? guessName(argument) : argument;
  const known = [argument, guess].find((name) => labNameProblem(name) === null && findLab(name) !== null);
  if (known !== undefined) return known;
  // Under another name: by --name, or by a `name` that the guess has missed.
  const origin = isShape(argument) ? argument : path.resolve(argument);
  const made = liveLabs(scope).filter(({ record }) => record?.kept === true && record.file === origin);
  if (made.length > 0) return onlyLab(made.map(({ name }) => name));
  return guess;
}

/** Does the argument mean a file or shape rather than the name of a lab that runs? */
export function isSource(argument: string): boolean {
  if (labNameProblem(argument) === null && findLab(argument) !== null) return false;
  return isShape(argument) || argument === "-" || argument.includes("/") || existsSync(argument);
}

/** Connects to the lab's holder; the error for a wrong name lists the right ones. */
export async function openNamed(given: string | undefined, scope: LabScope): Promise<Lab> {
  const name = chooseLab(given, scope);
  checkPlace(name, scope);
  const lab = await openLab(name, recovery(name));
  if (lab === null) throw noSuchLab(name, scope);
  return lab;
}

/** The message when a lab on the machine itself gets a new holder. */
export function recovery(name: string): OpenOptions {
  return {
    onRecovery: () => message(`${name} was being changed when its holder ended: reverting the change\n`),
    onWarnings: say,
  };
}

/** The error for a lab that does not run, with what does. */
export function noSuchLab(name: string, scope: LabScope): NetloomError {
  const names = liveLabs(scope).map((lab) => lab.name);
  const running = names.length === 0 ? "no lab is up; see netloom up --help" : `running: ${names.join(", ")}`;
  return failure("cli.no-lab", `no lab named ${JSON.stringify(name)} is up`, {
    hint: suggestion(name, names) ?? running,
  });
}
