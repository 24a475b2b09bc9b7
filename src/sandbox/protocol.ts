import type { Diagnostic, FailureStatus } from "../diagnostic.ts";
import type { HostPlace, LabRecord } from "./record.ts";

/**
 * What travels between a lab's holder and its clients: one JSON document a line, in both directions, over the unix
 * socket NAME.sock or over the control channel of the process that launched the lab.
 */

/**
 * Raised with every change of what methods mean, here or in holder/protocol.ts: a client and a holder that differ in it do
 * not understand each other. 0 stands for holders from before there was one.
 */
export const PROTOCOL_VERSION = 1;

/** Methods that mean the same in every version, so that a lab can be ended by any. They have no parameters. */
export const EVERY_VERSION: ReadonlySet<string> = new Set(["ping", "stop", "shutdown"]);

/** The first request on every connection, with this id; its form never changes. */
export const HELLO = { id: 0, method: "hello" } as const;

export interface Hello {
  readonly protocol: number;
}

/** One method of a protocol: what it is asked with, its result, and what may come before the result. */
export interface Call<Params, Result, Event = never> {
  readonly params: Params;
  readonly result: Result;
  readonly event: Event;
}

/** Names of methods and their calls. */
export type Calls<P> = { readonly [M in keyof P]: Call<unknown, unknown, unknown> };

export type NoParams = Readonly<Record<string, never>>;

/** What every holder answers, whatever its lab is for. */
export interface HolderProtocol {
  readonly ping: Call<NoParams, { readonly name: string; readonly pid: number }>;
  /** Changes the record. Without parameters: from now on the lab outlives the process that has launched it. */
  readonly keep: Call<KeepParams, LabRecord>;
  /** Link kinds, and whether this kernel can make them. */
  readonly kinds: Call<NoParams, Readonly<Record<string, boolean>>>;
  /** The number of the holder's descriptor of the node's mount namespace. */
  readonly mounts: Call<{ readonly node: string }, number>;
  readonly shutdown: Call<NoParams, null>;
}

export interface KeepParams {
  readonly kept?: boolean;
  readonly state?: LabRecord["state"];
  readonly file?: string | null;
}

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
