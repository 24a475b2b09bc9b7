// A lab on the machine without the process that would hold it: what a HostLab needs to know.

import type { Model } from "../../src/model/index.ts";
import type { HeldHost, HeldLab } from "../../src/sandbox/hold.ts";
import { labFiles } from "../../src/sandbox/name.ts";
import type { ResolvedTopology } from "../../src/topology/index.ts";

export const LAB = "t";

export function heldLab(folder: string): HeldLab & { host: HeldHost } {
  const files = labFiles(folder, LAB);
  const record = { kept: true } as ReturnType<HeldLab["record"]>;
  const host: HeldHost = { prefix: `${LAB}-`, files, forget: () => {} };
  return { name: LAB, record: () => record, host, folder: files.folder, onShutdown: () => 0 } as unknown as HeldLab & {
    host: HeldHost;
  };
}

export function asTopology(model: Model): ResolvedTopology {
  return { model, expect: [], file: null, warnings: [] };
}
