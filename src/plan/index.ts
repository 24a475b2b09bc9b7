/**
 * plan/: what has to change for one model to become another; pure.
 * In: the desired and the observed Model.
 * Out: ordered changes as data, each with its identity and its reason; [] when the two are equal.
 * What each kind of object is known by, how two differ and what they need is in kinds/, a file each.
 * Running a plan is apply/'s work, drawing it show/'s.
 */
export type { Action, Change, ChangeOf, KernelKind, ObjectKind, Objects } from "./change.ts";
export { needsOf, rankOf } from "./kinds/index.ts";
export type { Need } from "./kinds/kind.ts";
export { emptyNamespace } from "./kinds/namespace.ts";
export { nextHopsText } from "./kinds/route.ts";
export { planServices } from "./services.ts";
export { plan, type PlanOptions } from "./plan.ts";
