import type { Diagnostic, FailureStatus } from "../diagnostic.ts";
import type { HostPlace, LabRecord } from "./record.ts";

/**
 * What travels between a lab's holder and its clients: one JSON document a line, in both directions, over the unix
 * socket NAME.sock or over the control channel of the process that launched the lab.
 */

/** Client → holder. `cancel` aborts the request of that id. */
export type ClientMessage =
  | { readonly id: number; readonly method: string; readonly params?: unknown }
  | { readonly id: number; readonly cancel: true };

export interface RemoteFailure {
  readonly diagnostics: readonly Diagnostic[];
  readonly status: FailureStatus;
}

/** Holder → client: any number of events, then one result or one error. */
export type HolderMessage =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: RemoteFailure };

/** Launcher → holder, once, when the ids are mapped. */
export interface Go {
  readonly name: string;
  readonly file: string | null;
  readonly boot: string;
  readonly pidNamespace: string;
  readonly mapping: LabRecord["mapping"];
  /** For a lab on the machine itself: nothing is made private. Null for a lab in a machine of its own. */
  readonly host: HostPlace | null;
  /** The user is root outside too: files under /proc and /sys would obey it. */
  readonly protect: boolean;
}

/** Holder → launcher, while the lab is being set up. `taken`: somebody else holds the lock. */
export type SetupMessage =
  | { readonly hello: true }
  | { readonly taken: true }
  | { readonly ready: LabRecord }
  | { readonly failed: RemoteFailure };

/** File descriptors that the launcher hands to the holder. */
export const CONTROL_FD = 3;
export const LOCK_FD = 4;
export const DIRECTORY_FD = 5;
/** Numbers that are free for the holder of a private machine: whoever enters it finds there, under /proc/PID/fd, … */
/** … the mount namespace of commands that are in no node, */
export const ROOT_MOUNTS_FD = 6;
/** … and the directory of the nodes' names. */
export const NAMES_FD = 7;

/** Cuts a byte stream into lines; each chunk is looked at once, however long a line is. */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      from = end + 1;
      if (line !== "") onLine(line);
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  };
}

/** One line, ready to write. */
export function encodeLine(message: ClientMessage | HolderMessage | SetupMessage | Go): string {
  return `${JSON.stringify(message)}\n`;
}
