// A lab on the machine without the process that would hold it: what a HostLab needs to know.

import { mkdirSync } from "node:fs";
import { HeldDirectory, hostContext } from "../../src/kernel/index.ts";
import type { Model } from "../../src/model/index.ts";
import type { HeldHost, HeldLab } from "../../src/sandbox/hold.ts";
import { labFiles } from "../../src/sandbox/name.ts";
import type { ResolvedTopology } from "../../src/topology/index.ts";

export const LAB = "t";

export function heldLab(folder: string): HeldLab & { host: HeldHost } {
  const files = labFiles(folder, LAB);
  mkdirSync(files.folder, { recursive: true });
  const record = { kept: true } as ReturnType<HeldLab["record"]>;
  const host: HeldHost = { prefix: `${LAB}-`, files, forget: () => {} };
  const context = hostContext(LAB, host.prefix);
  const held = HeldDirectory.open(files.folder);
  const lab = { name: LAB, context, record: () => record, host, folder: held, onShutdown: () => 0 };
  return lab as unknown as HeldLab & { host: HeldHost };
}

export function asTopology(model: Model): ResolvedTopology {
  return { model, expect: [], file: null, warnings: [] };
}
