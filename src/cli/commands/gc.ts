/** `netloom gc`: removes what dead labs left behind. What is alive or repairable is not touched. */

import type { Command } from "commander";
import { MARK } from "../../kernel/marks.ts";
import { markedLabs } from "../../host/marks.ts";
import { type LabEntry, listLabs } from "../../sandbox/index.ts";
import { enumerate } from "../../show/index.ts";
import { document, message } from "../output.ts";
import { takeAway } from "./down.ts";

export function define(command: Command): void {
  command
    .description(
      "Remove what dead labs left behind: files of labs that were killed, and on this machine itself (as root) namespaces, " +
        `links and rules marked ${MARK}LAB whose lab has no holder.`,
    )
    .option("--unwatched", "also remove complete networks on this machine whose holder has ended")
    .option("--dry-run", "only list what would be removed")
    .action(async (options: { dryRun?: boolean; unwatched?: boolean }) => {
      const dead = leftovers(options.unwatched === true);
      if (options.dryRun !== true) for (const name of dead) await takeAway(name, process.geteuid?.() === 0);
      if (dead.length === 0) message("no dead lab has left anything\n");
      else
        message(`${options.dryRun === true ? "left of dead labs" : "removed what was left of"}: ${enumerate(dead)}\n`);
      const spared = listLabs().filter(({ state }) => state === "unwatched");
      for (const { name } of options.dryRun === true || options.unwatched !== true ? spared : []) {
        if (!dead.includes(name))
          message(`${name} is unwatched but complete, so it stays; netloom down ${name} removes it\n`);
      }
      document("gc", { labs: dead, removed: options.dryRun !== true });
    });
}

/** `broken`: a sandbox that is just dying, or a lab on the machine with an unfinished change. */
function leftovers(unwatched: boolean): string[] {
  const labs = listLabs();
  const names = new Set(labs.map(({ name }) => name));
  const marked = process.geteuid?.() === 0 ? markedLabs().filter((name) => !names.has(name)) : [];
  const isDead = ({ state }: LabEntry): boolean =>
    state === "stale" || state === "broken" || (unwatched && state === "unwatched");
  return [...labs.filter(isDead).map(({ name }) => name), ...marked];
}
