/** `netloom down [LAB or FILE]`: take a lab away. It is no error when it is gone already. */

import type { Command } from "commander";
import { destroyLab, findLab, isStopped, labNameProblem, listLabs } from "../../sandbox/index.ts";
import { enumerate, printable } from "../../show/index.ts";
import { chooseLab, LAB_OR_FILE_HELP, liveLabs, nameOf } from "../lab.ts";
import { farewell } from "../farewell.ts";
import { document, message } from "../output.ts";

export function define(command: Command): void {
  command
    .description("Take a lab away: its namespaces, links and processes. Succeeds when it is already gone.")
    .argument("[lab]", LAB_OR_FILE_HELP)
    .option("--all", "every lab of this user")
    .action(async (given: string | undefined, options: { all?: boolean }) => {
      const names = options.all === true ? listLabs().map(({ name }) => name) : wanted(given);
      const results = await Promise.all(names.map(takeAway));
      const removed = results.filter(({ existed }) => existed).map(({ name }) => name);
      const absent = results.filter(({ existed }) => !existed).map(({ name }) => name);
      if (removed.length > 0) message(`${enumerate(removed, 10)} ${removed.length === 1 ? "is" : "are"} down\n`);
      else if (absent.length > 0) message(`${enumerate(absent.map(printable))} was not up\n`);
      else message(given === undefined ? "no lab is up\n" : `${printable(given)} was not up\n`);
      document("down", { removed, absent });
    });
}

async function takeAway(name: string): Promise<{ name: string; existed: boolean }> {
  const lab = findLab(name);
  if (lab?.state === "up" && lab.record !== null && !isStopped(lab.record.holder)) await farewell(name);
  return { name, existed: await destroyLab(name) };
}

function wanted(given: string | undefined): string[] {
  if (given === undefined) {
    // What labs that were killed, or are just dying, leave behind goes along: nobody knows the names of a killed `run`.
    const dead = (state: string): boolean => state === "stale" || state === "broken";
    const stale = listLabs().flatMap(({ name, state }) => (dead(state) ? [name] : []));
    return liveLabs().length === 0 ? stale : [chooseLab(undefined), ...stale];
  }
  const name = nameOf(given);
  // A file whose name cannot be a lab's was never up.
  return labNameProblem(name) === null ? [name] : [];
}
