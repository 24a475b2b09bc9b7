/** Running something inside a lab, on this terminal, for exec, shell, run and sandbox. */

import { readdirSync } from "node:fs";
import path from "node:path";
import { failure, type Diagnostic } from "../diagnostic.ts";
import { ROOT } from "../model/types.ts";
import { ensureHolder } from "../lab/index.ts";
import { enter, findLab, insideLab, namesOf } from "../sandbox/index.ts";
import type { EnterOptions, LabRecord } from "../sandbox/index.ts";
import { nearest } from "../topology/suggest.ts";
import { markedNamespaces, markOf } from "../kernel/marks.ts";
import { NETNS_DIRECTORY } from "../kernel/namespace.ts";
import { checkPlace, type LabScope } from "./host.ts";
import { chooseLab, noSuchLab, recovery } from "./lab.ts";
import { say } from "./failure.ts";

/** A lab to run things in; without a record when this very process is in it. */
export interface Place {
  readonly name: string;
  readonly record: LabRecord | null;
}

/** The lab that --lab names, or the one we are in, or the only one. */
export function placeOf(given: string | undefined, scope: LabScope): Place {
  const inside = insideLab();
  // Inside of one on the machine itself one is outside, too.
  const enclosed = inside !== null && findLab(inside.name)?.record?.host === undefined;
  if (enclosed && (given === undefined || given === inside.name)) return { name: inside.name, record: null };
  const name = chooseLab(given, scope);
  checkPlace(name, scope);
  const record = findLab(name)?.record ?? null;
  if (record === null) throw noSuchLab(name, scope);
  return { name, record };
}

/** The same, with a living holder: a lab on the machine itself gets one if it has none. */
export async function enterable(given: string | undefined, scope: LabScope): Promise<Place> {
  const { name, record } = placeOf(given, scope);
  if (record?.host === undefined) return { name, record };
  await ensureHolder(name, recovery(name));
  return placeOf(name, scope);
}

/** Names of the nodes that can be entered; cheap, and independent of the holder. */
export function nodesOf({ record, name }: Place): string[] {
  if (record?.host !== undefined) return nodesOnMachine(name, record.host.prefix);
  return entries(namesOf(record?.holder.pid ?? null));
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** With a prefix they are recognised by name, without one by their marks. */
function nodesOnMachine(lab: string, prefix: string): string[] {
  const names = prefix === "" ? markedNodes(lab) : entries(NETNS_DIRECTORY);
  return names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
}

const markedNodes = (lab: string): string[] =>
  [...markedNamespaces()].flatMap(([name, mark]) => (mark === markOf(lab) ? [name] : []));

/** Throws, with a suggestion, unless there is such a node. */
export function checkNode(place: Place, node: string): void {
  if (node === ROOT) return;
  const names = nodesOf(place);
  if (names.includes(node)) return;
  throw noSuchNode(place.name, node, [ROOT, ...names]);
}

const NAMES_SHOWN = 20;

export function noSuchNode(lab: string, node: string, names: readonly string[]) {
  const sorted = [...names].sort(new Intl.Collator("en", { numeric: true }).compare);
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  const near = nearest(node, names);
  return failure(
    "cli.no-node",
    `lab ${lab} has no node ${JSON.stringify(node)}`,
    {
      cause: `its nodes: ${sorted.slice(0, NAMES_SHOWN).join(", ")}${more}`,
      ...(near === null ? {} : { hint: `did you mean ${JSON.stringify(near)}?` }),
    },
    2,
  );
}

// At their end these give the terminal back to the process group they found, which has no number inside a lab: they take
// that for an error ("Cannot set tty process group"), and their exit status is lost. So they are started without job control.
const PLAIN = ["sh", "dash", "ash"];

/** The command, with that option if it is an interactive shell. */
export function onTerminal(command: readonly string[]): readonly string[] {
  const [shell = "", ...options] = path.basename(command[0] ?? "") === "busybox" ? command.slice(1) : command;
  const interactive = PLAIN.includes(path.basename(shell)) && options.every((option) => option === "-i");
  return interactive ? [...command, "+m"] : command;
}

/** Runs a command there with our streams; returns its exit status. */
export async function runInside(
  place: Place,
  node: string,
  command: readonly string[],
  more: Pick<EnterOptions, "env" | "cwd"> = {},
): Promise<number> {
  const { name, record } = place;
  const wanted = process.stdin.isTTY ? onTerminal(command) : command;
  const onWarning = (warning: Diagnostic): void => say([warning]);
  const result = await enter({ name, record, node: node === ROOT ? null : node, command: wanted, onWarning, ...more });
  if (result.problem !== null) say([result.problem]);
  return result.code;
}
