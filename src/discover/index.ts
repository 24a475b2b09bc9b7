/**
 * discover/: a whole machine, also one that netloom has not made.
 * In: /proc (find.ts), and every namespace found there, asked over netlink (tasks.ts, source.ts), if it is for another thread
 * by way of batches.ts; read.ts decodes the answers.
 * Out: a Discovery: a model with names that people know (names.ts, containers.ts), and what a model does not cover.
 * peers.ts finds the other end of every cable and the parent of every link; modules.ts sees to it that nothing is loaded.
 * Nothing is changed, and what cannot be read is reported.
 */
export { conclude, discover, type DiscoverOptions, linksOf, type Survey, surveyMachine, workOf } from "./discover.ts";
export { withLinks } from "./openvswitch/index.ts";
export { AT_ONCE, decodeBatch, fetchBatches, type FetchedBatch } from "./batches.ts";
export type { Depth } from "./source.ts";
export { type Outcome, readTasks, type Task, TaskReader, type Work } from "./tasks.ts";
