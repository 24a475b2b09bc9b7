/**
 * What can be asked of a lab's holder: for each method its parameters, its result and the events before the result. Both
 * ends are checked against it. Whoever changes it raises PROTOCOL_VERSION in sandbox/protocol.ts.
 */

import type { Diagnostic } from "../diagnostic.ts";
import type { Depth } from "../discover/index.ts";
import type { DriftReport, ReconcileProgress } from "../engine/index.ts";
import type { Discovery, Expectation, Model, Setting, Uplink, Verification } from "../model/index.ts";
import type { Counters, KnownNeighbour, LinkState, Unmodelled } from "../observe/index.ts";
import type { Change } from "../plan/index.ts";
import type { Call, HolderProtocol, NoParams } from "../sandbox/index.ts";
import type { GivenLease, LogLine, ProcessStatus } from "../services/index.ts";
import type { ResolvedTopology } from "../topology/index.ts";

export interface LabProtocol extends HolderProtocol {
  /** Makes the network of a lab that has just been launched. */
  readonly build: Call<BuildParams, BuildResult, ChangeEvent>;
  /** Makes a running lab equal to another topology, all or nothing. */
  readonly change: Call<ChangeParams, ChangeResult, ChangeEvent>;
  /** On the machine itself: it can still be reached after a change that waits to hear that. */
  readonly confirm: Call<NoParams, { readonly confirmed: boolean }>;
  /** Takes over a lab on the machine itself whose holder has ended. */
  readonly adopt: Call<NoParams, AdoptResult>;
  /** What `change` would do. */
  readonly plan: Call<{ readonly topology: ResolvedTopology }, { readonly changes: readonly Change[] }>;
  /** The same, live, until it is cancelled. */
  readonly watch: Call<{ readonly topology: ResolvedTopology }, void, DriftReport>;
  readonly describe: Call<NoParams, Description>;
  /** The network as it is; with `settings` also sysctls that the topology does not speak of. */
  readonly observe: Call<{ readonly settings?: boolean }, Observed>;
  readonly counters: Call<{ readonly nodes?: readonly string[] | undefined }, Counters>;
  readonly neighbours: Call<
    { readonly nodes?: readonly string[] | undefined },
    Readonly<Record<string, readonly KnownNeighbour[]>>
  >;
  readonly discover: Call<{ readonly depth?: Depth; readonly sockets?: boolean }, Discovery>;
  readonly verify: Call<VerifyParams, Verification, VerifyProgress>;
  /** What processes have written; with `follow`, line by line as events until it is cancelled. */
  readonly logs: Call<LogParams, { readonly lines: readonly ProcessLine[] }, ProcessLine>;
  /** Ends its programs, before the lab is taken away. */
  readonly stop: Call<NoParams, void>;
  /** Says how the start of an uplink went that an event of `build` or `change` has asked for. */
  readonly uplink: Call<UplinkOutcome, null>;
}

export interface BuildParams {
  readonly topology: ResolvedTopology;
  /** On the machine itself: milliseconds within which somebody has to confirm that it can still be reached, if that is in question. */
  readonly confirm?: number | null;
}

export interface BuildResult {
  readonly changes: number;
  readonly namespaces: number;
  readonly links: number;
  readonly milliseconds: number;
  readonly applying: number;
  /** What the network has to do without. */
  readonly warnings: readonly Diagnostic[];
}

export interface ChangeParams extends BuildParams {
  /** For the record: absolute path, or a shape. */
  readonly file: string | null;
}

export interface ChangeResult {
  readonly changes: readonly Change[];
  readonly milliseconds: number;
  readonly applying: number;
  readonly warnings: readonly Diagnostic[];
}

export interface AdoptResult {
  /** False: nothing is left of the lab. */
  readonly there: boolean;
  readonly warnings: readonly Diagnostic[];
}

export type ChangeEvent = ProgressEvent | WaitingEvent | UplinkEvent;

export type Progress =
  | ReconcileProgress
  | { readonly stage: "services"; readonly done: number; readonly total: number };

export type ProgressEvent = Progress & { readonly kind: "progress" };

export interface WaitingEvent {
  readonly kind: "waiting";
  readonly for: "confirmation" | "gateway";
  readonly milliseconds: number;
}

/** The uplink's program has to be started outside, by whoever asked: it does so, and answers with the method `uplink`. */
export interface UplinkEvent {
  readonly kind: "uplink";
  readonly settings: Uplink;
}

export interface UplinkOutcome {
  /** Null: it runs. */
  readonly problems: readonly Diagnostic[] | null;
}

export interface Description {
  readonly name: string;
  readonly file: string | null;
  /** Null for an empty machine. */
  readonly topology: ResolvedTopology | null;
  readonly pid: number;
  readonly startedAt: string;
}

export interface Observed {
  readonly model: Model;
  /** Node → link → what the model leaves out of it. */
  readonly details: Readonly<Record<string, Readonly<Record<string, LinkState>>>>;
  /** Node → how many objects the model has no words for. */
  readonly unmodelled: Readonly<Record<string, Unmodelled>>;
  /** Node → sysctl → its value and the usual one; only when asked for. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, Setting>>>>;
  readonly leases: readonly GivenLease[];
  readonly processes: readonly ProcessStatus[];
}

export interface VerifyParams {
  /** Null: every node from every other. */
  readonly expect: readonly Expectation[] | null;
  /** Milliseconds. */
  readonly timeout?: number;
}

export interface VerifyProgress {
  readonly kind: "progress";
  readonly done: number;
  readonly total: number;
}

export interface LogParams {
  readonly node: string;
  readonly process?: string;
  readonly tail?: number;
  readonly follow?: boolean;
}

/** A line of a log and whose it is. */
export interface ProcessLine extends LogLine {
  readonly process: string;
}
