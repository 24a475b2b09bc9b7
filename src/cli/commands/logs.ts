/** `netloom logs NODE`: the output of a node's processes, with --follow continuously. */

import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { ProcessLine } from "../../holder/protocol.ts";
import { logLine } from "../../show/index.ts";
import { checkNode, placeOf } from "../inside.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { LAB_HELP, openNamed } from "../lab.ts";
import { document, isJson, print, style, write } from "../output.ts";

interface Options {
  readonly lab?: string;
  readonly name?: string;
  readonly tail?: number;
  readonly follow?: boolean;
}

export function define(command: Command): void {
  hostOption(command)
    .description("Show the output of a node's processes: those of `run:`, dnsmasq, the DHCP client.")
    .argument("<node>", "a host or router, or root")
    .option("--lab <lab>", LAB_HELP)
    .option("-n, --name <process>", "only this process")
    .option("--tail <lines>", "only the last lines", count)
    .option("-f, --follow", "keep showing new lines")
    .addHelpText("after", "\nExamples:\n  netloom logs web\n  netloom logs gw --name dnsmasq --follow")
    .action(async (node: string, options: Options & HostFlags) => {
      checkHost(options);
      checkNode(placeOf(options.lab, options), node);
      const lab = await openNamed(options.lab, options);
      const params = {
        node,
        ...(options.name === undefined ? {} : { process: options.name }),
        ...(options.tail === undefined ? {} : { tail: options.tail }),
      };
      if (options.follow === true) {
        // Ends with the lab, or when the reader has had enough.
        await lab.followLogs(params, show);
      } else {
        const lines = await lab.logs(params);
        const look = style();
        print(lines.map((line) => logLine(line, look)).join(""));
        document("logs", { lab: lab.name, node, lines });
      }
      await lab.close();
    });
}

/** With --json one document per line, since there is no end to wait for. */
function show(line: ProcessLine): void {
  if (isJson()) write(1, `${JSON.stringify({ netloom: 1, kind: "log", ...line })}\n`);
  else print(logLine(line, style()));
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 1_000_000)
    throw new InvalidArgumentError("It must be a whole number of lines.");
  return value;
}
