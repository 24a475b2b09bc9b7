/**
 * verify/: tests a running lab with real packets.
 * In: a Model of the running lab, and the expectations.
 * Out: a Verification: every probe with its outcome, and whether that is as expected.
 * targets.ts decides which nodes to probe at which addresses (pure); verify.ts sends probes and judges results; kernel/probe
 * handles the packets.
 * Finding the cause of a failure, and its repair, will live here too (see docs/architecture.md).
 */
export { verify, type VerifyOptions } from "./verify.ts";
