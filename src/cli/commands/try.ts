/** `netloom try SCRIPT`: a script of `ip`, `brctl`, `iptables` commands in a sandbox, and what each of them changed. */

import path from "node:path";
import type { Command } from "commander";
import { failure } from "../../diagnostic.ts";
import type { Diagnostic } from "../../diagnostic.ts";
import type { DiscoveredNamespace } from "../../model/index.ts";
import { type Lab, startMachine } from "../../lab/index.ts";
import { drawingOf, type LinkStates, terminalPicture } from "../../draw/index.ts";
import { changeLines } from "../../show/changes/index.ts";
import { enumerate, inspection, plural, printable } from "../../show/index.ts";
import { exportTopology } from "../../export/index.ts";
import type { ExportOptions } from "../../export/index.ts";
import { labNameFrom } from "../../topology/names.ts";
import { say } from "../failure.ts";
import { onInterrupt } from "../interrupt.ts";
import { document, interactive, isJson, message, print, style } from "../output.ts";
import { privateSuffix } from "../start.ts";
import { openKeys } from "../try/keys.ts";
import type { Keys } from "../try/keys.ts";
import type { Announcement } from "../try/prelude.ts";
import { linkStates } from "../picture.ts";
import { runScript } from "../try/run.ts";
import type { Follower, Step, Tried } from "../try/run.ts";
import { readScript } from "../try/script.ts";
import { isSteering } from "../try/steps.ts";
import { unmodelledWarnings } from "../unmodelled.ts";
import { formatOf, writePicture } from "./draw.ts";
import { beyond, expectationsOf, writeExport } from "./export.ts";

interface Flags {
  readonly step?: boolean;
  readonly output?: string;
  readonly export?: string;
  readonly macs: boolean;
}

export function define(command: Command): void {
  command
    .description(
      "Run a shell script of `ip`, `brctl`, `iptables` … commands in a fresh sandbox, and show what each of them changed: " +
        "+ added, ~ changed, - removed. Exits with the script's status and leaves nothing behind.",
    )
    .usage("[options] SCRIPT [-- ARGUMENT...]")
    .argument("<script>", "a script for bash or sh, or - for standard input")
    .argument("[words...]", "arguments of the script")
    .option("--step", "wait for Enter before each command")
    .option("-o, --output <file>", "draw the final network: svg, mmd, dot or json by the ending")
    .option("--export <file>", "write the final network as a topology file")
    .option("--no-macs", "omit hardware addresses in that file: netloom then assigns its own")
    .addHelpText(
      "after",
      "\nExamples:\n  netloom try tutorial.sh\n  netloom try tutorial.sh --step\n  netloom try tutorial.sh -o tutorial.svg --export tutorial.yaml",
    )
    .action(async (file: string, words: string[], flags: Flags) => {
      // What is wrong with these would be a pity to learn at the end.
      if (flags.output !== undefined) formatOf({ output: flags.output });
      if (isJson() && flags.step === true)
        throw failure("usage.step", "--step and --json cannot be combined", { hint: "leave one of them out" }, 2);
      if (!flags.macs && flags.export === undefined)
        throw failure("usage.macs", "--no-macs only works with --export", { hint: "add --export FILE" }, 2);
      const script = readScript(file);
      say(script.warnings);
      const keys = flags.step === true ? openKeys() : null;
      const name = `${labNameFrom(path.basename(file).replace(/\.(ba)?sh$/, "")).slice(0, 24)}${privateSuffix()}`;
      let machine: ReturnType<typeof startMachine> | null = null;
      const ignore = onInterrupt(() => machine?.end());
      machine = startMachine(name);
      try {
        const { lab, record } = await machine.ready;
        // From here on the keyboard's signals are the script's.
        ignore();
        const told = new Teller(keys);
        const tried = await runScript(script, words, { name, record }, lab, told, isJson());
        const { model, details, unmodelled } = tried.observed;
        // Only who names the program can have used it, and a look at all of everything takes its time.
        if (script.lines.some((line) => line.includes("iptables"))) say(await legacyRules(lab));
        say(unmodelledWarnings(unmodelled, "--export FILE lists them at the end of the file"));
        await conclude(file, tried, told, flags, {
          exporting: async () => ({ ...(await beyond(lab, model)), expect: await expectationsOf(lab, model) }),
          drawing: () => linkStates(lab, model, details),
        });
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
      } finally {
        ignore();
        keys?.close();
        await machine.end();
      }
    });
}

/** Tells of the steps as they happen. */
class Teller implements Follower {
  readonly steps: Step[] = [];
  #keys: Keys | null;
  #silent: Announcement | null = null;
  /** Of the first command: the script itself. */
  #source: string | null = null;

  constructor(keys: Keys | null) {
    this.#keys = keys;
    if (keys !== null) message("Enter runs the command shown, c Enter runs the rest, q Enter quits.\n");
  }

  readonly onBegin = async (next: Announcement): Promise<void> => {
    this.#source ??= next.source;
    this.#silent = isSteering(next) ? next : null;
    if (this.#silent !== null) return;
    this.#head(next, this.#keys === null ? "\n" : " ");
    if (this.#keys === null) return;
    const line = await this.#keys.line();
    if (line === "q") throw new Stopped();
    if (line === null || line === "c") this.#keys = null;
  };

  readonly onEnd = (step: Step): void => {
    this.steps.push(step);
    if (this.#silent !== null && step.changes.length > 0) this.#head(this.#silent, "\n");
    print(changeLines(step.changes, style()));
    if (this.#silent === null && step.ended !== null && step.ended !== 0)
      print(`     ${style().colours.red("✗")} status ${step.ended}\n`);
  };

  readonly onOver = (): void => this.#keys?.close();

  #head({ line, source, expanded }: Announcement, end: string): void {
    const { colours } = style();
    // Lines of a file sourced by the script are shown with its name.
    const place = source === this.#source ? String(line) : `${printable(path.basename(source))}:${line}`;
    const [first = "", ...more] = expanded.trimEnd().split("\n");
    const text = printable(first) + (more.length > 0 ? " …" : "");
    print(`${colours.dim(place.padStart(4))} ${colours.bold(text)}${end}`);
  }
}

/** Rules that no step could observe. */
async function legacyRules(lab: Lab): Promise<Diagnostic[]> {
  const { namespaces } = await lab.discover({ depth: "all" });
  const isLegacy = ({ netfilter }: DiscoveredNamespace): boolean =>
    netfilter.some(({ origin }) => origin === "iptables-legacy");
  const names = namespaces.filter(isLegacy).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    {
      code: "try.iptables-legacy",
      severity: "warning",
      summary: `rules of iptables-legacy in ${enumerate(names, 8)} are not shown`,
      cause: "netloom cannot read them",
      hint: "iptables-nft accepts the same commands",
    },
  ];
}

function described({ source, line, command, expanded, ended, stdout, stderr, changes }: Step): object {
  return { source, line, command, expanded, status: ended, stdout, stderr, changes };
}

/** The user has seen enough: no failure of anything. */
class Stopped extends Error {}

async function conclude(
  file: string,
  { status, observed }: Tried,
  { steps }: Teller,
  { output, export: exported, macs }: Flags,
  ask: { readonly exporting: () => Promise<ExportOptions>; readonly drawing: () => Promise<LinkStates> },
): Promise<void> {
  const look = style();
  const { model } = observed;
  const told = steps.filter((step) => !isSteering(step) || step.changes.length > 0);
  const changes = steps.reduce((sum, step) => sum + step.changes.length, 0);
  print(`\n${inspection({ ...observed, counters: {}, neighbours: {} }, look)}\n`);
  const states = await ask.drawing();
  const picture = terminalPicture(model, states, look);
  if (picture !== "") print(`${look.colours.bold("Picture")}\n${picture}\n`);
  const end = status === 0 ? "" : `; it ended with status ${status}`;
  print(
    `${look.colours.bold(file === "-" ? "standard input" : printable(file))}: ${plural(told.length, "command")}, ${plural(changes, "change")}${end}\n`,
  );
  if (output !== undefined) writePicture(drawingOf(model, states), formatOf({ output }), output);
  if (exported !== undefined)
    writeExport(exportTopology(model, { ...(await ask.exporting()), macs }), model.name, exported);
  else if (interactive() && model.namespaces.length > 1)
    message(`netloom try ${printable(file)} --export FILE writes this network as a topology file\n`);
  document("try", { script: file, status, steps: steps.map(described), model, unmodelled: observed.unmodelled });
  process.exitCode = status;
}
