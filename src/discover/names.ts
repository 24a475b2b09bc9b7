/** What a namespace is called: by its user, if it has been given a name, else after who is in it. Pure. */

import { compareNames, ROOT } from "../model/index.ts";
import type { Container } from "../model/index.ts";
import type { Found } from "./find.ts";

const NETNS = "/run/netns/";
/** Names that an engine has made up for its containers. */
const GENERATED = /^(?:cni-|netns-)?[0-9a-f]{8,}(?:-[0-9a-f]+)*$/;

export function nameNamespaces(
  namespaces: readonly Found[],
  root: number,
  labs: ReadonlyMap<number, string>,
  containers: ReadonlyMap<number, readonly Container[]>,
): Map<number, string> {
  const names = new Map<number, string>();
  const taken = new Map<string, number>();
  for (const found of namespaces) {
    const name = found.inode === root ? ROOT : nameOf(found, labs, containers.get(found.inode)?.[0]);
    names.set(found.inode, name);
    taken.set(name, (taken.get(name) ?? 0) + 1);
  }
  for (const found of namespaces) {
    const { inode } = found;
    const name = names.get(inode) ?? "";
    // Names in /run/netns are shared with `ip netns` and stay unchanged. Only the machine's own is `root`.
    const fixed = inode === root || (name !== ROOT && givenName(found) === name);
    if (!fixed && ((taken.get(name) ?? 0) > 1 || name === ROOT)) names.set(inode, `${name}#${inode}`);
  }
  return names;
}

function givenName({ handles }: Found): string | undefined {
  const inPlace = handles.filter(({ path, process }) => process === null && path.startsWith(NETNS));
  return first(inPlace.map(({ path }) => path.slice(NETNS.length)));
}

function nameOf(found: Found, labs: ReadonlyMap<number, string>, container?: Container): string {
  const { handles, processes } = found;
  const given = givenName(found);
  if (given !== undefined && (container === undefined || !GENERATED.test(given))) return given;
  const lab = processes.map(({ pid }) => labs.get(pid)).find((name) => name !== undefined);
  if (lab !== undefined) return `${lab}/${ROOT}`;
  for (const { path, process } of handles) {
    const name = process === null ? undefined : labs.get(process.pid);
    const prefix = `/proc/${process?.pid}/root${NETNS}`;
    if (name !== undefined && path.startsWith(prefix)) return `${name}/${path.slice(prefix.length)}`;
  }
  if (container !== undefined)
    return container.pod ?? container.name ?? `${container.engine}-${container.id.slice(0, 12)}`;
  if (given !== undefined) return given;
  const named = first(handles.flatMap(({ path }) => /^\/proc\/\d+\/root\/run\/netns\/([^/]+)$/.exec(path)?.[1] ?? []));
  if (named !== undefined) return named;
  const leader = processes[0];
  if (leader !== undefined) return `${leader.command}-${leader.pid}`;
  const bound = handles.find(({ process }) => process === null)?.path;
  if (bound !== undefined) return bound.slice(bound.lastIndexOf("/") + 1);
  const { process, path } = handles[0] ?? { process: null, path: "" };
  // Nobody but us, who do not count.
  if (process === null) return "here";
  const last = path.slice(path.lastIndexOf("/") + 1);
  return /\/fd\/\d+$/.test(path)
    ? `${process.command}-${process.pid}-fd${last}`
    : `${process.command}-${process.pid}-thread`;
}

const first = (names: readonly string[]): string | undefined => [...names].sort(compareNames)[0];
