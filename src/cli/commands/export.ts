/** `netloom export [LAB]`: the network as it is now, as a topology file. */

import { writeFileSync } from "node:fs";
import { isatty } from "node:tty";
import type { Command } from "commander";
import { failure } from "../../diagnostic.ts";
import type { Model, ProbeResult } from "../../model/index.ts";
import { printable } from "../../show/index.ts";
import { exportTopology, writeTopology } from "../../export/index.ts";
import type { Exported, ExportOptions } from "../../export/index.ts";
import { findLab } from "../../sandbox/index.ts";
import type { Lab } from "../../lab/index.ts";
import { say } from "../failure.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { partOfLab } from "../host-part.ts";
import { LAB_OR_FILE_HELP, nameOf, openNamed } from "../lab.ts";
import { document, isJson, message, print } from "../output.ts";

const STDOUT = "-";
/** Every pair of these many nodes is probed and written down; more would be a file of nothing else. */
const MOST_PROBED = 12;

export function define(command: Command): void {
  hostOption(command)
    .description(
      "Write the network of a running lab, as it is now, as a topology file that builds it again. Also works on what was typed by " +
        "hand in `netloom sandbox`. What the file cannot express is listed at its end.",
    )
    .argument("[lab]", LAB_OR_FILE_HELP)
    .option("-o, --output <file>", "write to this file; JSON if it ends in .json, else YAML")
    .option("--no-macs", "omit hardware addresses: netloom then assigns its own")
    .option("--no-expect", "omit expectations, which for a network typed by hand have to be probed first")
    .addHelpText(
      "after",
      `
Examples:
  netloom export                         the only lab that is up, as YAML
  netloom export office -o office.yaml
  netloom export -o tutorial.yaml        in the shell of netloom sandbox: what was typed there
  netloom export --no-macs               … as somebody would have written it by hand`,
    )
    .action(
      async (given: string | undefined, options: HostFlags & { output?: string; expect: boolean; macs: boolean }) => {
        checkHost(options);
        const lab = await openNamed(given === undefined ? undefined : nameOf(given, options), options);
        const { model } = await lab.observe({ settings: true });
        // Before anything is probed: the probes listen, too.
        const more = await beyond(lab, model);
        const expect = options.expect ? await expectationsOf(lab, model) : [];
        await lab.close();
        const exported = exportTopology(model, { expect, macs: options.macs, ...more });
        writeExport(exported, lab.name, options.output);
        document("export", { lab: lab.name, ...exported });
      },
    );
}

/** What a model has no field for. Of a lab on the machine itself it is what is the lab's own. */
export async function beyond(lab: Lab, model: Model): Promise<Pick<ExportOptions, "discovery">> {
  const prefix = findLab(lab.name)?.record?.host?.prefix;
  const discovery = await lab.discover({ depth: "all", sockets: prefix === undefined });
  return { discovery: prefix === undefined ? discovery : partOfLab(discovery, prefix, model) };
}

/** Those of the lab's file; without one, the result of probing with real packets, unless everything gets through. */
export async function expectationsOf(lab: Lab, model: Model): Promise<string[]> {
  const { topology } = await lab.describe();
  if (topology !== null && topology.model.namespaces.length > 1) return topology.expect.map(({ text }) => text);
  if (model.namespaces.length > MOST_PROBED) return [];
  const { holds, results } = await lab.verify({ expect: null });
  if (holds) return [];
  const line = ({ source, destination, address, holds }: ProbeResult, by: "name" | "address"): string =>
    `${source} ${holds ? "->" : "-x>"} ${by === "name" ? destination : address} icmp`;
  // A pair that gets through by one IP version alone is two lines.
  const divided = (one: ProbeResult): boolean =>
    results.some(
      (other) => other.source === one.source && other.destination === one.destination && other.holds !== one.holds,
    );
  return [...new Set(results.map((one) => line(one, divided(one) ? "address" : "name")))];
}

/** Writes the file, and reports what is missing in it. */
export function writeExport(exported: Exported, lab: string, output: string = STDOUT): void {
  const { topology, unexpressed } = exported;
  const title = [`The network of lab ${lab}, written by netloom export.`];
  const json = output.endsWith(".json");
  const text = json ? `${JSON.stringify(topology, null, 2)}\n` : writeTopology(exported, title);
  if (output === STDOUT) print(text);
  else {
    try {
      writeFileSync(output, text);
    } catch (error) {
      throw failure("cli.write", `${JSON.stringify(output)} cannot be written`, { cause: (error as Error).message });
    }
    message(`wrote ${printable(output)}\n`);
  }
  const lost = unexpressed.filter(({ weight }) => weight === "lost");
  // On a terminal the list is right above.
  if (isJson() || output !== STDOUT || !isatty(1))
    say(
      lost.map(({ place, why }) => ({
        code: "export.unexpressed",
        severity: "warning",
        summary: `${place} is not in the file`,
        cause: why,
      })),
    );
}
