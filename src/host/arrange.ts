/** Changes a lab on the machine, together with the interfaces of the machine that it has: all or nothing. */

import type { NetloomError } from "../diagnostic.ts";
import type { LabContext } from "../kernel/index.ts";
import { type Model, withoutNics } from "../model/index.ts";
import { plan } from "../plan/index.ts";
import { type ChangeReport, look, reconcile, type ReconcileOptions, undone } from "../engine/reconcile.ts";
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
): Promise<ChangeReport> {
  const { fresh, gone } = nics.compare(model);
  if (fresh.length === 0 && gone.size === 0) return reconcile(context, model, known, options);
  const started = performance.now();
  if (proof !== null) await nics.checkProof(fresh, gone, proof);
  const before = look(context, model, known).model;
  const changes = plan(model, before, { previous: known });
  const { onPlan, onDone, ...quiet } = options;
  try {
    onPlan?.(before);
    nics.giveBack(gone);
    await reconcile(context, withoutNics(model, fresh), known, quiet);
    const prove = await nics.take(fresh, proof);
    await reconcile(context, model, known, quiet);
    await prove();
    onDone?.();
  } catch (error) {
    throw await undo(context, nics, before, model, error);
  } finally {
    nics.settled();
  }
  const milliseconds = performance.now() - started;
  return { changes, milliseconds, applying: milliseconds };
}

function undo(context: LabContext, nics: Nics, before: Model, model: Model, error: unknown): Promise<NetloomError> {
  return undone(error, async () => {
    const { fresh, gone } = nics.compare(before);
    nics.giveBack(gone);
    await reconcile(context, withoutNics(before, fresh), model);
    if (fresh.length > 0) {
      await nics.take(fresh, null);
      await reconcile(context, before, model);
    }
    return "everything was undone: the machine is as it was before";
  });
}
