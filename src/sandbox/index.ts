/**
 * sandbox/: the rootless private machine that a lab lives in, and the way back into it.
 *
 * In: a lab's name, the methods its holder shall serve (hold), a command to run inside (enter).
 * Out: a process that is pid 1 of new user, network, mount and pid namespaces (launch), a connection to it (connect),
 * what labs there are (listLabs), and their end (destroyLab). Knows nothing of topologies or links.
 */

export { checks, type DoctorCheck } from "./checks.ts";
export { connect, LabClient, type RequestOptions } from "./client.ts";
export { destroyLab, type DestroyOptions } from "./destroy.ts";
export { diagnoseUnshare, forbiddingSettings } from "./diagnose.ts";
export { INSIDE, runtimeDirectory } from "./directory.ts";
export { enter, enterSpawnArgs, namesOf, type EnterOptions, type EnterResult } from "./enter.ts";
export { type Etc, type HostName, type ResolverSettings } from "./etc.ts";
export { hold, type HeldHost, type HeldLab } from "./hold.ts";
export { linkChecks } from "./kinds.ts";
export { findLab, insideLab, listLabs, type LabEntry } from "./labs.ts";
export {
  HOLDER_VARIABLE,
  launch,
  type HolderEntry,
  type Launch,
  type LaunchOptions,
  type LaunchResult,
} from "./launch.ts";
export { checkLabName, labFiles, type LabFiles, labNameProblem } from "./name.ts";
export { bootId, isStopped } from "./process.ts";
export type { HostPlace } from "./record.ts";
export type { Call, Calls, HolderProtocol, NoParams } from "./protocol.ts";
export type { LabRecord, RecordState } from "./record.ts";
export type { NodeMounts } from "./node-mounts.ts";
export type { Methods, MethodTable, RequestContext } from "./server.ts";
export { findUplinkProgram, startUplink, UPLINK_VARIABLE } from "./uplink-program.ts";
export type { UplinkSettings } from "./uplink-settings.ts";
export type { StartedUplink, UplinkProgram } from "./uplink-program.ts";
