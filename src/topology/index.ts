/**
 * From a topology file, a TypeScript object or a shape to a resolved model, or to every error in it at once.
 * In: text or an object in the format of docs/format.md. Out: ResolvedTopology, or NetloomError with status 2.
 * The way of a file: parse.ts (YAML with positions) → validate.ts (shape) → resolve/ (meaning) → the model.
 * schema.ts is the one list of keys; the types, the JSON Schema and the checks all come from it.
 * Pure but for load.ts, which reads the file.
 */

export { jsonSchema } from "./json-schema.ts";
export { loadTopology } from "./load.ts";
export { parseTopology } from "./parse.ts";
export type { ParsedTopology } from "./resolved.ts";
export { resolveTopology } from "./resolved.ts";
export type { ResolvedTopology, ResolveOptions } from "./resolved.ts";
export { shapeTopology, shapeUsages } from "./shapes.ts";
// In the package: Topology and its parts, which scripts/topology-types.mjs writes.
export type * from "./schema.ts";
