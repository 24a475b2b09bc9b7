/** Reads a whole machine: finds its namespaces, names them, reads each, and finds out who is plugged into whom. */

import { closeSync, fstatSync, openSync } from "node:fs";
import type { Container, Discovery, UnseenNamespace } from "../../model/index.ts";
import { canonical, compareNodes, ROOT } from "../../model/index.ts";
import { fsCall, homeNamespace, KernelError } from "../../kernel/index.ts";
import { NetlinkDecodeError } from "../../netlink/index.ts";
import { assemble, withPeers } from "./assemble.ts";
import { readContainer } from "./containers.ts";
import { findNamespaces, type Found, type Machine } from "./find.ts";
import { askable, type Askable } from "./modules.ts";
import { nameNamespaces } from "./names.ts";
import { type OpenPlace, resolveEnds } from "./peers.ts";
import { type Depth, readNamespace, type Reading, type ReadOptions } from "./read.ts";

export interface DiscoverOptions {
  /** Of the model. */
  readonly name: string;
  /** Only these, by inode, and called so; default: all there are. */
  readonly only?: ReadonlyMap<number, string>;
  /** Default: all. */
  readonly depth?: Depth;
  /** Inode of the namespace that is called `root`; default: that of process 1. */
  readonly root?: number;
}

/** Nothing is changed: no namespace gets an id, no module is loaded, nothing is written. */
export function discover(options: DiscoverOptions): Discovery {
  const machine = findNamespaces(options.root);
  const all = [...machine.namespaces.values()];
  const wanted = options.only === undefined ? all : all.filter(({ inode }) => options.only!.has(inode));
  const containers = containersOf(wanted, machine.root);
  const names = options.only ?? nameNamespaces(all, machine.root, machine.labs, containers);
  const nameOf = ({ inode }: Found): string => names.get(inode) ?? "";
  const unseen: UnseenNamespace[] = [];
  const remarks: string[] = [];
  const readings = new Map<string, Reading>();
  const asking = askable();
  const rootPlace = machine.namespaces.get(machine.root);
  using root = rootPlace === undefined ? null : openOrNull(rootPlace);
  const reading = { root: root?.fd ?? null, askable: asking, depth: options.depth ?? "all" };
  for (const found of [...wanted].sort((a, b) => compareNodes(nameOf(a), nameOf(b)))) {
    const name = nameOf(found);
    const inhabited = found.processes.length > 0;
    const outcome = readOne(found, name, { ...reading, inhabited });
    if ("reading" in outcome) readings.set(name, outcome.reading);
    else if (outcome.cause === null) remarks.push(`namespace ${name} went away while it was being read`);
    else {
      const { inode, processes, handles } = found;
      unseen.push({ inode, name, processes, handles, cause: outcome.cause });
    }
  }
  const found = new Map(wanted.map((each) => [nameOf(each), each]));
  const open = (name: string): OpenPlace | null => openFound(found.get(name)!);
  const places = [...readings].map(([name, { rootId, ends, indexes }]) => ({ name, rootId, ends, indexes }));
  const ends = resolveEnds(places, names.get(machine.root) ?? ROOT, open);
  const namespaces = [...readings].map(([name, reading]) => {
    const { inode, processes, handles } = found.get(name)!;
    const container = containers.get(inode) ?? null;
    return assemble({ name, inode, container, processes, handles }, reading, ends, machine);
  });
  const model = canonical({ name: options.name, namespaces: [...readings.values()].map(({ namespace }) => withPeers(namespace, ends)) }); // prettier-ignore
  return { model, namespaces, unseen, remarks: [...remarks, ...shortcomings(machine, readings, asking)] };
}

/** Whoever keeps a namespace alive first tells what it is. */
function containersOf(all: readonly Found[], root: number): Map<number, Container> {
  return new Map(
    all.flatMap(({ inode, processes }) => {
      const pid = processes[0]?.pid ?? null;
      const container = inode === root || pid === null ? null : readContainer(pid);
      return container === null ? [] : [[inode, container] as const];
    }),
  );
}

type Outcome = { readonly reading: Reading } | { readonly cause: string | null };

/** `cause` null: it is not there any more. */
function readOne(found: Found, name: string, options: ReadOptions): Outcome {
  let handle: OpenPlace | null;
  try {
    handle = openFound(found);
  } catch (error) {
    return { cause: causeOf(error) };
  }
  if (handle === null) return { cause: null };
  using open = handle;
  try {
    return { reading: readNamespace(name, open.fd, options) };
  } catch (error) {
    return { cause: causeOf(error) };
  }
}

function causeOf(error: unknown): string {
  if (error instanceof KernelError) return error.diagnostics[0]?.cause ?? error.message;
  if (error instanceof NetlinkDecodeError) return error.message;
  throw error;
}

/** What says that a place is gone rather than closed. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EINVAL"]);

/** By the first way that leads to this very namespace, for pids and names are given again. Null when it is gone. */
function openFound({ inode, paths }: Found): OpenPlace | null {
  // Going into one's own is the one thing that nobody needs to be allowed.
  const home = homeNamespace();
  if (Number(home.inode) === inode) return { fd: home.fd, [Symbol.dispose]: () => {} };
  let refused: KernelError | null = null;
  for (const path of paths) {
    try {
      const fd = fsCall(`open network namespace ${path}`, () => openSync(path, "r"));
      if (fstatSync(fd).ino === inode) return { fd, [Symbol.dispose]: () => closeSync(fd) };
      closeSync(fd);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (!GONE.has(error.errnoName)) refused = error;
    }
  }
  if (refused !== null) throw refused;
  return null;
}

function openOrNull(found: Found): OpenPlace | null {
  try {
    return openFound(found);
  } catch {
    // Without it, links that lead there are not followed.
    return null;
  }
}

/** What is missing, in words. */
function shortcomings({ hidden }: Machine, readings: ReadonlyMap<string, Reading>, asking: Askable): string[] {
  const remarks: string[] = [];
  const root = process.geteuid?.() === 0;
  if (hidden.length > 0) {
    const [one = 0] = hidden;
    const whose = hidden.length === 1 ? `process ${one} cannot be looked into` : `${hidden.length} processes cannot be looked into`; // prettier-ignore
    remarks.push(`${whose}: namespaces that only they are in, and what they listen on, are not told`);
  }
  if (!root && readings.size > 0 && asking.nftables)
    remarks.push("netfilter rules of the machine are told to root only");
  return remarks;
}
