/**
 * Reads a whole machine with the rights of the calling user. An ordinary user may only enter namespaces that
 * belong to a user namespace of their own (rootless containers, labs); a child process inside that
 * user namespace reads them. In: nothing but the machine. Out: one Discovery, and what could not be seen.
 */

import { spawn } from "node:child_process";
import { readlinkSync, readSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parentPort } from "node:worker_threads";
import type { Discovery, Model, UnseenNamespace } from "../model/index.ts";
import { canonical, compareNodes } from "../model/index.ts";
import { runWorker, DiscoveryWorker } from "./worker.ts";
import { listNamespaces } from "../kernel/index.ts";
import {
  conclude,
  type Depth,
  discover,
  linksOf,
  type Outcome,
  readTasks,
  type Survey,
  surveyMachine,
  withLinks,
  workOf,
} from "./index.ts";

/** The request to a child process, on standard input; it answers with a Discovery on standard output. */
interface ChildRequest {
  readonly depth: Depth;
  readonly only: readonly (readonly [inode: number, name: string])[];
}

/** The name of the machine that this process runs on. */
export const MACHINE = "machine";

const NEWLINE = 10;

/** From this many named namespaces on, two threads are faster than one. */
const MANY = 250;

/** Everything that this process can read; with `sockets` also namespaces kept only by sockets. */
export async function discoverMachine(depth: Depth, sockets = false): Promise<Discovery> {
  // It takes a while to start, so it is created before there is anything for it to do.
  const worker = availableParallelism() > 1 && listNamespaces().length >= MANY ? new DiscoveryWorker() : null;
  const survey = surveyMachine({ name: MACHINE, sockets });
  const own = conclude(survey, await readSurvey(survey, depth, worker), { name: MACHINE });
  const groups = groupsOf(own.unseen);
  const parts = await Promise.all([...groups].map(([, group]) => readByChild(group, depth)));
  return parts.reduce(merged, own);
}

async function readSurvey(survey: Survey, depth: Depth, worker: DiscoveryWorker | null): Promise<Outcome[]> {
  const work = workOf(survey, depth);
  return worker === null ? readTasks(work) : worker.read(work);
}

/** A lab's machine, as seen by its holder. */
export function discoverLab(name: string, depth: Depth, sockets: boolean): Discovery {
  return discover({ name, depth, sockets });
}

/** `netloom __discover`: the second thread of a discovery, or a child process. */
export function runDiscovery(): void {
  if (parentPort !== null) {
    runWorker(parentPort);
    return;
  }
  const { depth, only } = readRequest();
  process.stdout.write(JSON.stringify(discover({ name: MACHINE, only: new Map(only), depth })));
}

/** One line of standard input. */
function readRequest(): ChildRequest {
  const parts: Buffer[] = [];
  for (;;) {
    const bytes = Buffer.allocUnsafe(1 << 16);
    const count = readSync(0, bytes);
    parts.push(bytes.subarray(0, count));
    if (count === 0 || bytes[count - 1] === NEWLINE)
      return JSON.parse(Buffer.concat(parts).toString("utf8")) as ChildRequest;
  }
}

/** A process that we may look into, and the namespaces that are held in its user namespace. */
interface Group {
  readonly pid: number;
  readonly path: string;
  readonly wanted: [number, string][];
}

function groupsOf(unseen: readonly UnseenNamespace[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  const ours = userNamespace("self");
  for (const { inode, name, processes, handles } of unseen) {
    for (const pid of [...processes, ...handles.flatMap(({ process }) => process ?? [])].map((one) => one.pid)) {
      const user = userNamespace(pid);
      // Our own has let us down already.
      if (user === null || user === ours) continue;
      const known = groups.get(user);
      const path = processes.some((one) => one.pid === pid)
        ? `/proc/${pid}/ns/net`
        : handles.find((one) => one.process?.pid === pid)?.path;
      if (known !== undefined) known.wanted.push([inode, name]);
      else if (path !== undefined) groups.set(user, { pid, path, wanted: [[inode, name]] });
      break;
    }
  }
  return groups;
}

function userNamespace(pid: number | "self"): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return null;
  }
}

/** Inside of the user namespace that the group belongs to. */
function readByChild({ pid, path, wanted }: Group, depth: Depth): Promise<Discovery | null> {
  const enter = ["nsenter", "--target", String(pid), "--user", `--net=${path}`, "--preserve-credentials", "--"];
  return send(enter, { depth, only: wanted });
}

/** Null without an answer: the discovery then goes without. */
function send(through: readonly string[], request: ChildRequest): Promise<Discovery | null> {
  const { NODE_OPTIONS: _theirs, NODE_EXTRA_CA_CERTS: _slow, ...env } = process.env;
  const [command, ...args] = [...through, process.execPath, ...process.execArgv, process.argv[1]!, "__discover"];
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "ignore"] });
    const parts: Buffer[] = [];
    child.stdout.on("data", (more: Buffer) => parts.push(more));
    child.stdin.on("error", () => {}); // it has ended
    child.once("error", () => resolve(null));
    child.once("close", (code) =>
      resolve(code === 0 ? (JSON.parse(Buffer.concat(parts).toString("utf8")) as Discovery) : null),
    );
    // A line, not an end: of that the helper would learn only when we have done our own part.
    child.stdin.end(`${JSON.stringify(request)}\n`);
  });
}

/** Together. What neither has seen stays unseen; who is in a namespace is known from before, without the helper itself. */
function merged(whole: Discovery, part: Discovery | null): Discovery {
  if (part === null) return whole;
  const seen = new Set(part.namespaces.map(({ inode }) => inode));
  const held = new Map(whole.unseen.map(({ inode, processes, handles }) => [inode, { processes, handles }]));
  const model: Model = canonical({
    ...whole.model,
    namespaces: [...whole.model.namespaces, ...part.model.namespaces],
  });
  const namespaces = [
    ...whole.namespaces,
    ...part.namespaces.map((each) => ({ ...each, ...held.get(each.inode) })),
  ].sort((a, b) => compareNodes(a.name, b.name));
  return {
    model,
    namespaces,
    openvswitch: withLinks(whole.openvswitch, linksOf(model, namespaces)),
    unseen: whole.unseen.filter(({ inode }) => !seen.has(inode)),
    remarks: whole.remarks,
  };
}

/** Only these namespaces, and what belongs to them. */
export function part(discovery: Discovery, isWanted: (name: string) => boolean): Discovery {
  return {
    model: { ...discovery.model, namespaces: discovery.model.namespaces.filter(({ name }) => isWanted(name)) },
    namespaces: discovery.namespaces.filter(({ name }) => isWanted(name)),
    openvswitch: discovery.openvswitch.filter(({ namespace }) => isWanted(namespace)),
    unseen: discovery.unseen.filter(({ name }) => isWanted(name)),
    remarks: discovery.remarks,
  };
}
