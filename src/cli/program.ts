/** The commands by name. One is loaded, defined and run; all of them are named only for `--help` and for mistakes. */

import { Command, CommanderError } from "commander";
import { failure } from "../diagnostic.ts";
import { document, print, useJson } from "./output.ts";

interface Entry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<{ define(command: Command): void }>;
}

const LABS = "Labs:";
const INSIDE = "Inside a lab:";
const FILES = "Files and this machine:";

export const COMMANDS: readonly Entry[] = [
  { name: "up", group: LABS, summary: "make a running network from a file", load: () => import("./commands/up.ts") },
  {
    name: "plan",
    group: LABS,
    summary: "what up would change, and why",
    load: () => import("./commands/plan.ts"),
  },
  { name: "run", group: LABS, summary: "up, run a command or verify, down", load: () => import("./commands/run.ts") },
  { name: "down", group: LABS, summary: "take a lab down", load: () => import("./commands/down.ts") },
  {
    name: "gc",
    group: LABS,
    summary: "remove what dead labs left behind",
    load: () => import("./commands/gc.ts"),
  },
  {
    name: "confirm",
    group: LABS,
    summary: "confirm that the machine can still be reached",
    load: () => import("./commands/confirm.ts"),
  },
  { name: "ls", group: LABS, summary: "list the labs that are up", load: () => import("./commands/ls.ts") },
  { name: "exec", group: INSIDE, summary: "run a command in a node", load: () => import("./commands/exec.ts") },
  { name: "shell", group: INSIDE, summary: "open a shell in a node", load: () => import("./commands/shell.ts") },
  {
    name: "inspect",
    group: INSIDE,
    summary: "show nodes, interfaces, routes",
    load: () => import("./commands/inspect.ts"),
  },
  {
    name: "verify",
    group: INSIDE,
    summary: "check with real packets who can reach whom",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "logs",
    group: INSIDE,
    summary: "show the output of processes",
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "sandbox",
    group: FILES,
    summary: "an empty private machine, removed at exit",
    load: () => import("./commands/sandbox.ts"),
  },
  {
    name: "try",
    group: FILES,
    summary: "run a script, see what each command changes",
    load: () => import("./commands/try.ts"),
  },
  {
    name: "draw",
    group: FILES,
    summary: "the picture of a file or a lab: svg, mermaid, dot",
    load: () => import("./commands/draw.ts"),
  },
  {
    name: "export",
    group: FILES,
    summary: "write a running network as a file",
    load: () => import("./commands/export.ts"),
  },
  {
    name: "discover",
    group: FILES,
    summary: "list every network namespace and how they connect",
    load: () => import("./commands/discover.ts"),
  },
  { name: "validate", group: FILES, summary: "check a topology file", load: () => import("./commands/validate.ts") },
  {
    name: "schema",
    group: FILES,
    summary: "print the JSON Schema of topology files",
    load: () => import("./commands/schema.ts"),
  },
  {
    name: "doctor",
    group: FILES,
    summary: "what this machine can do, and how to fix it",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "completion",
    group: FILES,
    summary: "print shell completion for bash, zsh or fish",
    load: () => import("./commands/completion.ts"),
  },
];

const EXAMPLES = `
Examples:
  netloom run star:5                 five hosts on a switch: up, proven with real packets, gone again
  netloom up office.yaml             bring up the network that the file describes
  netloom exec a ping -c1 b          run a command in host a
  netloom shell gw                   look around in a router
  netloom down                       take it away
  netloom sandbox                    a private machine in which "ip netns add" needs no root

A FILE may also be a shape: star:N, chain:N, ring:N, tree:DEPTH,FANOUT, full:N; or "-" for standard input.
Every command takes --json and --help. Exit status: 0 done, 1 it does not hold or failed, 2 bad usage or file.
`;

/** Parses and runs; returns the exit status. Throws what the command throws. */
export async function run(argv: readonly string[], version: string): Promise<number> {
  const asked = argv.find((word) => !word.startsWith("-"));
  const entry = COMMANDS.find(({ name }) => name === asked);
  const said: string[] = [];
  const program = root(version, said);
  if (entry && !argv.slice(0, argv.indexOf(entry.name)).some((word) => word === "--help" || word === "-h")) {
    await add(program, entry);
  } else {
    for (const one of COMMANDS) program.command(one.name).summary(one.summary).helpGroup(one.group);
    // Before --help and --version are heard, which end the reading of options.
    if (argv.includes("--json")) useJson();
    if (asked === "help" || argv.every((word) => word === "--json"))
      return help(program, said, argv.at(argv.indexOf("help") + 1));
  }
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) {
      // It may come after the faulty argument.
      if (argv.slice(0, argv.indexOf("--") >>> 0).includes("--json")) useJson();
      throw usage(error, program);
    }
    show(error.code === "commander.version" ? { version } : { help: said.join("") });
    return 0;
  }
  return Number(process.exitCode ?? 0);
}

async function add(program: Command, entry: Entry): Promise<void> {
  const { define } = await entry.load();
  const command = program.command(entry.name).summary(entry.summary).helpGroup(entry.group);
  define(command);
  command.option("--json", "print one JSON document on standard output").on("option:json", useJson);
}

function root(version: string, said: string[]): Command {
  const program = new Command("netloom")
    .description("Real networks of Linux network namespaces from one file, without root, in milliseconds.")
    .usage("COMMAND [ARGUMENTS]")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, subcommandTerm: (command) => command.name() })
    .configureOutput({ writeOut: (text) => said.push(text), writeErr: () => {}, outputError: () => {} })
    .exitOverride()
    .addHelpText("after", EXAMPLES)
    .option("--json", "print one JSON document on standard output")
    .version(version, "-V, --version", "print the version");
  program.on("option:json", useJson);
  return program;
}

async function help(program: Command, said: readonly string[], name: string | undefined): Promise<number> {
  const entry = COMMANDS.find((one) => one.name === name);
  if (name === undefined || entry === undefined) {
    program.outputHelp();
    show({ help: said.join("") });
    return 0;
  }
  return run([entry.name, "--help"], program.version() ?? "");
}

function show(about: { version: string } | { help: string }): void {
  const [[kind, text]] = Object.entries(about) as [[string, string]];
  print(kind === "version" ? `${text}\n` : text);
  document(kind, about);
}

/** Commander's words as a diagnostic: `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function usage(error: CommanderError, program: Command) {
  const [first = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const guess = /\(Did you mean (.*)\?\)/.exec(more.join(" "))?.[1];
  const code = `usage.${error.code.replace(/^commander\./, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const command =
    program.args[0] !== undefined && COMMANDS.some(({ name }) => name === program.args[0]) ? ` ${program.args[0]}` : "";
  return failure(
    code,
    first.replaceAll("'", '"'),
    { hint: guess === undefined ? `see netloom${command} --help` : `did you mean ${guess}?` },
    2,
  );
}
