/** `netloom run FILE [-- CMD…]`: a lab of one's own for one command, or for a proof; gone afterwards, come what may. */

import type { Command } from "commander";
import { counts, duration } from "../../show/index.ts";
import { failure } from "../../diagnostic.ts";
import { ROOT } from "../../model/types.ts";
import { onInterrupt } from "../interrupt.ts";
import { message } from "../output.ts";
import { checkHost, type HostFlags, hostOptions } from "../host.ts";
import { runInside } from "../inside.ts";
import { privateSuffix, startFile } from "../start.ts";
import type { BuiltLab, StartOptions } from "../start.ts";
import { check, conclude, verifyOptions } from "./verify.ts";
import type { VerifyFlags } from "./verify.ts";

export function define(command: Command): void {
  hostOptions(verifyOptions(command))
    .description(
      "Bring up a private lab, run a command in its root namespace, take it down. Without a command: verify.",
    )
    .usage("[options] FILE [-- CMD...]")
    .argument("<file>", "topology file, a shape such as star:5, or - for standard input")
    .argument("[cmd...]", "command to run in the lab's root namespace")
    .option("--name <name>", "name of the lab (default: the topology's name and a number)")
    .addHelpText(
      "after",
      "\nExamples:\n  netloom run star:5\n  netloom run office.yaml -- ip netns exec a ping -c1 b\n  netloom run office.yaml -- npm test",
    )
    .action(async (file: string, words: string[], flags: HostFlags & VerifyFlags & { name?: string }) => {
      checkHost(flags);
      const { host, prefix } = flags;
      const where = { ...(host === undefined ? {} : { host }), ...(prefix === undefined ? {} : { prefix }) };
      const start = performance.now();
      let begun: BuiltLab | null = null;
      // Throughout, so that no interrupt is missed between the start of the lab and its verification.
      const ignore = onInterrupt(() => begun?.end());
      const built = await ownLab(
        file,
        flags.name === undefined ? { ...where, suffix: privateSuffix() } : { ...where, name: flags.name },
      );
      begun = built;
      const { lab, record, title, topology } = built;
      await lab.announce();
      const took = performance.now() - start;
      if (words.length > 0) {
        // From here on signals are the command's.
        ignore();
        process.exitCode = await withEnd(built, () => runInside({ name: lab.name, record }, ROOT, words));
        return;
      }
      message(`${title} is up: ${counts(topology.model)} in ${duration(took)}\n`);
      const result = await withEnd(built, () => check(lab, topology.expect, flags));
      ignore();
      conclude({ ...result, lab: title });
    });
}

async function ownLab(file: string, options: StartOptions): Promise<BuiltLab> {
  const started = await startFile(file, options);
  if (started.status === "built") return started;
  throw failure("cli.lab-taken", `a lab named ${started.record.name} is already up`, {
    hint: "run makes its own lab: choose another --name",
  });
}

async function withEnd<T>(built: BuiltLab, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await built.lab.stop();
    await built.end();
  }
}
