/** `netloom confirm [LAB]`: the machine can still be reached after `up --host --confirm` has changed its way out. */

import type { Command } from "commander";
import { failure } from "../../diagnostic.ts";
import { openLab } from "../../lab/index.ts";
import { findLab, labNameProblem } from "../../sandbox/index.ts";
import { chooseLab, LAB_HELP, noSuchLab } from "../lab.ts";
import { document, message } from "../output.ts";

export function define(command: Command): void {
  command
    .description(
      "Confirm to a waiting `netloom up --host --confirm TIME` that this machine can still be reached. Otherwise " +
        "everything is undone when the time runs out. Best run from a session opened after the change.",
    )
    .argument("[lab]", LAB_HELP)
    .action(async (given: string | undefined) => {
      const name = chooseLab(given, {});
      const entry = labNameProblem(name) === null ? findLab(name) : null;
      // If the holder has ended, nothing is waiting.
      if (entry === null) throw noSuchLab(name, {});
      if (entry.state !== "up" && entry.state !== "building") throw nobodyWaits(name);
      const lab = await openLab(name);
      const confirmed = await lab?.confirm();
      await lab?.close();
      if (confirmed !== true) throw nobodyWaits(name);
      message(`${name} is confirmed: it stays\n`);
      document("confirm", { lab: name });
    });
}

function nobodyWaits(name: string) {
  return failure("host.nothing-to-confirm", `lab ${name} is not waiting for confirmation`, {
    cause: "it was already confirmed, or the time ran out and everything was undone",
    hint: `see \`netloom ls\`; to try again, run \`netloom up --host --confirm 60s FILE\``,
  });
}
