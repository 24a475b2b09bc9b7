/**
 * Reading a whole machine, as whoever asks: what this process may read it reads itself. An ordinary user may not enter other
 * namespaces, but for those that belong to a user namespace of their own (rootless containers, labs): a helper inside of that
 * user namespace reads them. In: nothing but the machine. Out: one Discovery, and what could not be seen.
 */

import { spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import type { Discovery, Model, UnseenNamespace } from "./model/index.ts";
import { canonical, compareNodes } from "./model/index.ts";
import { type Depth, discover } from "./observe/discover/index.ts";

/** What the helper is told on standard input; it answers with a Discovery on standard output. */
interface Errand {
  /** Inodes, and what they are called. */
  readonly only: readonly (readonly [number, string])[];
  readonly depth: Depth;
}

/** Of the machine that this process runs on. */
export const MACHINE = "machine";

/** Everything that can be read from here. */
export async function discoverMachine(depth: Depth): Promise<Discovery> {
  const own = discover({ name: MACHINE, depth });
  const groups = groupsOf(own.unseen);
  const parts = await Promise.all([...groups].map(([, group]) => readByHelper(group, depth)));
  return parts.reduce(merged, own);
}

/** What a lab's holder sees of its own machine. */
export function discoverLab(name: string, depth: Depth): Discovery {
  return discover({ name, depth });
}

/** The helper's work: `netloom __discover`. */
export function runErrand(): void {
  const { only, depth } = JSON.parse(readFileSync(0, "utf8")) as Errand;
  process.stdout.write(JSON.stringify(discover({ name: MACHINE, only: new Map(only), depth })));
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
      const path = processes.some((one) => one.pid === pid) ? `/proc/${pid}/ns/net` : handles.find((one) => one.process?.pid === pid)?.path; // prettier-ignore
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

/** Null when it cannot be had: then what it would have read stays unseen. */
function readByHelper({ pid, path, wanted }: Group, depth: Depth): Promise<Discovery | null> {
  const enter = ["--target", String(pid), "--user", `--net=${path}`, "--preserve-credentials", "--"];
  const { NODE_OPTIONS: _theirs, NODE_EXTRA_CA_CERTS: _slow, ...env } = process.env;
  const self = [process.execPath, ...process.execArgv, process.argv[1]!, "__discover"];
  return new Promise((resolve) => {
    const child = spawn("nsenter", [...enter, ...self], { env, stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
    child.stdin.on("error", () => {}); // it has ended
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code === 0 ? (JSON.parse(text) as Discovery) : null));
    child.stdin.end(JSON.stringify({ only: wanted, depth } satisfies Errand));
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
  return {
    model,
    namespaces: [...whole.namespaces, ...part.namespaces.map((each) => ({ ...each, ...held.get(each.inode) }))].sort(
      (a, b) => compareNodes(a.name, b.name),
    ),
    unseen: whole.unseen.filter(({ inode }) => !seen.has(inode)),
    remarks: whole.remarks,
  };
}

/** Only these namespaces, and what is said of them. */
export function part(discovery: Discovery, isWanted: (name: string) => boolean): Discovery {
  return {
    model: { ...discovery.model, namespaces: discovery.model.namespaces.filter(({ name }) => isWanted(name)) },
    namespaces: discovery.namespaces.filter(({ name }) => isWanted(name)),
    unseen: discovery.unseen.filter(({ name }) => isWanted(name)),
    remarks: discovery.remarks,
  };
}
