/** `netloom up FILE`: make the running network equal to the file. A second time there is nothing to do, and it says so. */

import type { Command } from "commander";
import { failure } from "../../diagnostic.ts";
import type { Change } from "../../plan/index.ts";
import type { LabRecord } from "../../sandbox/index.ts";
import { changes, counts, duration, plural } from "../../show/index.ts";
import type { ResolvedTopology } from "../../topology/index.ts";
import { openLab } from "../lab.ts";
import { document, interactive, message, style } from "../output.ts";
import { startLab } from "../start.ts";
import type { BuiltLab } from "../start.ts";

export function define(command: Command): void {
  command
    .description("Make a running network equal to the file. It stays up until `netloom down`.")
    .argument("<file>", "topology file, a shape such as star:5, or - for standard input")
    .option("--name <name>", "name of the lab (default: the topology's name)")
    .addHelpText("after", "\nExamples:\n  netloom up office.yaml\n  netloom up star:5 --name playground")
    .action(async (file: string, options: { name?: string }) => {
      const begun = performance.now();
      const started = await startLab(file, { name: options.name });
      if (started.status === "running") await compare(started.topology, started.record);
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

async function compare(topology: ResolvedTopology, record: LabRecord): Promise<void> {
  const client = await openLab(record.name);
  const plan = await client.request<{ changes: readonly Change[] }>("plan", { topology });
  await client.close();
  if (plan.changes.length === 0) {
    message(`${record.name} is already up, nothing to change\n`);
    document("up", { lab: record.name, changed: false, file: record.file, warnings: topology.warnings });
    return;
  }
  message(changes(plan.changes, style(2)));
  throw failure(
    "cli.lab-differs",
    `${record.name} is up already, and differs in ${plural(plan.changes.length, "place")}`,
    {
      state: "nothing was changed",
      hint: `take it away first: netloom down ${record.name}`,
    },
  );
}
