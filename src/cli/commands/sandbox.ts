/** `netloom sandbox [-- CMD…]`: an empty private machine, in which the tutorials' commands work as they do for root. */

import type { Command } from "commander";
import { ROOT } from "../../model/types.ts";
import { startMachine } from "../../lab/index.ts";
import { runInside } from "../inside.ts";
import { onInterrupt } from "../interrupt.ts";
import { openShell } from "../shell.ts";
import { privateSuffix } from "../start.ts";

export function define(command: Command): void {
  command
    .description(
      "An empty private machine: root in its own namespaces, no privileges needed outside.\n" +
        "`ip netns`, `ip link`, `brctl`, `iptables`, `sysctl` work as they do for root. Removed at exit.",
    )
    .usage("[-- CMD...]")
    .argument("[cmd...]", "command to run (default: an interactive shell)")
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nExamples:\n  netloom sandbox\n  netloom sandbox -- sh -c 'ip netns add a && ip netns exec a ip link'",
    )
    .action(async (words: string[]) => {
      const name = `sandbox${privateSuffix()}`;
      let machine: ReturnType<typeof startMachine> | null = null;
      // Before the first process: from then on there is something to take away.
      const ignore = onInterrupt(() => machine?.end());
      machine = startMachine(name);
      try {
        const { record } = await machine.ready;
        ignore();
        const place = { name, record };
        const cmd = words[0] === "--" ? words.slice(1) : words;
        process.exitCode = cmd.length === 0 ? await openShell(place, ROOT) : await runInside(place, ROOT, cmd);
      } finally {
        ignore();
        await machine.end();
      }
    });
}
