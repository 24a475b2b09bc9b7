/** What a holder had just made when it was killed, before it could mark it: the journal names it, and it is marked now. */

import { existsSync, statSync, unlinkSync } from "node:fs";
import { bytesToMac, type Model, ROOT } from "../model/index.ts";
import { Batch, KernelError, markOf, NetlinkSocket, NETNS_DIRECTORY, OpenNamespace } from "../kernel/index.ts";
import { machineLinks } from "./marks.ts";
import type { Journal } from "./state.ts";

/** Only what the journal has as new, under its name and with its MAC address, which is computed from the lab's name. */
export function claim({ before, after }: Journal, prefix: string): void {
  removeEmptyNames(after, prefix);
  const fresh = newLinks(before, after);
  if (fresh.size === 0) return;
  using socket = NetlinkSocket.open();
  const batch = new Batch();
  for (const { index, name, lab, message } of machineLinks(socket)) {
    const mac = message.address?.length === 6 ? bytesToMac(message.address) : null;
    if (lab !== null || message.alias !== undefined || mac === null || fresh.get(name) !== mac) continue;
    batch.add({ kind: "link", command: "new", index, alias: markOf(after.name) }, 0, `mark ${name}`);
  }
  if (batch.length > 0) socket.transact(batch);
}

function newLinks(before: Model, after: Model): Map<string, string> {
  const [old, now] = [before, after].map(
    (model) =>
      model.namespaces
        .find(({ name }) => name === ROOT)
        ?.links.filter(({ kind }) => kind !== "loopback" && kind !== "nic") ?? [],
  );
  const known = new Set(old!.map(({ name }) => name));
  return new Map(now!.flatMap(({ name, mac }) => (known.has(name) || mac === null ? [] : [[name, mac] as const])));
}

/** A file under /run/netns over which nothing has been mounted yet. */
function removeEmptyNames({ namespaces }: Model, prefix: string): void {
  for (const { name } of namespaces) {
    const path = `${NETNS_DIRECTORY}/${prefix}${name}`;
    if (name === ROOT || !existsSync(path) || isNamespace(path)) continue;
    if (statSync(path).size === 0) unlinkSync(path);
  }
}

function isNamespace(path: string): boolean {
  try {
    OpenNamespace.open(path)[Symbol.dispose]();
    return true;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}
