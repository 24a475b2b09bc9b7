/** What can be completed at the cursor: commands, options, running labs, nodes; `:files` and `:commands` for the shell. */

import { Command } from "commander";
import { listLabs } from "../sandbox/index.ts";
import { nodesOf, placeOf } from "./inside.ts";
import { FORMATS } from "../draw/formats.ts";
import { COMMANDS } from "./program.ts";

const SHAPES = ["star:", "chain:", "ring:", "tree:", "full:"];

type Candidate = readonly [value: string, description?: string];

/** One candidate a line, `value<TAB>description`. The last word is the one being typed; it may be empty. */
export async function complete(words: readonly string[]): Promise<string> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const at = before.findIndex((word) => !word.startsWith("-"));
  const candidates = at < 0 ? commands(current) : await within(before[at] ?? "", before.slice(at + 1), current);
  return candidates
    .filter(([value]) => value.startsWith(":") || value.startsWith(current))
    .map(([value, description]) => `${value}${description === undefined ? "" : `\t${description}`}\n`)
    .join("");
}

function commands(current: string): Candidate[] {
  if (current.startsWith("-"))
    return [
      ["--help", "show help"],
      ["--version", "print the version"],
    ];
  return COMMANDS.map(({ name, summary }) => [name, summary] as const);
}

async function within(name: string, before: readonly string[], current: string): Promise<Candidate[]> {
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry === undefined) return [];
  const command = new Command(name).option("--json", "print one JSON document").helpOption("-h, --help", "show help");
  (await entry.load()).define(command);
  const { positionals, value, lab } = scan(command, before);
  const inCommand =
    (name === "exec" && positionals.length > 0) || (["run", "sandbox"].includes(name) && before.includes("--"));
  if (inCommand) return [[positionals.length === 1 || before.at(-1) === "--" ? ":commands" : ":files"]];
  if (value === "--lab") return labs();
  if (value === "--node") return nodes(lab ?? positionals[0]);
  if (value === "--format") return FORMATS.map((format) => [format] as const);
  if (value === "--output" || value === "--export") return [[":files"]];
  if (value !== undefined) return [];
  if (current.startsWith("-"))
    return command
      .createHelp()
      .visibleOptions(command)
      .map((option) => [option.long ?? option.flags, option.description]);
  if (name === "inspect" && (lab !== undefined || positionals.length === 1)) return nodes(lab ?? positionals[0]);
  if (positionals.length > 0) return [];
  if (name === "try") return [[":files"]];
  if (["up", "plan", "run", "validate"].includes(name)) return [[":files"], ...shapes()];
  if (name === "inspect") return [...labs(), ...nodes(undefined), [":files"]];
  if (["down", "export", "verify"].includes(name)) return [...labs(), [":files"]];
  if (["confirm", "discover"].includes(name)) return labs();
  if (name === "draw") return [...labs(), [":files"], ...shapes()];
  if (["exec", "logs", "shell"].includes(name)) return nodes(lab);
  if (name === "completion") return [["bash"], ["zsh"], ["fish"]];
  return name === "sandbox" ? [[":commands"]] : [];
}

/** The meaning of the words before the cursor: positional arguments, the option whose value is being typed, --lab. */
function scan(
  command: Command,
  before: readonly string[],
): { positionals: string[]; value: string | undefined; lab: string | undefined } {
  const positionals: string[] = [];
  let lab: string | undefined;
  let value: string | undefined;
  for (const word of before) {
    if (value !== undefined) {
      if (value === "--lab") lab = word;
      value = undefined;
    } else if (word.startsWith("--lab=")) lab = word.slice("--lab=".length);
    else if (word.startsWith("-") && word !== "-") {
      const option = command.options.find(({ long, short }) => long === word || short === word);
      if (option?.required === true || option?.optional === true) value = option.long;
    } else positionals.push(word);
  }
  return { positionals, value, lab };
}

function shapes(): Candidate[] {
  return SHAPES.map((shape) => [shape, "shape"] as const);
}

function labs(): Candidate[] {
  return listLabs().map(({ name, state }) => [name, `lab, ${state}`] as const);
}

function nodes(lab: string | undefined): Candidate[] {
  try {
    return [...nodesOf(placeOf(lab, {})), "root"].map((name) => [name, "node"] as const);
  } catch {
    // No lab, or several: nothing to offer.
    return [];
  }
}
