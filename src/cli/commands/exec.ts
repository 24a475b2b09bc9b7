/** `netloom exec NODE CMD…`: run a command in a node; its streams, signals and exit status are ours. */

import type { Command } from "commander";
import { failure } from "../../diagnostic.ts";
import { LAB_HELP } from "../lab.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { checkNode, enterable, runInside } from "../inside.ts";

export function define(command: Command): void {
  hostOption(command)
    .description("Run a command in a node of a running lab. Its streams, signals and exit status are passed through.")
    .usage("[--lab LAB] NODE [--] CMD...")
    .argument("<node>", "a host or router, or root for the lab's own root namespace")
    .argument("[cmd...]", "the command and its arguments")
    .option("--lab <lab>", LAB_HELP)
    // What follows NODE is the command's own, options too.
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nExamples:\n  netloom exec a ping -c1 b\n  netloom exec --lab office gw -- ip -brief address",
    )
    .action(async (node: string, words: string[], options: HostFlags & { lab?: string }) => {
      checkHost(options);
      const cmd = words[0] === "--" ? words.slice(1) : words;
      if (cmd.length === 0) {
        throw failure(
          "usage.missing-command",
          "no command was given",
          { hint: `netloom exec ${node} CMD, or netloom shell ${node}` },
          2,
        );
      }
      const place = await enterable(options.lab, options);
      checkNode(place, node);
      process.exitCode = await runInside(place, node, cmd);
    });
}
