/** How a service's process enters its node: the one place to change for another kind of isolation. */

import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { ROOT } from "../model/index.ts";
import { namespacePath, OpenNamespace, spawnIn } from "../kernel/index.ts";

export type SpawnInNode = (
  node: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
) => ChildProcess;

/** In the node's network namespace, with the mounts of this process. */
export const spawnInNetwork: SpawnInNode = (node, command, args, options) => {
  if (node === ROOT) return spawn(command, args, options);
  using namespace = OpenNamespace.open(namespacePath(node));
  return spawnIn(namespace.fd, command, args, options);
};
