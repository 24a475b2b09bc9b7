/** `netloom shell [NODE]`: an interactive shell in a node. */

import type { Command } from "commander";
import { ROOT } from "../../model/types.ts";
import { LAB_HELP } from "../lab.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { checkNode, enterable } from "../inside.ts";
import { openShell } from "../shell.ts";

export function define(command: Command): void {
  hostOption(command)
    .description("Open your shell ($SHELL) in a node of a running lab; its prompt says where you are.")
    .argument("[node]", "a host or router (default: the lab's own root namespace)", ROOT)
    .option("--lab <lab>", LAB_HELP)
    .addHelpText(
      "after",
      "\nExamples:\n  netloom shell a\n  netloom shell            the machine itself: ip netns list shows the nodes",
    )
    .action(async (node: string, options: HostFlags & { lab?: string }) => {
      checkHost(options);
      const place = await enterable(options.lab, options);
      checkNode(place, node);
      process.exitCode = await openShell(place, node);
    });
}
