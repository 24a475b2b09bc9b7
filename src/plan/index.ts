/**
 * plan/: what has to change for one model to become another; pure.
 * In: the desired and the observed Model.
 * Out: ordered changes as data, each with its identity and its reason; [] when the two are equal.
 * Links are paired by name, addresses by link and prefix, routes by destination, table and metric (identity.ts).
 * Running a plan is apply/'s work, drawing it show/'s.
 */
export { nextHopsText } from "./compare.ts";
export type { Action, Change, ChangeOf, ObjectKind, Objects } from "./change.ts";
export { planServices } from "./services.ts";
export { emptyNamespace, plan, type PlanOptions } from "./plan.ts";
