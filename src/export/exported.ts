import type { Topology } from "../topology/schema.ts";
import type { Note, Unexpressed } from "./findings.ts";

export interface Exported {
  readonly topology: Topology;
  readonly unexpressed: readonly Unexpressed[];
  readonly notes: readonly Note[];
}
