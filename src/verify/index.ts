/**
 * verify/: what real packets say of a running lab.
 * In: a Model of what runs, and what is expected of it.
 * Out: a Verification: every probe with its outcome, and whether that is what had to happen.
 * targets.ts decides whom to probe at which address (pure); verify.ts sends and judges; kernel/probe does the packets.
 * Finding the cause of a failure, and its repair, will live here too (see docs/architecture.md).
 */
export { verify, type VerifyOptions } from "./verify.ts";
