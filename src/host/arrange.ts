/** Changes a lab on the machine, together with the interfaces of the machine that it has: all or nothing. */

import type { LabContext } from "../kernel/index.ts";
import { type Model, withoutNics } from "../model/index.ts";
import { plan } from "../plan/index.ts";
import { look, reconcile, type ReconcileOptions, type ReconcileReport, transaction } from "../engine/index.ts";
import type { Nics, ProofOptions } from "./nics/index.ts";

/**
 * What goes back to the machine goes first; then the lab is made as it can be without what is still to be borrowed; then
 * that is borrowed, and the rest put on it. At last it is proven. Without proof options nothing is: when a change is undone.
 */
export async function arrange(
  context: LabContext,
  nics: Nics,
  model: Model,
  known: Model,
  options: ReconcileOptions,
  proof: ProofOptions | null,
): Promise<Pick<ReconcileReport, "changes" | "milliseconds" | "applying">> {
  const { fresh, gone } = nics.compare(model);
  if (fresh.length === 0 && gone.size === 0) return reconcile(context, model, known, options);
  const started = performance.now();
  if (proof !== null) await nics.checkProof(fresh, gone, proof);
  const before = look(context, model, known).model;
  const changes = plan(model, before, { previous: known });
  const { onPlan, onDone, ...quiet } = options;
  const run = async (): Promise<void> => {
    onPlan?.(before);
    nics.giveBack(gone);
    await reconcile(context, withoutNics(model, fresh), known, quiet);
    const prove = await nics.take(fresh, proof);
    await reconcile(context, model, known, quiet);
    await prove();
    onDone?.();
  };
  const undo = async (): Promise<boolean> => {
    await goBack(context, nics, before, model);
    return true;
  };
  const step = { what: "interfaces of this machine", run, undo };
  await transaction([step], "everything was undone: the machine is as it was before").finally(() => nics.settled());
  const milliseconds = performance.now() - started;
  return { changes, milliseconds, applying: milliseconds };
}

/** One after the other: a bridge that still has an interface and its addresses has to stay. */
async function goBack(context: LabContext, nics: Nics, before: Model, model: Model): Promise<void> {
  const { fresh, gone } = nics.compare(before);
  nics.giveBack(gone);
  await reconcile(context, withoutNics(before, fresh), model);
  if (fresh.length === 0) return;
  await nics.take(fresh, null);
  await reconcile(context, before, model);
}
