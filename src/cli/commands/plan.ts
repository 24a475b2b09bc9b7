/** `netloom plan FILE`: what `up` would change, and why. Changes nothing. */

import type { Command } from "commander";
import { failure } from "../../diagnostic.ts";
import type { Change } from "../../plan/index.ts";
import { plan, planServices } from "../../plan/index.ts";
import { findLab } from "../../sandbox/index.ts";
import { changes, planSummary } from "../../show/index.ts";
import { checkNics, isOrphan, placeFor } from "../../lab/index.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { openNamed } from "../lab.ts";
import { watchDrift } from "../drift.ts";
import { document, print, style } from "../output.ts";
import { FILE_HELP, load } from "../source.ts";

/** With --exit-code: there is something to change. */
const DIFFERS = 3;

export function define(command: Command): void {
  hostOption(command)
    .description("Show what `netloom up` would change, and why. Changes nothing.")
    .argument("<file>", FILE_HELP)
    .option("--name <name>", "name of the lab (default: the topology's name)")
    .option("--watch", "keep running and show drift as it happens, until Ctrl-C")
    .option("--exit-code", `exit with status ${DIFFERS} if there are changes`)
    .addHelpText(
      "after",
      "\nExamples:\n  netloom plan office.yaml\n  netloom plan office.yaml --exit-code --json\n  netloom plan office.yaml --watch",
    )
    .action(async (file: string, options: HostFlags & { name?: string; exitCode?: boolean; watch?: boolean }) => {
      checkHost(options);
      if (options.watch === true && options.exitCode === true)
        throw failure("usage.watch", "--watch does not end by itself: leave out --exit-code", {}, 2);
      const topology = load(file, options.name === undefined ? {} : { name: options.name });
      const { name } = topology.model;
      placeFor(name, options);
      checkNics(topology.model, options.host === true);
      const entry = findLab(name);
      const running = entry !== null && (entry.state === "up" || isOrphan(entry));
      if (options.watch === true) return watchDrift(await openNamed(name, options), topology);
      let list: readonly Change[];
      if (running) {
        const lab = await openNamed(name, options);
        list = await lab.plan(topology);
        await lab.close();
      } else {
        const nothing = { name, namespaces: [] };
        list = [...plan(topology.model, nothing), ...planServices(topology.model, nothing)];
      }
      const look = style(1);
      print(`${changes(list, look)}${planSummary(name, list, running, look)}`);
      document("plan", { lab: name, running, changes: list, warnings: topology.warnings });
      if (options.exitCode === true && list.length > 0) process.exitCode = DIFFERS;
    });
}
