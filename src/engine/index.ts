/**
 * engine/: the main path: what is there becomes what is desired, and stays so or is reported.
 * In: the desired model, what the lab was made from before, and the context that distinguishes its namespaces from others.
 * Out: the changes that were made (reconcile), what would have to be changed (difference), the same as it comes (followDrift).
 * All or nothing: transaction.ts undoes steps in reverse order, and those above put their own steps around it.
 * Must run in the lab's root namespace; knows nothing about files, programs or clients.
 */

export { type DriftOptions, type DriftReport, followDrift } from "./drift.ts";
export { union } from "./known.ts";
export { difference, look } from "./look.ts";
export { reconcile, type ReconcileOptions, type ReconcileProgress, type ReconcileReport } from "./reconcile.ts";
export { diagnosticsOf, isPartlyUndone, type Step, transaction } from "./transaction.ts";
