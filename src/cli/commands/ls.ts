/** `netloom ls`: the labs of this user. */

import type { Command } from "commander";
import { connect, listLabs } from "../../sandbox/index.ts";
import type { LabEntry } from "../../sandbox/index.ts";
import { labs } from "../../show/index.ts";
import type { LabSummary } from "../../show/index.ts";
import type { Description } from "../lab.ts";
import { document, print, style } from "../output.ts";

/** A holder that does not answer within this must not keep the list waiting; milliseconds. */
const PATIENCE = 1_000;

export function define(command: Command): void {
  command.description("List the labs of this user.").action(async () => {
    const list = await Promise.all(listLabs().map(summary));
    print(labs(list, style()));
    document("labs", { labs: list });
  });
}

async function summary({ name, state, record }: LabEntry): Promise<LabSummary> {
  const known = {
    name,
    state,
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
    const client = await connect(name);
    const description = await client.request<Description>("describe", {}, { signal: AbortSignal.timeout(PATIENCE) });
    await client.close();
    return description.topology === null ? 0 : description.topology.model.namespaces.length - 1;
  } catch {
    return null;
  }
}
