/**
 * show/inspect/: a running network for people, as tables that fit their terminal.
 * In: what was observed (a model, and beside it states, counters, neighbours, processes and leases) and a Style.
 * Out: lab.ts the whole, node.ts one node in full, interface.ts one interface, rates.ts what passes by right now.
 * On a narrow terminal less important columns are left out and long cells cut in the middle; no line ever wraps. A pipe
 * gets everything.
 */

export { interfaceInspection, names, partOf } from "./interface.ts";
export { inspection } from "./lab.ts";
export { nodeInspection } from "./node.ts";
export { busiestFirst, ratesBetween, ratesTable, tellingRates } from "./rates.ts";
export type { Rate } from "./rates.ts";
export type { Inspected } from "./types.ts";
