/** Makes a lab equal to a model: look → plan → apply → look again. Building one is reconciling from nothing. */

import { failure, NetloomError } from "../diagnostic.ts";
import { apply, type ApplyOptions, type ApplyProgress, checkSignal, LinkIndexes } from "../apply/index.ts";
import type { LabContext } from "../kernel/index.ts";
import type { Model } from "../model/index.ts";
import type { Observation } from "../observe/index.ts";
import { type Change, plan } from "../plan/index.ts";
import { look } from "./look.ts";
import { transaction } from "./transaction.ts";

export interface ReconcileReport {
  readonly changes: readonly Change[];
  /** How many were made. */
  readonly namespaces: number;
  /** Link ends that were made. */
  readonly links: number;
  /** The whole, and of it the part that made things; the rest planned before and read everything back after. */
  readonly milliseconds: number;
  readonly applying: number;
}

export type ReconcileProgress =
  | ApplyProgress
  | { readonly stage: "check"; readonly done: number; readonly total: number };

export interface ReconcileOptions extends Omit<ApplyOptions, "onProgress"> {
  readonly onProgress?: (progress: ReconcileProgress) => void;
  /** Called with what is there when something is about to be changed. */
  readonly onPlan?: (before: Model) => void;
  /** Called when all is as desired and can still be undone: what it throws undoes it. */
  readonly onDone?: () => void;
}

/** The kernel drops routes along with addresses: what it took too much comes back in the second round. */
const ROUNDS = 3;
/** How many differences an error spells out. */
const DIFFERENCES_SHOWN = 20;

/**
 * Makes the lab equal to `desired`, and proves it by reading back what was touched. `previous` is what the lab was made
 * from: what is in neither is left alone. Throws when the kernel refuses something or the outcome differs, with the lab as
 * it was before; the error says so. Null: the machine is new, all that is there counts, and nothing is undone, since the
 * machine of a lab that never came up is dropped whole.
 */
export async function reconcile(
  context: LabContext,
  desired: Model,
  previous: Model | null,
  options: ReconcileOptions = {},
): Promise<ReconcileReport> {
  const started = performance.now();
  const before = look(context, desired, previous);
  const changes = plan(desired, before.model, previous === null ? {} : { previous });
  if (previous === null) checkEmpty(changes);
  let made = { namespaces: 0, links: 0 };
  let applying = 0;
  const run = async (): Promise<void> => {
    options.onPlan?.(before.model);
    const planned = performance.now();
    made = await apply(context, changes, desired, new LinkIndexes(indexesOf(before)), options);
    applying = performance.now() - planned;
    await converge(context, desired, previous, changes, before, options);
    await checkSignal(options.signal);
    options.onDone?.();
  };
  const undo = (): Promise<boolean> => goBack(context, before.model, desired, options.evacuate);
  if (changes.length > 0) await (previous === null ? run() : transaction([{ what: "the network", run, undo }]));
  const { namespaces, links } = made;
  return { changes, namespaces, links, milliseconds: performance.now() - started, applying };
}

/** Refuses to make a machine equal to a topology by removing things from it that somebody else may have made. */
function checkEmpty(changes: readonly Change[]): void {
  const there = changes.find(({ action, kind }) => action === "delete" && kind !== "table");
  if (there === undefined) return;
  throw failure("apply.change-running", `cannot delete ${there.kind} ${there.id} of a running lab`, {
    subject: `namespace ${there.namespace}`,
    cause: there.reason,
    state: "nothing was changed",
    hint: "take the lab down and bring it up again",
  });
}

/** Reads back what was touched; that nothing else has changed follows from nothing else having been written to. */
async function converge(
  context: LabContext,
  desired: Model,
  previous: Model | null,
  changes: readonly Change[],
  before: Observation,
  options: ReconcileOptions,
): Promise<void> {
  const touched = touchedBy(changes);
  options.onProgress?.({ stage: "check", done: 0, total: touched.size });
  for (let round = 1; ; round++) {
    const now = look(context, desired, previous, { before, touched });
    const left = plan(desired, now.model, previous === null ? {} : { previous });
    if (left.length === 0) return;
    if (round === ROUNDS) throw differs(desired.name, left);
    for (const name of touchedBy(left)) touched.add(name);
    await apply(context, left, desired, new LinkIndexes(indexesOf(now)), options);
  }
}

/** False when there is nothing to undo. */
async function goBack(
  context: LabContext,
  before: Model,
  desired: Model,
  evacuate: ApplyOptions["evacuate"],
): Promise<boolean> {
  const options = evacuate === undefined ? {} : { evacuate };
  const now = look(context, before, desired);
  const changes = plan(before, now.model, { previous: desired });
  if (changes.length === 0) return false;
  await apply(context, changes, before, new LinkIndexes(indexesOf(now)), options);
  await converge(context, before, desired, changes, now, options);
  return true;
}

/** Namespaces that changes write to, and those at the other end of a cable that comes or goes. */
function touchedBy(changes: readonly Change[]): Set<string> {
  const touched = new Set<string>();
  for (const change of changes) {
    touched.add(change.namespace);
    if (change.kind !== "link") continue;
    for (const link of [change.before, change.after]) {
      if (link?.kind === "veth" && link.peer !== null) touched.add(link.peer.namespace);
    }
  }
  return touched;
}

function indexesOf(observation: Observation): Map<string, Map<string, number>> {
  const indexes = (links: ReadonlyMap<string, { readonly index: number }>): Map<string, number> =>
    new Map([...links].map(([link, state]) => [link, state.index]));
  return new Map([...observation.links].map(([namespace, links]) => [namespace, indexes(links)]));
}

function differs(name: string, left: readonly Change[]): NetloomError {
  const shown = left.slice(0, DIFFERENCES_SHOWN).map((change) => ({
    code: "apply.differs",
    severity: "error" as const,
    summary: `${change.kind} ${change.id} is not as the topology has it`,
    subject: `namespace ${change.namespace}`,
    cause: change.reason,
  }));
  const count = failure(
    "apply.differs",
    `${name} differs from its topology in ${left.length} places after it was built`,
  );
  return new NetloomError([...count.diagnostics, ...shown]);
}
