/** `netloom verify [LAB or FILE]`: check what must hold in a running lab, with real packets. */

import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { failure } from "../../diagnostic.ts";
import type { Expectation, Verification } from "../../model/index.ts";
import type { Lab } from "../../lab/index.ts";
import { findLab } from "../../sandbox/index.ts";
import { verification } from "../../show/index.ts";
import { checkHost, type HostFlags, hostOption } from "../host.ts";
import { isSource, LAB_OR_FILE_HELP, nameOf, openNamed } from "../lab.ts";
import { document, print, progress, style } from "../output.ts";

export interface VerifyFlags {
  readonly pairs?: boolean;
  readonly timeout?: number;
}

export function define(command: Command): void {
  hostOption(verifyOptions(command))
    .description("Check the `expect` lines of the topology, or without any every pair of nodes, with real packets.")
    .argument("[lab]", LAB_OR_FILE_HELP)
    .action(async (given: string | undefined, flags: HostFlags & VerifyFlags) => {
      checkHost(flags);
      const source = given !== undefined && isSource(given);
      const name = given === undefined ? undefined : nameOf(given, flags);
      if (source && name !== undefined && findLab(name) === null) {
        throw failure("cli.no-lab", `${given} is not up`, {
          hint: `netloom run ${given} brings it up, verifies it and takes it down again`,
        });
      }
      const lab = await openNamed(name, flags);
      const expect =
        source && given !== undefined ? (await import("../source.ts")).load(given).expect : await expectationsOf(lab);
      const result = await check(lab, expect, flags);
      await lab.close();
      conclude(result);
    });
}

export function verifyOptions(command: Command): Command {
  return command
    .option("--pairs", "every pair of nodes, also when the topology has expectations")
    .option("--timeout <seconds>", "how long to wait for an answer", seconds);
}

/** Asks the lab, with a progress line. */
export async function check(lab: Lab, expect: readonly Expectation[], flags: VerifyFlags): Promise<Verification> {
  const line = progress();
  try {
    return await lab.verify(
      {
        expect: flags.pairs === true || expect.length === 0 ? null : expect,
        ...(flags.timeout === undefined ? {} : { timeout: flags.timeout }),
      },
      ({ done, total }) => line.update("verifying", done, total),
    );
  } finally {
    line.clear();
  }
}

/** Prints the result and sets the exit status. */
export function conclude(result: Verification): void {
  print(verification(result, style()));
  document("verification", { verification: result });
  process.exitCode = result.holds ? 0 : 1;
}

async function expectationsOf(lab: Lab): Promise<readonly Expectation[]> {
  return (await lab.describe()).topology?.expect ?? [];
}

/** Milliseconds. */
function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 600))
    throw new InvalidArgumentError("It must be a number of seconds, more than 0, at most 600.");
  return value * 1_000;
}
