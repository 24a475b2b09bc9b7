/** Puts the changes of a plan into the order in which they are carried out, from what each of them needs. Pure. */

import type { Link } from "../model/index.ts";
import { lowerOf } from "../model/index.ts";
import { type Change, type ChangeOf, needsOf } from "../plan/index.ts";
import { type Creation, creationsOf, type End, endKey } from "./creations.ts";
import { removalsOf } from "./removals.ts";
import { type Step, type Wave, WaveDrafts } from "./waves.ts";

export interface Schedule {
  /** To be made. */
  readonly namespaces: readonly string[];
  /** Of links that exist, by namespace. */
  readonly renames: readonly { readonly namespace: string; readonly from: string; readonly to: string }[];
  /** Links that must be gone before anything is made. */
  readonly early: readonly End[];
  /** What needs nothing new, in namespaces that exist. */
  readonly inPlace: readonly Step[];
  /** What is new, and what needs that. */
  readonly waves: readonly Wave[];
  /** Links that go when all else is done. */
  readonly late: readonly End[];
  /** Namespaces that go. */
  readonly dropped: readonly string[];
  readonly creations: readonly Creation[];
}

/** @throws NetloomError when the plan has something that cannot be made. */
export function scheduleOf(changes: readonly Change[]): Schedule {
  const created = changes.filter(isLink).filter(({ action }) => action === "create");
  const creations = creationsOf(created);
  const namespaces = namespacesOf(changes, "create");
  const finish = finishingWaves(creations, namespaces);
  const drafts = new WaveDrafts(new Set(namespaces));
  const isNew = new Set(creations.flatMap(({ ends }) => ends.map((end) => endKey(end.namespace, end.link.name))));
  for (const creation of creations) {
    const { wave, maker } = creation;
    if (maker === null) drafts.cables(wave).push(creation);
    else drafts.step(wave, maker).creations.push(creation);
    for (const { namespace, link } of creation.ends) drafts.step(finish.get(namespace)!, namespace).links.push(link);
  }
  for (const change of changes) {
    const { namespace } = change;
    if (change.kind === "service" || change.kind === "namespace") continue;
    if (change.kind === "link" && change.action !== "update") continue;
    const last = finish.get(namespace);
    const waits = needs(change).some((need) => need.link !== null && isNew.has(endKey(need.namespace, need.link)));
    if (last === undefined || !(waits || drafts.isNew(namespace))) drafts.step(0, namespace).changes.push(change);
    else if (drafts.isNew(namespace) || change.kind !== "link") drafts.step(last, namespace).changes.push(change);
    else {
      const [now, then] = inTwo(change);
      drafts.step(0, namespace).changes.push(now);
      drafts.step(last, namespace).changes.push(then);
    }
  }
  const [inPlace, ...waves] = drafts.done();
  const { early, late } = removalsOf(changes.filter(isLink));
  return {
    namespaces,
    renames: renamesOf(changes),
    early,
    inPlace: inPlace!.steps,
    waves,
    late,
    dropped: namespacesOf(changes, "delete"),
    creations,
  };
}

const isLink = (change: Change): change is ChangeOf<"link"> => change.kind === "link";

function needs(change: Change): ReturnType<typeof needsOf> {
  if (change.kind === "service" || change.after === null) return [];
  return needsOf(change.kind, change.after, change.namespace);
}

function namespacesOf(changes: readonly Change[], action: Change["action"]): string[] {
  return changes.flatMap((change) =>
    change.kind === "namespace" && change.action === action ? [change.namespace] : [],
  );
}

function renamesOf(changes: readonly Change[]): { namespace: string; from: string; to: string }[] {
  return changes.flatMap((change) =>
    isLink(change) && change.action === "update" && change.before!.name !== change.after!.name
      ? [{ namespace: change.namespace, from: change.before!.name, to: change.after!.name }]
      : [],
  );
}

/**
 * The wave in which all new links of a namespace exist, so that the rest can follow in one send; a link comes up after the one
 * that it is on. Namespaces with nothing new have none.
 */
function finishingWaves(creations: readonly Creation[], namespaces: readonly string[]): Map<string, number> {
  const finish = new Map(namespaces.map((name) => [name, 1]));
  const raise = (namespace: string, wave: number): void =>
    void finish.set(namespace, Math.max(wave, finish.get(namespace) ?? 1));
  for (const { ends, maker, wave } of creations)
    for (const { namespace } of ends) raise(namespace, maker === namespace ? wave : wave + 1);
  const crossing = creations.flatMap(({ ends: [{ namespace, link }] }) => {
    const lower = lowerOf(link)?.namespace ?? namespace;
    return lower === namespace || !finish.has(lower) ? [] : [{ namespace, lower }];
  });
  // As often as a chain of them can be long: each may raise the next.
  for (const _ of crossing) for (const { namespace, lower } of crossing) raise(namespace, finish.get(lower)! + 1);
  return finish;
}

/** A link that exists and is to be on a new one: what can be done at once, its name among it, and the rest. */
function inTwo(change: ChangeOf<"link">): [ChangeOf<"link">, ChangeOf<"link">] {
  const [before, after] = [change.before!, change.after!];
  const lower = "lower" in after && "lower" in before ? { lower: before.lower } : {};
  const between = { ...after, master: before.master, ...lower } as Link;
  return [
    { ...change, after: between },
    { ...change, before: between },
  ];
}
