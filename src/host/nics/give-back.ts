/** Interfaces that a lab has borrowed go back to the machine, from wherever they are, with all that they had. */

import type { Diagnostic } from "../../diagnostic.ts";
import type { NicUse } from "../../model/index.ts";
import { ERRNO, NETNS_DIRECTORY, NetlinkSocket, OpenNamespace } from "../../kernel/index.ts";
import type { LabFiles } from "../../sandbox/index.ts";
import { machineLinks } from "../marks.ts";
import { readState } from "../state.ts";
import { findNics, type FoundNic } from "./find.ts";
import { outOfBridge, outOfNode, settle } from "./moves.ts";
import { type NicRecord } from "../state.ts";
import { readRecords, withLock, writeRecords } from "./records.ts";
import { unpack } from "./state.ts";
import { Transfer } from "./transfer.ts";

/** Which ones: by the machine's name, and what is written down of it; null when that is lost. */
export type Choice = (device: string, record: NicRecord | null) => boolean;

/** Also those known only by their mark. Continues to the end even if something fails. */
export function giveBack(lab: string, files: LabFiles, chosen: Choice = () => true): Diagnostic[] {
  return withLock(files, () => {
    const records = readRecords(files);
    const going = records.filter((record) => chosen(record.use.device, record));
    const known = new Set(records.map(({ use }) => use.device));
    const found = marked(lab, files);
    const tasks = [
      ...going.map((record) => ({ record, nic: found.find(({ device }) => device === record.use.device) })),
      ...found.filter(({ device }) => !known.has(device) && chosen(device, null)).map((nic) => ({ record: null, nic })),
    ];
    const problems: Diagnostic[] = [];
    const failures: unknown[] = [];
    for (const { record, nic } of tasks) {
      try {
        // Without a mark nothing was done to it, or it no longer exists.
        if (nic !== undefined) problems.push(...restore(nic, record));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    if (going.length > 0)
      writeRecords(
        files,
        records.filter((record) => !going.includes(record)),
      );
    return problems;
  });
}

/**
 * Looking everywhere costs a question to each of perhaps a thousand namespaces: only if something is written down, or all of
 * that is lost.
 */
export function marked(lab: string, files: LabFiles): FoundNic[] {
  const written = readRecords(files).length > 0 || readState(files) === null;
  return written ? findNics(lab) : findNics().filter((each) => each.lab === lab);
}

function restore(nic: FoundNic, record: NicRecord | null): Diagnostic[] {
  using root = NetlinkSocket.open({ name: "root" });
  const state = record === null ? null : unpack(record.state);
  const wasPort = record === null ? nic.bridge !== null : record.use.bridge !== null;
  if (nic.namespace === null && wasPort) {
    outOfBridge(root, { index: nic.index, name: nic.device }, bridgeOf(nic, record?.use ?? null, root), state);
    return [];
  }
  const index = nic.namespace === null ? nic.index : bringHome(nic, nic.namespace, root);
  const name = rename(root, index, nic.device);
  settle(root, { index, name }, state);
  return [
    ...(name === nic.device
      ? []
      : [warning(`${nic.device} is back on the machine as ${name}`, "its name now belongs to another interface")]),
    ...(state !== null
      ? []
      : [
          warning(
            `${nic.device} is back on the machine without its addresses and routes`,
            "the records of them are lost",
          ),
        ]),
  ];
}

/** The one that it is a port of, or was to be: also that has taken over its addresses by then. */
function bridgeOf({ bridge }: FoundNic, use: NicUse | null, root: NetlinkSocket): FoundNic["bridge"] {
  if (bridge !== null) return bridge;
  const link = machineLinks(root).find(({ name, message }) => name === use?.bridge && message.info?.kind === "bridge");
  return link === undefined ? null : { index: link.index, name: link.name };
}

/** Its index on the machine. */
function bringHome(nic: FoundNic, namespace: string, root: NetlinkSocket): number {
  using node = OpenNamespace.open(`${NETNS_DIRECTORY}/${namespace}`);
  outOfNode(node, nic.index, nic.device);
  const home = findNics().find(({ lab, device }) => lab === nic.lab && device === nic.device);
  return home?.index ?? machineLinks(root).find(({ name }) => name === nic.device)!.index;
}

/** The name that it has then. The interfaces of a dead namespace return under any free name. */
function rename(root: NetlinkSocket, index: number, device: string): string {
  const nameNow = (): string => machineLinks(root).find((link) => link.index === index)?.name ?? device;
  const name = nameNow();
  if (name === device) return name;
  const transfer = new Transfer();
  transfer.add({ kind: "link", command: "new", index, name: device }, `rename ${name}`, 0, [ERRNO.EEXIST, ERRNO.EBUSY]);
  transfer.send(root);
  return nameNow();
}

function warning(summary: string, cause: string): Diagnostic {
  return { code: "host.nic-back", severity: "warning", summary, cause };
}
