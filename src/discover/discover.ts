/** Reads a whole machine: finds its namespaces, names them, reads each, and determines how they connect. */

import { closeSync } from "node:fs";
import type { Container, DiscoveredNamespace, Discovery, Model, UnseenNamespace } from "../model/index.ts";
import { canonical, compareNodes, ROOT } from "../model/index.ts";
import { assemble, withPeers } from "./assemble.ts";
import { readContainers } from "./containers.ts";
import { findNamespaces, type Found, type Machine, OVS_SWITCH } from "./find.ts";
import { findBySockets } from "./find-by-sockets.ts";
import { askable } from "./modules.ts";
import { nameNamespaces } from "./names.ts";
import { type LinksOf, readSwitches, withLinks } from "./openvswitch/index.ts";
import { resolveEnds } from "./peers.ts";
import type { Reading } from "./read.ts";
import type { Depth } from "./source.ts";
import { openFound, type Outcome, readTasks, type Task, type Work } from "./tasks.ts";

export interface DiscoverOptions {
  /** Of the model. */
  readonly name: string;
  /** Only these, by inode, and called so; default: all there are. */
  readonly only?: ReadonlyMap<number, string>;
  /** Default: all. */
  readonly depth?: Depth;
  /** Inode of the namespace that is called `root`; default: that of process 1. */
  readonly root?: number;
  /** Also those that only sockets keep; default: not. */
  readonly sockets?: boolean;
}

/** What there is to be read, before any of it is. */
export interface Survey {
  readonly machine: Machine;
  readonly tasks: readonly Task[];
  /** The machine's own namespace. */
  readonly root: Found | null;
  readonly containers: ReadonlyMap<number, readonly Container[]>;
  /** Descriptors to be closed when all was read. */
  readonly held: readonly number[];
}

/** Nothing is changed: no namespace gets an id, no module is loaded, nothing is written. */
export function discover(options: DiscoverOptions): Discovery {
  const survey = surveyMachine(options);
  return conclude(survey, readTasks(workOf(survey, options.depth ?? "all")), options);
}

export function workOf({ tasks, root }: Survey, depth: Depth): Work {
  return { tasks, root: root === null ? null : { inode: root.inode, paths: root.paths }, depth };
}

/** Finds the namespaces and names them. */
export function surveyMachine(options: DiscoverOptions): Survey {
  const { machine, held } = find(options);
  const all = [...machine.namespaces.values()];
  const wanted = options.only === undefined ? all : all.filter(({ inode }) => options.only!.has(inode));
  const containers = containersOf(wanted, machine.root);
  const names = options.only ?? nameNamespaces(all, machine.root, machine.labs, containers);
  const tasks = wanted.map(({ inode, paths, processes }): Task => ({
    inode,
    paths,
    name: names.get(inode) ?? "",
    inhabited: processes.length > 0,
  }));
  tasks.sort((a, b) => compareNodes(a.name, b.name));
  return { machine, tasks, root: machine.namespaces.get(machine.root) ?? null, containers, held };
}

function find({ root, sockets = false }: DiscoverOptions): Pick<Survey, "machine" | "held"> {
  const machine = findNamespaces(root);
  if (!sockets) return { machine, held: [] };
  const { found, held } = findBySockets(machine);
  const more = found.map((one) => [one.inode, one] as const);
  return { machine: { ...machine, namespaces: new Map([...machine.namespaces, ...more]) }, held };
}

/** Puts together what was read, in the order of the tasks. */
export function conclude(survey: Survey, outcomes: readonly Outcome[], options: DiscoverOptions): Discovery {
  const { machine, tasks, containers } = survey;
  const unseen: UnseenNamespace[] = [];
  const remarks: string[] = [];
  const readings: Place[] = [];
  for (const [at, task] of tasks.entries()) {
    const outcome = outcomes[at] ?? { cause: null };
    const { processes = [], handles = [] } = machine.namespaces.get(task.inode) ?? {};
    if ("reading" in outcome) readings.push({ ...task, reading: outcome.reading });
    else if (outcome.cause === null) remarks.push(`namespace ${task.name} disappeared while it was being read`);
    else unseen.push({ inode: task.inode, name: task.name, processes, handles, cause: outcome.cause });
  }
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const places = readings.map(({ name, reading: { indexes, rootId, ends } }) => ({ name, indexes, rootId, ends }));
  const rootName = tasks.find(({ inode }) => inode === machine.root)?.name ?? ROOT;
  const ends = resolveEnds(places, rootName, (name) => openFound(byName.get(name)!));
  for (const fd of survey.held) closeSync(fd);
  const namespaces = readings.map(({ inode, name, reading }) => {
    const { processes = [], handles = [] } = machine.namespaces.get(inode) ?? {};
    const [container = null, ...sharers] = containers.get(inode) ?? [];
    return assemble({ name, inode, container, sharers, processes, handles }, reading, ends, machine);
  });
  const model = canonical({
    name: options.name,
    namespaces: readings.map(({ reading }) => withPeers(reading.namespace, ends)),
  });
  // A child process that reads only some namespaces leaves the switches to its parent.
  const nameOf = (inode: number): string | undefined => tasks.find((task) => task.inode === inode)?.name;
  const switches = options.only === undefined ? readSwitches(machine.openvswitch, nameOf, rootName) : NO_SWITCHES;
  return {
    model,
    namespaces,
    openvswitch: switches.bridges.length === 0 ? [] : withLinks(switches.bridges, linksOf(model, namespaces)),
    unseen,
    remarks: [...remarks, ...switches.remarks, ...shortcomings(machine, readings.length > 0)],
  };
}

const NO_SWITCHES = { bridges: [], remarks: [] };

/** What switches may have as a port. */
export function linksOf(model: Model, namespaces: readonly DiscoveredNamespace[]): LinksOf {
  const macs = new Map(
    model.namespaces.map(({ name, links }) => [name, new Map(links.map((link) => [link.name, link.mac]))]),
  );
  return new Map(
    namespaces.map(({ name: namespace, links }) => [
      namespace,
      links.map(({ name, kind, users }) => ({
        name,
        mac: macs.get(namespace)?.get(name) ?? null,
        switched: kind === "openvswitch" || users.some(({ command }) => command === OVS_SWITCH),
      })),
    ]),
  );
}

interface Place extends Task {
  readonly reading: Reading;
}

/** A namespace is described by the first thing that keeps it alive. */
function containersOf(all: readonly Found[], root: number): Map<number, Container[]> {
  return new Map(
    all.flatMap(({ inode, processes }) => {
      const found = inode === root ? [] : readContainers(processes.map(({ pid }) => pid));
      return found.length === 0 ? [] : [[inode, found] as const];
    }),
  );
}

/** What is missing, in words. */
function shortcomings({ hidden, veiled }: Machine, any: boolean): string[] {
  const remarks: string[] = [];
  const root = process.geteuid?.() === 0;
  if (veiled)
    remarks.push(
      "/proc lists only your own processes: namespaces used only by others, and their listening sockets, are not shown",
    );
  if (hidden.length > 0) {
    const [one = 0] = hidden;
    const whose =
      hidden.length === 1 ? `process ${one} cannot be inspected` : `${hidden.length} processes cannot be inspected`;
    remarks.push(`${whose}: namespaces used only by them, and their listening sockets, are not shown`);
  }
  if (!root && any && askable().nftables) remarks.push("only root can read the netfilter rules of the machine");
  return remarks;
}
