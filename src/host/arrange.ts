/** Changes a lab on the machine, together with the interfaces of the machine that it has: all or nothing. */

import { type Diagnostic, NetloomError } from "../diagnostic.ts";
import { type Model, withoutNics } from "../model/index.ts";
import { plan } from "../plan/index.ts";
import { type ChangeReport, look, reconcile, type ReconcileOptions } from "../reconcile.ts";
import type { Nics, ProofOptions } from "./nics/index.ts";

/**
 * What goes back to the machine goes first; then the lab is made as it can be without what is still to be borrowed; then
 * that is borrowed, and the rest put on it. At last it is proven. Without proof options nothing is: when a change is undone.
 */
export async function arrange(
  nics: Nics,
  model: Model,
  known: Model,
  options: ReconcileOptions,
  proof: ProofOptions | null,
): Promise<ChangeReport> {
  const { fresh, gone } = nics.compare(model);
  if (fresh.length === 0 && gone.size === 0) return reconcile(model, known, options);
  const started = performance.now();
  if (proof !== null) await nics.checkProof(fresh, gone, proof);
  const before = look(model, known).model;
  const changes = plan(model, before, { previous: known });
  const { onPlan, onDone, ...quiet } = options;
  try {
    onPlan?.(before);
    nics.giveBack(gone);
    await reconcile(withoutNics(model, fresh), known, quiet);
    const prove = await nics.take(fresh, proof);
    await reconcile(model, known, quiet);
    await prove();
    onDone?.();
  } catch (error) {
    throw await undo(nics, before, model, error);
  } finally {
    nics.settled();
  }
  const milliseconds = performance.now() - started;
  return { changes, milliseconds, applying: milliseconds };
}

/** Goes back, and returns the error to throw, with what became of the lab. */
async function undo(nics: Nics, before: Model, model: Model, error: unknown): Promise<unknown> {
  let state = "everything was put back: the machine is as it was";
  let more: readonly Diagnostic[] = [];
  try {
    const { fresh, gone } = nics.compare(before);
    nics.giveBack(gone);
    await reconcile(withoutNics(before, fresh), model);
    if (fresh.length > 0) {
      await nics.take(fresh, null);
      await reconcile(before, model);
    }
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
  const summary = name === "AbortError" ? "the change was interrupted" : message;
  return [{ code: name === "AbortError" ? "apply.interrupted" : "apply.internal", severity: "error", summary }];
}
