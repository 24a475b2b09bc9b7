/** The end of a lab on the machine, by its marks alone: no file, holder or record is needed; what there is helps. */

import type { Diagnostic } from "../diagnostic.ts";
import {
  Batch,
  deleteNamespaceAt,
  KernelError,
  markedNamespaces,
  markOf,
  NetlinkError,
  NETNS_DIRECTORY,
  NetlinkSocket,
  OpenNamespace,
} from "../kernel/index.ts";
import { applyTables } from "../apply/netfilter/index.ts";
import { hostTableName } from "../model/index.ts";
import type { LabFiles } from "../sandbox/index.ts";
import { claim } from "./claim.ts";
import { machineLinks } from "./marks.ts";
import { giveBack } from "./nics/index.ts";
import { killLeftovers } from "./processes.ts";
import { readJournal } from "./state.ts";
import { putBackSysctls } from "./sysctls.ts";

export interface Removal {
  readonly namespaces: number;
  readonly links: number;
  /** Of interfaces that are the machine's own again, but not as they were. */
  readonly warnings: readonly Diagnostic[];
}

/** Also ends what runs there. Continues to the end even if something fails, then throws the first failure. */
export function removeMarked(lab: string, files: LabFiles, prefix: string): Removal {
  const failures: unknown[] = [];
  const step = <T>(fallback: T, action: () => T): T => {
    try {
      return action();
    } catch (error) {
      failures.push(error);
      return fallback;
    }
  };
  const journal = readJournal(files);
  if (journal !== null) step(undefined, () => claim(journal, prefix));
  const names = [...markedNamespaces()].flatMap(([name, mark]) => (mark === markOf(lab) ? [name] : []));
  step(undefined, () => killLeftovers(lab, new Set(names.flatMap(identity))));
  // Before the bridge goes that has their addresses: if it fails, that stays.
  const warnings = giveBack(lab, files);
  const links = step(0, () => removeLinks(lab));
  for (const name of names) step(undefined, () => deleteNamespaceAt(`${NETNS_DIRECTORY}/${name}`, name));
  step(undefined, () => removeTable(lab));
  step(undefined, () => putBackSysctls(files, null));
  if (failures.length > 0) throw failures[0];
  return { namespaces: names.length, links, warnings };
}

/** As /proc/PID/ns/net has it. */
function identity(name: string): string[] {
  try {
    using namespace = OpenNamespace.open(`${NETNS_DIRECTORY}/${name}`);
    return [`net:[${namespace.inode}]`];
  } catch {
    return [];
  }
}

/** All at once, by their own link group: one by one, each costs the kernel tens of milliseconds of waiting. */
function removeLinks(lab: string): number {
  using socket = NetlinkSocket.open({ name: "root" });
  const there = machineLinks(socket);
  const own = there.filter((link) => link.lab === lab);
  if (own.length === 0) return 0;
  const used = new Set(there.map(({ message }) => message.group ?? 0));
  let group = 0x6e6c;
  while (used.has(group)) group++;
  const batch = new Batch();
  for (const { index, name } of own)
    batch.add({ kind: "link", command: "new", index, group }, 0, `put ${name} with the links that go`);
  batch.add({ kind: "link", command: "delete", group }, 0, `delete the links of ${lab}`);
  const [failure] = socket.transact(batch);
  if (failure !== undefined) throw new NetlinkError(failure, { namespace: "root" });
  return own.length;
}

function removeTable(lab: string): void {
  using root = OpenNamespace.open();
  const before = { family: "inet", name: hostTableName(lab), sets: [], chains: [] } as const;
  const change = {
    kind: "table",
    action: "delete",
    namespace: "root",
    id: before.name,
    reason: "",
    before,
    after: null,
  };
  try {
    applyTables({ fd: root.fd, name: "root" }, [change as Parameters<typeof applyTables>[1][number]]);
  } catch (error) {
    // Without nf_tables there cannot be any.
    if (!(error instanceof KernelError) || error.errnoName !== "EPROTONOSUPPORT") throw error;
  }
}
