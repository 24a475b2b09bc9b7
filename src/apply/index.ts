/**
 * apply/: carries a plan out, in a new lab or in one that runs.
 * In: changes (plan/), the model that they lead to, and what is there now: which link has which ifindex (observe/).
 * Out: kernel objects, made in few large batches. schedule.ts orders them by what each needs (pure); steps.ts carries out what
 * one namespace has to do at one time.
 * The first refusal ends it; the error names the object and quotes the kernel. Undoing is the caller's.
 */
export { apply, type ApplyOptions, type ApplyReport, checkSignal } from "./apply.ts";
export { LinkIndexes } from "./indexes.ts";
export type { ApplyProgress } from "./progress.ts";
