/** `netloom up FILE`: make the running network equal to the file. A second run finds nothing to change. */

import type { Command } from "commander";
import { changes, counts, duration, plural } from "../../show/index.ts";
import { type ChangeOptions, checkMeans, type RunningLab } from "../../lab/index.ts";
import type { ResolvedTopology } from "../../topology/index.ts";
import { openNamed } from "../lab.ts";
import { say } from "../failure.ts";
import { checkHost, confirmTime, type HostFlags, hostOptions } from "../host.ts";
import { onInterrupt } from "../interrupt.ts";
import { document, interactive, message, progress, style } from "../output.ts";
import { originOf, startFile } from "../start.ts";
import type { BuiltLab } from "../start.ts";
import { tellWaiting } from "../waiting.ts";

export function define(command: Command): void {
  hostOptions(command)
    .description("Make a running network equal to the file. It stays up until `netloom down`.")
    .argument("<file>", "topology file, a shape such as star:5, or - for standard input")
    .option("--name <name>", "name of the lab (default: the topology's name)")
    .addHelpText("after", "\nExamples:\n  netloom up office.yaml\n  netloom up star:5 --name playground")
    .action(async (file: string, options: HostFlags & { name?: string }) => {
      checkHost(options);
      const begun = performance.now();
      const started = await startFile(file, options);
      if (started.status === "running") await change(started, originOf(file), options, begun);
      else await keep(started, begun);
    });
}

async function keep({ lab, record, topology, build }: BuiltLab, begun: number): Promise<void> {
  await lab.keep();
  // From here on the lab outlives us.
  const took = performance.now() - begun;
  const { model } = topology;
  message(`${lab.name} is up: ${counts(model)} in ${duration(took)}\n`);
  if (interactive()) message(hints(topology));
  document("up", {
    lab: lab.name,
    changed: true,
    file: record.file,
    build,
    milliseconds: took,
    warnings: [...topology.warnings, ...build.warnings],
  });
}

function hints({ model }: ResolvedTopology): string {
  const { dim } = style(2).colours;
  const node = model.namespaces.find(({ name }) => name !== "root")?.name ?? "root";
  return dim(
    `  netloom verify            who reaches whom, with real packets\n` +
      `  netloom shell ${node.padEnd(12)}look around\n` +
      `  netloom down ${model.name.padEnd(13)}take it away\n`,
  );
}

/** The lab runs: what differs is changed, and nothing else is touched. */
async function change(
  { topology, record }: RunningLab,
  file: string | null,
  flags: HostFlags,
  begun: number,
): Promise<void> {
  const { name } = record;
  checkMeans(topology.model, record.host !== undefined);
  const lab = await openNamed(name, flags);
  const line = progress();
  const ignore = onInterrupt(async () => {
    line.clear();
    // The holder goes back to what was before we hang up.
    await lab.close();
  });
  const options: ChangeOptions = {
    onProgress: ({ stage, done, total }) => line.update(`changing ${name}: ${stage}`, done, total),
    onWaiting: (what) => tellWaiting(what, name, line),
  };
  const report = await lab
    .change({ topology, file, confirm: confirmTime(flags) }, options)
    .finally(() => (line.clear(), ignore()));
  await lab.close();
  say(report.warnings);
  const took = performance.now() - begun;
  if (report.changes.length === 0) message(`${name} is already up, nothing to change\n`);
  else {
    message(changes(report.changes, style(2)));
    message(`${name} is up: ${plural(report.changes.length, "change")} in ${duration(took)}\n`);
  }
  document("up", {
    lab: name,
    changed: report.changes.length > 0,
    file,
    changes: report.changes,
    milliseconds: took,
    warnings: [...topology.warnings, ...report.warnings],
  });
}
