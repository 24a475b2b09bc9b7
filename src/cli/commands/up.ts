/** `netloom up FILE`: make the running network equal to the file. A second time there is nothing to do, and it says so. */

import type { Command } from "commander";
import type { Diagnostic } from "../../diagnostic.ts";
import type { Change } from "../../plan/index.ts";
import { changes, counts, duration, plural } from "../../show/index.ts";
import type { LabRecord } from "../../sandbox/index.ts";
import type { ResolvedTopology } from "../../topology/index.ts";
import { openLab } from "../lab.ts";
import { say } from "../failure.ts";
import { checkHost, confirmTime, type HostFlags, hostOptions } from "../host.ts";
import { onInterrupt } from "../interrupt.ts";
import { checkNics, tellWaiting } from "../nics.ts";
import { document, interactive, message, progress, style } from "../output.ts";
import { originOf, startLab } from "../start.ts";
import type { BuildEvent, BuiltLab } from "../start.ts";
import { checkUplink, UplinkStarter } from "../uplink-launch.ts";

/** What the holder's `change` answers. */
interface ChangeReport {
  readonly changes: readonly Change[];
  readonly milliseconds: number;
  readonly warnings: readonly Diagnostic[];
}

export function define(command: Command): void {
  hostOptions(command)
    .description("Make a running network equal to the file. It stays up until `netloom down`.")
    .argument("<file>", "topology file, a shape such as star:5, or - for standard input")
    .option("--name <name>", "name of the lab (default: the topology's name)")
    .addHelpText("after", "\nExamples:\n  netloom up office.yaml\n  netloom up star:5 --name playground")
    .action(async (file: string, options: HostFlags & { name?: string }) => {
      checkHost(options);
      const begun = performance.now();
      const started = await startLab(file, options);
      if (started.status === "running")
        await change(started.topology, started.record, originOf(file), confirmTime(options), begun);
      else await keep(started.lab, begun);
    });
}

async function keep(lab: BuiltLab, begun: number): Promise<void> {
  await lab.client.request("keep", { state: "up" });
  // From here on the lab outlives us.
  const took = performance.now() - begun;
  const { model } = lab.topology;
  message(`${lab.name} is up: ${counts(model)} in ${duration(took)}\n`);
  if (interactive()) message(hints(lab.topology));
  document("up", {
    lab: lab.name,
    changed: true,
    file: lab.record.file,
    build: lab.build,
    milliseconds: took,
    warnings: lab.topology.warnings,
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
  topology: ResolvedTopology,
  record: LabRecord,
  file: string | null,
  confirm: number | null,
  begun: number,
): Promise<void> {
  const { name } = record;
  checkUplink(topology.model);
  checkNics(topology.model, record.host !== undefined);
  const uplink = new UplinkStarter();
  const client = await openLab(name);
  const line = progress();
  const ignore = onInterrupt(async () => {
    line.clear();
    // The holder goes back to what was before we hang up.
    await client.close();
  });
  const report = await client
    .request<ChangeReport>(
      "change",
      { topology, file, confirm },
      {
        onEvent: (event) => {
          if (uplink.handle(event as BuildEvent, client, record) || tellWaiting(event as BuildEvent, name, line))
            return;
          const { stage, done, total } = event as BuildEvent;
          line.update(`changing ${name}: ${stage}`, done, total);
        },
      },
    )
    .finally(() => (line.clear(), uplink.release(), ignore()));
  await client.close();
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
    warnings: topology.warnings,
  });
}
