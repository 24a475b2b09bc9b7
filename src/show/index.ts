/**
 * Everything people read: diagnostics with code frames, tables, the reachability matrix, progress, summaries.
 * In: plain data (diagnostics, models, verifications, plans) and a Style: width and colour.
 * Out: strings. Pure, but for progress, which writes to the stream it is given.
 * All foreign text (names from the kernel, messages, files) is made printable here: no control character gets through.
 * Consumed by cli/; nothing here decides what to do.
 */

export { diagnostics } from "./diagnostics.ts";
export type { SourceReader } from "./diagnostics.ts";
export * from "./inspect/index.ts";
export { matrix, matrixOf } from "./matrix.ts";
export { namesOf, rulesOf } from "./netfilter/index.ts";
export type { RuleText } from "./netfilter/index.ts";
export { logLine } from "./processes.ts";
export type { Programs } from "./processes.ts";
export { progress, SILENT } from "./progress.ts";
export type { Progress } from "./progress.ts";
export { PLAIN, styleOf } from "./style.ts";
export type { Style } from "./style.ts";
export { changes, drift, planSummary } from "./plan.ts";
export { checks, counts, countsOf, labs } from "./summary.ts";
export type { Check, LabSummary } from "./summary.ts";
export { list, table } from "./table.ts";
export { duration, enumerate, plural, printable, truncate } from "./text.ts";
export { outcome, verdict, verification } from "./verification.ts";
