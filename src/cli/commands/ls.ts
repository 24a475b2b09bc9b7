/** `netloom ls`: the labs of this user. */

import type { Command } from "commander";
import { markedLabs } from "../../host/marks.ts";
import { openLab } from "../../lab/index.ts";
import { listLabs } from "../../sandbox/index.ts";
import type { LabEntry } from "../../sandbox/index.ts";
import { labs } from "../../show/index.ts";
import type { LabSummary } from "../../show/index.ts";
import { document, print, style } from "../output.ts";

/** A holder that does not answer within this must not keep the list waiting; milliseconds. */
const PATIENCE = 1_000;

export function define(command: Command): void {
  command.description("List the labs of this user.").action(async () => {
    const known = listLabs();
    const list = [...(await Promise.all(known.map(summary))), ...remains(known)];
    print(labs(list, style()));
    document("labs", { labs: list });
  });
}

/** Labs of which there is nothing but what they have left on the machine itself. */
function remains(known: readonly LabEntry[]): LabSummary[] {
  if (process.geteuid?.() !== 0) return [];
  const names = new Set(known.map(({ name }) => name));
  const lost = { state: "broken", host: true, pid: null, startedAt: null, age: null, file: null, nodes: null };
  return markedLabs().flatMap((name) => (names.has(name) ? [] : [{ name, ...lost }]));
}

async function summary({ name, state, record }: LabEntry): Promise<LabSummary> {
  const known = {
    name,
    state,
    host: record?.host !== undefined,
    pid: record?.holder.pid ?? null,
    startedAt: record?.startedAt ?? null,
    age: record === null ? null : Date.now() - Date.parse(record.startedAt),
    file: record?.file ?? null,
    nodes: null,
  };
  return state === "up" ? { ...known, nodes: await nodeCount(name) } : known;
}

async function nodeCount(name: string): Promise<number | null> {
  try {
    const lab = await openLab(name);
    if (lab === null) return null;
    try {
      const { topology } = await lab.describe({ signal: AbortSignal.timeout(PATIENCE) });
      return topology === null ? 0 : topology.model.namespaces.length - 1;
    } finally {
      await lab.close();
    }
  } catch {
    return null;
  }
}
