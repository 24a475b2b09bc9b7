/**
 * apply/: carries a plan out.
 * In: changes (plan/) and what is there now: which link has which ifindex (observe/).
 * Out: kernel objects, made in few large batches in the order that KERNEL-side measurements favour (run.ts).
 * messages.ts turns model objects into netlink messages; layout.ts groups changes by the batch they belong to.
 * The first refusal ends the run; the error names the object and quotes the kernel. Undoing is the caller's: a lab that
 * never came up is dropped whole with its sandbox. A lab that runs is changed by alter.ts, which touches what the plan names only.
 */
export { alter, type AlterOptions, checkSignal } from "./alter.ts";
export { LinkIndexes } from "./indexes.ts";
export { apply, type ApplyProgress, type ApplyReport } from "./run.ts";
