/**
 * netloom as a library: the pure part. A topology as an object or a file, resolved to a model; the difference of two
 * models; every mistake as a diagnostic with its place. No kernel is touched by anything here.
 *
 * ```ts
 * import { resolveTopology, type Topology } from "netloom";
 *
 * const topology: Topology = {
 *   switches: { s: { subnet: "10.0.0.0/24" } },
 *   hosts: { a: { interfaces: { eth0: "s" } }, b: { interfaces: { eth0: "s" } } },
 * };
 * const { model, expect } = resolveTopology(topology, { name: "pair" });
 * ```
 */

export { type Diagnostic, type FailureStatus, NetloomError, type Severity, type SourceRange } from "./diagnostic.ts";
export type * from "./model/links/common.ts";
export type * from "./model/links/types.ts";
export type * from "./model/netfilter.ts";
export type * from "./model/services.ts";
export * from "./model/types.ts";
export type { Outcome, ProbeResult, Verification } from "./model/verification.ts";
export type { Action, Change, ChangeOf, ObjectKind, Objects } from "./plan/index.ts";
export { plan, type PlanOptions } from "./plan/index.ts";
export * from "./topology/index.ts";
