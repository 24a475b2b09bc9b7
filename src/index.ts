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

export { type Diagnostic, NetloomError, type Severity, type SourceRange } from "./diagnostic.ts";
export type * from "./model/types.ts";
export type { Outcome, ProbeResult, Verification } from "./model/verification.ts";
export { type Change, plan } from "./plan/index.ts";
export {
  jsonSchema,
  loadTopology,
  parseTopology,
  type ParsedTopology,
  type ResolvedTopology,
  resolveTopology,
  shapeTopology,
  type Topology,
} from "./topology/index.ts";
