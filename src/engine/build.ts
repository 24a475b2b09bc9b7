/**
 * The main path in one screen, for a process inside the lab's private machine: observe → plan → apply → observe.
 * A topology has been loaded and resolved before (topology/); starting the machine itself is sandbox/'s work.
 */

import { failure, NetloomError } from "../diagnostic.ts";
import { apply, type ApplyProgress, LinkIndexes } from "../apply/index.ts";
import type { LabContext } from "../kernel/index.ts";
import { type Expectation, type Model, ROOT, type Verification } from "../model/index.ts";
import { observe, type Observation, type ObserveOptions } from "../observe/index.ts";
import { type Change, plan } from "../plan/index.ts";
import { verify, type VerifyOptions } from "../verify/index.ts";

export interface BuildReport {
  /** How many objects were made or set. */
  readonly changes: number;
  readonly namespaces: number;
  /** Link ends. */
  readonly links: number;
  /** The whole, and of it the part that made things; the rest planned before and read everything back after. */
  readonly milliseconds: number;
  readonly applying: number;
}

export type BuildProgress = ApplyProgress | { readonly stage: "check"; readonly done: number; readonly total: number };

/** How many differences an error spells out. */
const DIFFERENCES_SHOWN = 20;

/**
 * Makes an empty lab equal to `desired`, and proves it by reading everything back.
 * Throws when the kernel refuses something, when what was read back differs, or when the lab is not empty and differs.
 */
export async function build(
  context: LabContext,
  desired: Model,
  onProgress: (progress: BuildProgress) => void = () => {},
): Promise<BuildReport> {
  const started = performance.now();
  const before = observeFor(context, desired);
  const changes = plan(desired, before.model);
  const planned = performance.now();
  checkEmpty(changes);
  const report = await apply(context, changes, desired, new LinkIndexes(indexesOf(before)), { onProgress });
  const applying = performance.now() - planned;
  onProgress({ stage: "check", done: 0, total: desired.namespaces.length });
  const left = difference(context, desired);
  if (left.length > 0) throw differs(desired.name, left);
  return { ...report, milliseconds: performance.now() - started, applying };
}

/** Refuses to make a machine equal to a topology by deleting what somebody else may have made. */
function checkEmpty(changes: readonly Change[]): void {
  const found = changes.find(({ action, kind }) => action === "delete" && kind !== "table");
  if (found === undefined) return;
  throw failure("apply.change-running", `cannot delete ${found.kind} ${found.id} of a running lab`, {
    subject: `namespace ${found.namespace}`,
    cause: found.reason,
    state: "nothing was changed",
    hint: "take the lab down and bring it up again",
  });
}

/**
 * What `desired` has that the kernel has not, and the other way round; [] when they are equal. With what netloom made
 * before, what others put beside it does not count.
 */
export function difference(context: LabContext, desired: Model, previous?: Model): Change[] {
  return plan(desired, observeFor(context, desired).model, previous === undefined ? {} : { previous });
}

/** Reads the lab back; of sysctls those that `desired` speaks of. */
export function observeFor(context: LabContext, desired: Model, since?: ObserveOptions["since"]): Observation {
  const sysctls = new Map(desired.namespaces.map((each) => [each.name, Object.keys(each.sysctls)]));
  const observation = observe(context, desired.name, { sysctls, ...(since === undefined ? {} : { since }) });
  return context.mark === null ? observation : { ...observation, model: askedOf(observation.model, desired) };
}

/** On the machine itself: that it forwards, though the lab does not need it, is nobody's business. */
function askedOf(model: Model, desired: Model): Model {
  const wanted = desired.namespaces.find(({ name }) => name === ROOT)?.forwarding;
  const namespaces = model.namespaces.map((each) => {
    if (each.name !== ROOT) return each;
    const { ipv4, ipv6 } = each.forwarding;
    return { ...each, forwarding: { ipv4: ipv4 && wanted?.ipv4 === true, ipv6: ipv6 && wanted?.ipv6 === true } };
  });
  return { ...model, namespaces };
}

/** Probes the expectations, or without any every node from every other, on real packets. */
export function prove(
  context: LabContext,
  model: Model,
  expectations: readonly Expectation[] | null,
  options: VerifyOptions = {},
): Promise<Verification> {
  return verify(context, model, expectations, options);
}

export function indexesOf(observation: Observation): Map<string, Map<string, number>> {
  const indexes = (links: ReadonlyMap<string, { readonly index: number }>): Map<string, number> =>
    new Map([...links].map(([link, state]) => [link, state.index]));
  return new Map([...observation.links].map(([namespace, links]) => [namespace, indexes(links)]));
}

export function differs(name: string, left: readonly Change[]): NetloomError {
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
