/** Changes a lab that runs: only what the plan names is touched, and what takes over is there before what it replaces goes. */

import { failure } from "../diagnostic.ts";
import type { Link, Model } from "../model/index.ts";
import { deleteNode, type LabContext } from "../kernel/index.ts";
import type { Change, ChangeOf } from "../plan/index.ts";
import { alterNode, deleteLinks } from "./alter-node.ts";
import type { LinkIndexes } from "./indexes.ts";
import { apply, type ApplyProgress, type ApplyReport } from "./run.ts";

export interface AlterOptions {
  readonly onProgress?: (progress: ApplyProgress) => void;
  /** Aborting stops between two steps; what has been done stays done, undoing is the caller's. */
  readonly signal?: AbortSignal | undefined;
  /** Called before a namespace is dropped: what runs in it has to end. */
  readonly evacuate?: (namespace: string) => Promise<void>;
}

/**
 * Stages: links whose name is needed for another go first; then what changes on links that stay, one send for each
 * namespace; then everything new; then links that are not wanted any more; namespaces last, since no one can undo that.
 * Throws a NetlinkError or KernelError for the first thing that the kernel refuses; undoing is the caller's.
 */
export async function alter(
  context: LabContext,
  changes: readonly Change[],
  desired: Model,
  indexes: LinkIndexes,
  { onProgress, evacuate, signal }: AlterOptions = {},
): Promise<ApplyReport> {
  const parts = sort(changes);
  const ends = new LinkEnds();
  deleteLinks(context, ends.once(parts.early), indexes);
  indexes.rename(renamesOf(changes));
  await checkSignal(signal);
  const nodes = new Map(desired.namespaces.map((namespace) => [namespace.name, namespace]));
  for (const [name, own] of parts.inPlace) alterNode(context, name, own, nodes.get(name)!, indexes);
  await checkSignal(signal);
  const report = await apply(context, parts.fresh, indexes, onProgress);
  await checkSignal(signal);
  for (const [name, own] of parts.replugged) alterNode(context, name, own, nodes.get(name)!, indexes);
  deleteLinks(context, ends.once(parts.late), indexes);
  for (const name of parts.namespaces) {
    await evacuate?.(name);
    deleteNode(context, name);
  }
  return { ...report, changes: changes.length };
}

/** Throws when it was given. All before was one turn of the event loop: it comes in the next. */
export async function checkSignal(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return;
  // What sockets have to tell comes between two of these.
  for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve));
  if (signal.aborted) throw failure("apply.interrupted", "the change was interrupted");
}

function renamesOf(changes: readonly Change[]): { namespace: string; from: string; to: string }[] {
  return changes.flatMap((change) =>
    change.kind === "link" && change.action === "update" && change.before!.name !== change.after!.name
      ? [{ namespace: change.namespace, from: change.before!.name, to: change.after!.name }]
      : [],
  );
}

interface Parts {
  /** Links that go before others take their names. */
  readonly early: readonly ChangeOf<"link">[];
  /** By namespace: what is done to links that are there and stay. */
  readonly inPlace: ReadonlyMap<string, readonly Change[]>;
  /** New namespaces and links, and all that is on them: as when a lab is built. */
  readonly fresh: readonly Change[];
  /** By namespace: links that become ports of a new bridge. */
  readonly replugged: ReadonlyMap<string, readonly Change[]>;
  readonly late: readonly ChangeOf<"link">[];
  /** That go. */
  readonly namespaces: readonly string[];
}

function sort(changes: readonly Change[]): Parts {
  const newNamespaces = new Set<string>();
  const newLinks = new Set<string>();
  const names = new Set<string>();
  for (const change of changes) {
    if (change.kind === "namespace" && change.action === "create") newNamespaces.add(change.namespace);
    if (change.kind !== "link" || change.after === null) continue;
    names.add(endKey(change.namespace, change.after.name));
    if (change.action === "create") newLinks.add(endKey(change.namespace, change.after.name));
  }
  const isNew = (namespace: string, link: string | null): boolean =>
    link !== null && newLinks.has(endKey(namespace, link));
  const parts = {
    early: [] as ChangeOf<"link">[],
    inPlace: new Map<string, Change[]>(),
    fresh: [] as Change[],
    replugged: new Map<string, Change[]>(),
    late: [] as ChangeOf<"link">[],
    namespaces: [] as string[],
  };
  const add = (map: Map<string, Change[]>, change: Change): void => {
    const own = map.get(change.namespace);
    if (own) own.push(change);
    else map.set(change.namespace, [change]);
  };
  for (const change of changes) {
    const { namespace } = change;
    if (change.kind === "namespace" && change.action === "delete") parts.namespaces.push(namespace);
    else if (newNamespaces.has(namespace)) parts.fresh.push(change);
    else if (change.kind === "link" && change.action === "delete") {
      (names.has(endKey(namespace, change.before!.name)) ? parts.early : parts.late).push(change);
    } else if (!linksOf(change).some((link) => isNew(namespace, link))) add(parts.inPlace, change);
    else if (change.kind === "link" && change.action === "update") add(parts.replugged, change);
    else parts.fresh.push(change);
  }
  return parts;
}

const endKey = (namespace: string, link: string): string => `${namespace}:${link}`;

/** Links that must be there for the object to be made. */
function linksOf(change: Change): (string | null)[] {
  if (change.after === null) return [];
  switch (change.kind) {
    case "link":
      return change.action === "create" ? [change.after.name] : [change.after.master];
    case "address":
    case "neighbour":
      return [change.after.link];
    case "sysctl":
      return interfaceOf(change.after.key);
    case "route":
      return change.after.nextHops.map(({ link }) => link);
    default:
      return [];
  }
}

/** `net.ipv4.conf.eth0/100.forwarding` is there when eth0.100 is. */
function interfaceOf(key: string): string[] {
  const name = /^net\.(?:ipv4|ipv6|mpls)\.(?:conf|neigh)\.([^.]+)\./.exec(key)?.[1];
  return name === undefined ? [] : [name.replaceAll("/", ".")];
}

/** Deleting one end of a cable deletes the other: each pair once. */
class LinkEnds {
  readonly #gone = new Set<string>();

  once(changes: readonly ChangeOf<"link">[]): ChangeOf<"link">[] {
    return changes.filter(({ namespace, before }) => {
      const link = before as Link;
      if (this.#gone.has(endKey(namespace, link.name))) return false;
      if (link.kind === "veth" && link.peer !== null) this.#gone.add(endKey(link.peer.namespace, link.peer.link));
      return true;
    });
  }
}
