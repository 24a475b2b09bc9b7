/** Carries out the changes of a plan, in a new lab or one that runs: only what the plan names is touched. */

import { failure } from "../diagnostic.ts";
import type { Model } from "../model/index.ts";
import { ROOT } from "../model/index.ts";
import { Batch, createNodes, deleteNode, type LabContext, NetlinkSocket, openNode } from "../kernel/index.ts";
import type { Change } from "../plan/index.ts";
import { deleteLink } from "../rtnl/index.ts";
import type { End } from "./creations.ts";
import type { LinkIndexes } from "./indexes.ts";
import { type ApplyProgress, Progress } from "./progress.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";
import { Sender } from "./sender.ts";
import { Steps } from "./steps.ts";

export interface ApplyOptions {
  readonly onProgress?: (progress: ApplyProgress) => void;
  /** Aborting stops between two steps; what has been done stays done, undoing is the caller's. */
  readonly signal?: AbortSignal | undefined;
  /** Called before a namespace is dropped: what runs in it has to end. */
  readonly evacuate?: (namespace: string) => Promise<void>;
}

export interface ApplyReport {
  readonly changes: number;
  /** Made. */
  readonly namespaces: number;
  /** Link ends that were made. */
  readonly links: number;
}

/** Cables in a batch: both namespaces of each are held open until it is sent. */
const CABLES_IN_A_BATCH = 64;

/**
 * Links that are in the way go first; then what needs nothing new is changed; then everything new is made, in waves of which
 * each needs only those before it; then the other links go, and namespaces last, since no one can undo that.
 * Throws a NetlinkError or KernelError for the first thing that the kernel refuses; undoing is the caller's.
 */
export async function apply(
  context: LabContext,
  changes: readonly Change[],
  desired: Model,
  indexes: LinkIndexes,
  { onProgress = () => {}, evacuate, signal }: ApplyOptions = {},
): Promise<ApplyReport> {
  const schedule = scheduleOf(changes);
  deleteLinks(context, schedule.early, indexes);
  indexes.rename(schedule.renames);
  await checkSignal(signal);
  await make(context, schedule, desired, indexes, { progress: new Progress(onProgress), signal });
  await checkSignal(signal);
  deleteLinks(context, schedule.late, indexes);
  for (const name of schedule.dropped) {
    await evacuate?.(name);
    deleteNode(context, name);
  }
  const links = schedule.creations.reduce((sum, { ends }) => sum + ends.length, 0);
  return { changes: changes.length, namespaces: schedule.namespaces.length, links };
}

/** Throws when it was given. All before was one turn of the event loop: it comes in the next. */
export async function checkSignal(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return;
  // What sockets have to tell comes between two of these.
  for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve));
  if (signal.aborted) throw failure("apply.interrupted", "the change was interrupted");
}

async function make(
  context: LabContext,
  { namespaces, inPlace, waves, creations }: Schedule,
  desired: Model,
  indexes: LinkIndexes,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal | undefined },
): Promise<void> {
  using steps = new Steps(context, desired, indexes);
  for (const step of inPlace) steps.carryOut(step);
  await checkSignal(signal);
  createNodes(context, namespaces);
  await progress.say("namespaces", namespaces.length, namespaces.length, true);
  if (creations.some(({ ends }) => ends.some(({ namespace }) => namespace === ROOT))) steps.quietRoot();
  const cables = sum(waves.map((wave) => wave.cables.length));
  const total = sum(waves.map((wave) => wave.steps.length));
  const done = { cables: 0, steps: 0 };
  for (const wave of waves) {
    for (let start = 0; start < wave.cables.length; start += CABLES_IN_A_BATCH) {
      const batch = wave.cables.slice(start, start + CABLES_IN_A_BATCH);
      steps.connect(batch);
      await progress.say("links", (done.cables += batch.length), cables);
    }
    for (const step of wave.steps) {
      steps.carryOut(step);
      await progress.say("addresses", ++done.steps, total);
    }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** One DELLINK each, in one send for each namespace. */
function deleteLinks(context: LabContext, ends: readonly End[], indexes: LinkIndexes): void {
  const byNamespace = new Map<string, End[]>();
  for (const end of ends) {
    const others = byNamespace.get(end.namespace);
    if (others) others.push(end);
    else byNamespace.set(end.namespace, [end]);
  }
  for (const [name, own] of byNamespace) {
    using namespace = openNode(context, name);
    using socket = NetlinkSocket.open({ namespace: namespace.fd, name });
    const sender = new Sender(socket, name, new Batch());
    for (const { link } of own) sender.remove(deleteLink(indexes.of(name, link.name)), `delete link ${link.name}`);
    sender.send();
  }
}
