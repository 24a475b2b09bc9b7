/**
 * Changes a lab that runs, all or nothing: observe → plan → apply → observe, and on any failure back to what was observed
 * first. For a process inside the lab's private machine, like build.ts, which builds labs from nothing.
 */

import { type Diagnostic, NetloomError } from "../diagnostic.ts";
import { apply, type ApplyOptions, checkSignal, LinkIndexes } from "../apply/index.ts";
import { differs, indexesOf, observeFor } from "./build.ts";
import type { LabContext } from "../kernel/index.ts";
import type { Model } from "../model/index.ts";
import type { Observation, ObserveOptions } from "../observe/index.ts";
import { type Change, plan } from "../plan/index.ts";

export interface ChangeReport {
  readonly changes: readonly Change[];
  readonly milliseconds: number;
  readonly applying: number;
}

export interface ReconcileOptions extends ApplyOptions {
  /** Called with what is there when something is about to be changed. */
  readonly onPlan?: (before: Model) => void;
  /** Called when all is as desired and can still be undone: what it throws undoes it. */
  readonly onDone?: () => void;
}

/** The kernel drops routes along with addresses: what it took too much comes back in the second round. */
const ROUNDS = 3;

/**
 * Makes the lab equal to `desired`. `previous` is what it was made from: what is in neither is left alone.
 * Throws when the kernel refuses something or the outcome differs, with the lab as it was before; the error says so.
 */
export async function reconcile(
  context: LabContext,
  desired: Model,
  previous: Model,
  options: ReconcileOptions = {},
): Promise<ChangeReport> {
  const started = performance.now();
  const before = look(context, desired, previous);
  const changes = plan(desired, before.model, { previous });
  if (changes.length === 0) return { changes, milliseconds: performance.now() - started, applying: 0 };
  let applying = 0;
  try {
    options.onPlan?.(before.model);
    const planned = performance.now();
    await apply(context, changes, desired, new LinkIndexes(indexesOf(before)), options);
    applying = performance.now() - planned;
    await converge(context, desired, previous, changes, before, options);
    await checkSignal(options.signal);
    options.onDone?.();
  } catch (error) {
    throw await undo(context, before.model, desired, error, options);
  }
  return { changes, milliseconds: performance.now() - started, applying };
}

/** Sysctls that either model speaks of are read, so that going back knows their values. */
export function look(
  context: LabContext,
  desired: Model,
  previous: Model,
  since?: ObserveOptions["since"],
): Observation {
  const keys = new Map<string, Record<string, string>>();
  for (const { name, sysctls } of [...desired.namespaces, ...previous.namespaces]) {
    keys.set(name, { ...keys.get(name), ...sysctls });
  }
  const namespaces = desired.namespaces.map((each) => ({ ...each, sysctls: keys.get(each.name) ?? {} }));
  return observeFor(context, { ...desired, namespaces }, since);
}

/** Reads back what was touched; that nothing else has changed follows from nothing else having been written to. */
async function converge(
  context: LabContext,
  desired: Model,
  previous: Model,
  changes: readonly Change[],
  before: Observation,
  options: ApplyOptions,
): Promise<void> {
  const touched = touchedBy(changes);
  for (let round = 1; ; round++) {
    const now = look(context, desired, previous, { before, touched });
    const left = plan(desired, now.model, { previous });
    if (left.length === 0) return;
    if (round === ROUNDS) throw differs(desired.name, left);
    for (const name of touchedBy(left)) touched.add(name);
    await apply(context, left, desired, new LinkIndexes(indexesOf(now)), options);
  }
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

function undo(
  context: LabContext,
  before: Model,
  desired: Model,
  error: unknown,
  { evacuate }: ApplyOptions,
): Promise<NetloomError> {
  const options = evacuate === undefined ? {} : { evacuate };
  return undone(error, async () => {
    const now = look(context, before, desired);
    const back = plan(before, now.model, { previous: desired });
    if (back.length === 0) return "nothing was changed";
    await apply(context, back, before, new LinkIndexes(indexesOf(now)), options);
    await converge(context, before, desired, back, now, options);
    return "all changes were undone: the lab is as it was before";
  });
}

/** The error to throw after going back: the one that there was, with what `back` says that became of the lab. */
export async function undone(error: unknown, back: () => Promise<string>): Promise<NetloomError> {
  let state: string;
  let more: readonly Diagnostic[] = [];
  try {
    state = await back();
  } catch (second) {
    state = "some changes could not be undone";
    more = diagnosticsOf(second);
  }
  const [first, ...others] = diagnosticsOf(error);
  return new NetloomError([{ ...first!, state }, ...others, ...more], error instanceof NetloomError ? error.status : 1);
}

function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof NetloomError) return error.diagnostics;
  const { name, message } = error as Error;
  if (name === "AbortError")
    return [{ code: "apply.interrupted", severity: "error", summary: "the change was interrupted" }];
  return [{ code: "apply.internal", severity: "error", summary: message }];
}
