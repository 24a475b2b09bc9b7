/** `netloom confirm [LAB]`: the machine can still be reached after `up --host --confirm` has changed its way out. */

import type { Command } from "commander";
import { failure } from "../../diagnostic.ts";
import { connect, findLab, labNameProblem } from "../../sandbox/index.ts";
import { chooseLab, LAB_HELP, noSuchLab } from "../lab.ts";
import { document, message } from "../output.ts";

export function define(command: Command): void {
  command
    .description(
      "Say that this machine can still be reached, to a `netloom up --host --confirm TIME` that waits to hear it. Without " +
        "that everything is put back when the time is over. Best said from a session that was begun after the change.",
    )
    .argument("[lab]", LAB_HELP)
    .action(async (given: string | undefined) => {
      const name = chooseLab(given);
      const entry = labNameProblem(name) === null ? findLab(name) : null;
      // Whose holder has ended, nobody waits.
      if (entry === null) throw noSuchLab(name);
      if (entry.state !== "up" && entry.state !== "building") throw nobodyWaits(name);
      const client = await connect(name);
      const { confirmed } = await client.request<{ confirmed: boolean }>("confirm");
      await client.close();
      if (!confirmed) throw nobodyWaits(name);
      message(`${name} is confirmed: it stays\n`);
      document("confirm", { lab: name });
    });
}

function nobodyWaits(name: string) {
  return failure("host.nothing-to-confirm", `lab ${name} does not wait for a confirmation`, {
    cause: "it was given, or its time is over and everything was put back",
    hint: `see \`netloom ls\`; to try again, run \`netloom up --host --confirm 60s FILE\``,
  });
}
