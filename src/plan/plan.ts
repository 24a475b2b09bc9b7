/** The difference of two models, in the order in which it can be carried out. */

import type { Model, Namespace } from "../model/index.ts";
import type { Change, KernelKind, Objects } from "./change.ts";
import { leaveAlone } from "./foreign.ts";
import { KINDS, rankOf } from "./kinds/index.ts";
import type { Kind } from "./kinds/kind.ts";
import { emptyNamespace, namespaceKind } from "./kinds/namespace.ts";
import { findRenames, renamed } from "./renames.ts";

/** What `plan` may know beside the two models. */
export interface PlanOptions {
  /**
   * What netloom made here before. With it, namespaces and links that are in neither model are left alone: they are
   * someone else's. Without it everything that is not desired goes.
   */
  readonly previous?: Model;
}

/** Objects under their new names → as they are now. */
type Former = ReadonlyMap<unknown, unknown>;

/**
 * Changes that turn `found` into `desired`; [] when they are equal. Deletions come first (routes before the links that
 * they leave by), then creations and updates. What the kernel made by itself (`origin` other than static) is in no plan.
 */
export function plan(desired: Model, found: Model, options: PlanOptions = {}): Change[] {
  const { model, former } = renamed(found, findRenames(desired, found));
  const observed = leaveAlone(model, desired, options.previous);
  const there = new Map(observed.namespaces.map((namespace) => [namespace.name, namespace]));
  const changes: Change[] = [];
  for (const want of desired.namespaces) {
    const have = there.get(want.name) ?? null;
    there.delete(want.name);
    for (const kind of KINDS)
      changes.push(
        ...differences(kind, want, kind === namespaceKind ? have : (have ?? emptyNamespace(want.name)), former),
      );
  }
  // What is in a namespace goes with it.
  for (const have of there.values()) changes.push(...differences(namespaceKind, null, have, former));
  return inOrder(changes);
}

/** Of one kind in one namespace; null where that does not exist. */
function differences<K extends KernelKind>(
  kind: Kind<K>,
  desired: Namespace | null,
  observed: Namespace | null,
  former: Former,
): Change[] {
  const namespace = (desired ?? observed!).name;
  const changes: Change[] = [];
  const add = (before: Objects[K] | null, after: Objects[K] | null, reason: string): void => {
    const action = before === null ? "create" : after === null ? "delete" : "update";
    const id = kind.identity((after ?? before)!);
    changes.push({ kind: kind.kind, action, namespace, id, before, after, reason } as Change);
  };
  const list = (of: Namespace | null): readonly Objects[K][] => (of === null ? [] : kind.list(of));
  const have = new Map(list(observed).map((object) => [kind.identity(object), object]));
  for (const want of list(desired)) {
    const id = kind.identity(want);
    const there = have.get(id);
    have.delete(id);
    if (there === undefined) {
      add(null, want, "the topology has it");
      continue;
    }
    const before = (former.get(there) as Objects[K] | undefined) ?? there;
    const reason = kind.difference(want, there, before);
    if (reason === null) continue;
    if (kind.mustReplace?.(want, there) === true) {
      add(before, null, reason);
      add(null, want, reason);
    } else add(before, want, reason);
  }
  for (const object of have.values()) {
    if (kind.mayStay?.(object) !== true) add(object, null, "the topology does not have it");
  }
  return changes;
}

function inOrder(changes: Change[]): Change[] {
  const rank = ({ kind, action }: Change): number => {
    const rank = rankOf(kind as KernelKind);
    return action === "delete" ? -rank : KINDS.length + rank;
  };
  // Array.prototype.sort is stable: within a rank the models' canonical order stays.
  return changes.sort((left, right) => rank(left) - rank(right));
}
