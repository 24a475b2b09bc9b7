/** How a service's process enters its node: the holder of the lab decides. */

import type { ChildProcess, SpawnOptions } from "node:child_process";

export type SpawnInNode = (
  node: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
) => ChildProcess;
