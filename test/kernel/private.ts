// What every kernel test needs: the certainty that this is a private machine, which no other test file shares.

import { spawnSync } from "node:child_process";
import { ownMachine } from "../support/machine.ts";

/** Refuses to go on unless run inside a user namespace; then goes into namespaces of the test file's own. Files run at once. */
export const privateMachine = ownMachine;

/** Runs iproute2's `ip`, the independent witness; its output. */
export function ip(...args: string[]): string {
  const result = spawnSync("ip", args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`ip ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

export const hasIp = spawnSync("ip", ["-V"]).status === 0;
