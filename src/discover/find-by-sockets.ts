/** Namespaces kept alive only by a socket. Every socket of the machine has to be asked, so this is done only on request. */

import { closeSync, fstatSync, readdirSync, readlinkSync } from "node:fs";
import { OtherProcess } from "../kernel/index.ts";
import type { RunningProcess } from "../model/index.ts";
import type { Found, Machine } from "./find.ts";

export interface FoundBySockets {
  readonly found: readonly Found[];
  /** Descriptors of ours, by which alone the namespaces can be opened: to be closed when they have been read. */
  readonly held: readonly number[];
}

/** Those that the machine has beside what was found of it. */
export function findBySockets({ namespaces }: Machine): FoundBySockets {
  const found = new Map<number, Found>();
  const held: number[] = [];
  const asked = new Set<string>();
  const processes = [...namespaces.values()].flatMap((one) => one.processes);
  for (const process of processes.sort((a, b) => a.pid - b.pid)) {
    const sockets = socketsOf(process).filter(({ socket }) => !asked.has(socket));
    if (sockets.length === 0) continue;
    using owner = OtherProcess.open(process.pid);
    for (const { fd, socket } of sockets) {
      asked.add(socket);
      const namespace = owner?.namespaceOfSocket(fd) ?? null;
      if (namespace === null) continue;
      const inode = fstatSync(namespace).ino;
      const handle = { path: `/proc/${process.pid}/fd/${fd}`, process };
      const known = found.get(inode);
      known?.handles.push(handle);
      if (known !== undefined || namespaces.has(inode)) {
        closeSync(namespace);
        continue;
      }
      held.push(namespace);
      found.set(inode, { inode, paths: [`/proc/self/fd/${namespace}`], processes: [], handles: [handle] });
    }
  }
  return { found: [...found.values()], held };
}

function socketsOf({ pid }: RunningProcess): { readonly fd: number; readonly socket: string }[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((fd) => {
      const socket = targetOf(`${folder}/${fd}`);
      return socket.startsWith("socket:[") ? [{ fd: Number(fd), socket }] : [];
    });
  } catch {
    // It has ended, or is closed to us.
    return [];
  }
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
