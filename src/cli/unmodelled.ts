/** What was read of a lab and is in none of the tables: a model has no words for it, and so no verdict can mind it. */

import type { Diagnostic } from "../diagnostic.ts";
import { enumerate } from "../show/index.ts";

/** By node; only those where there is any. */
export type UnmodelledByNode = Readonly<Record<string, { readonly rules: number; readonly routes: number }>>;

const NODES_SHOWN = 8;

export function unmodelledWarnings(unmodelled: UnmodelledByNode, hint: string): Diagnostic[] {
  const warn = (key: "rules" | "routes", what: string, cause: string): Diagnostic[] => {
    const nodes = Object.keys(unmodelled).filter((node) => unmodelled[node]![key] > 0);
    const count = nodes.reduce((sum, node) => sum + unmodelled[node]![key], 0);
    const summary = `${count} ${what}${count === 1 ? "" : "s"} in ${enumerate(nodes, NODES_SHOWN)} ${count === 1 ? "is" : "are"} not shown`;
    return count === 0 ? [] : [{ code: `unmodelled.${key}`, severity: "warning", summary, cause, hint }];
  };
  return [
    ...warn("rules", "policy rule", "the rules select by, or do, more than a rule of the model can hold"),
    ...warn(
      "routes",
      "route",
      "the routes are for one TOS or certain sources; a route of the model is for all packets",
    ),
  ];
}
