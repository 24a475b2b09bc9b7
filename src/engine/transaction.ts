/** Several steps, all or nothing: when one fails, what was done is undone in reverse order. */

import { type Diagnostic, NetloomError } from "../diagnostic.ts";

export interface Step {
  /** What is changed, for the report when that cannot be undone: "the network". */
  readonly what: string;
  readonly run: () => void | Promise<void>;
  /**
   * Goes back to what was before the step, however far it came. Resolves to whether there was anything to undo; throws
   * when that fails. Also called when the step itself has failed, unless it is atomic.
   */
  readonly undo?: () => boolean | Promise<boolean>;
  /** Leaves nothing behind when it fails; its error says so. */
  readonly atomic?: boolean;
}

const NOTHING = "nothing was changed";
const UNDONE = "all changes were undone: the lab is as it was before";
const PARTLY_UNDONE = "some changes could not be undone";

/**
 * Runs the steps. Throws the error of the step that failed, with what has become of the others: an undo that fails does not
 * keep the ones before it from being undone, and is reported after the error. `restored` is what is said of a full undo.
 */
export async function transaction(steps: readonly Step[], restored: string = UNDONE): Promise<void> {
  const begun: Step[] = [];
  for (const step of steps) {
    try {
      await step.run();
      begun.push(step);
    } catch (error) {
      if (step.atomic !== true) begun.push(step);
      throw afterUndo(error, await undoAll(begun), restored);
    }
  }
}

/** What a transaction has thrown: is something of it left? */
export function isPartlyUndone(error: unknown): boolean {
  return error instanceof NetloomError && error.diagnostics[0]?.state === PARTLY_UNDONE;
}

interface Outcome {
  /** There was something to undo, and it was undone. */
  readonly undone: boolean;
  readonly failures: readonly Diagnostic[];
}

async function undoAll(steps: readonly Step[]): Promise<Outcome> {
  let undone = false;
  const failures: Diagnostic[] = [];
  for (const { what, undo } of [...steps].reverse()) {
    try {
      if ((await undo?.()) === true) undone = true;
    } catch (error) {
      failures.push(...diagnosticsOf(error).map((each) => ({ ...each, state: `${what} could not be put back` })));
    }
  }
  return { undone, failures };
}

function afterUndo(error: unknown, { undone, failures }: Outcome, restored: string): NetloomError {
  const [first, ...others] = diagnosticsOf(error);
  // An atomic step has said what it has left; what comes before it was undone beside that.
  const partly = failures.length > 0 || first!.state === PARTLY_UNDONE;
  const state = partly ? PARTLY_UNDONE : undone ? restored : (first!.state ?? NOTHING);
  const status = error instanceof NetloomError ? error.status : 1;
  return new NetloomError([{ ...first!, state }, ...others, ...failures], status);
}

export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof NetloomError) return error.diagnostics;
  const { name, message } = error as Error;
  if (name === "AbortError")
    return [{ code: "apply.interrupted", severity: "error", summary: "the change was interrupted" }];
  return [{ code: "apply.internal", severity: "error", summary: message }];
}
