/** `netloom discover`: every network namespace of this machine, and how they connect. Reads only. */

import type { Command } from "commander";
import { discoverMachine, part } from "../../discover/machine.ts";
import type { Discovery } from "../../model/index.ts";
import { ROOT } from "../../model/types.ts";
import { findLab, insideLab, labNameProblem } from "../../sandbox/index.ts";
import { discovered, drawable, statesOf } from "../../show/discover/index.ts";
import { failure } from "../../diagnostic.ts";
import { nearest } from "../../topology/suggest.ts";
import { openNamed } from "../lab.ts";
import { document, isJson, print, style } from "../output.ts";

interface Options {
  readonly lab?: string;
  readonly verbose?: boolean;
  readonly sockets?: boolean;
  readonly output?: string;
}

export function define(command: Command): void {
  command
    .description(
      "Read this machine: every network namespace (named, of processes and containers, held by descriptors), with its " +
        "interfaces and where they lead, addresses, routes, rules, sockets. Changes nothing. Without root it reports what " +
        "it could not read.",
    )
    .argument("[name...]", "only these namespaces, in detail; or a running lab")
    .option("--lab <lab>", "the machine of this lab instead of the one we are on")
    .option("-v, --verbose", "show every namespace in full")
    .option("--sockets", "also find namespaces kept only by a socket (asks every socket)")
    .option("-o, --output <file>", "draw it: svg, mmd, dot or json by the ending")
    .addHelpText(
      "after",
      `
Examples:
  netloom discover                    who is plugged into whom
  sudo netloom discover               the same, with the namespaces of everybody
  netloom discover web                all about one of them
  netloom discover -o machine.svg     as a picture
  netloom discover --json | jq '.namespaces[].sockets'
`,
    )
    .action(async (given: string[], options: Options) => {
      const { lab, names } = meant(given, options);
      const details = names.length > 0 || options.verbose === true;
      // What is not shown need not be read.
      const depth = details || isJson() || options.output !== undefined ? "all" : "overview";
      const sockets = options.sockets === true;
      const whole = lab === null ? await discoverMachine(depth, sockets) : await discoverIn(lab, depth, sockets);
      const shown = names.length === 0 ? whole : only(whole, names);
      if (options.output !== undefined) {
        const { save } = await import("./draw.ts");
        return save(drawable(shown), statesOf(shown), options.output);
      }
      print(discovered(shown, style(), { details, whole }));
      document("discovery", { ...(lab === null ? {} : { lab }), ...shown });
    });
}

/** A name alone may be that of a lab. */
function meant(given: readonly string[], { lab }: Options): { lab: string | null; names: readonly string[] } {
  // Where its holder cannot be asked, we are there ourselves.
  const inside = insideLab()?.name;
  if (lab !== undefined) return { lab: lab === inside ? null : lab, names: given };
  const [first] = given;
  if (first !== undefined && first === inside) return { lab: null, names: given.slice(1) };
  const isLab = first !== undefined && given.length === 1 && labNameProblem(first) === null && findLab(first) !== null;
  return isLab ? { lab: first, names: [] } : { lab: null, names: given };
}

async function discoverIn(name: string, depth: "overview" | "all", sockets: boolean): Promise<Discovery> {
  const lab = await openNamed(name, {});
  const discovery = await lab.discover({ depth, sockets });
  await lab.close();
  const prefix = findLab(name)?.record?.host?.prefix;
  // A lab on the machine itself is part of it: its nodes, and the machine that they are plugged into.
  return prefix === undefined ? discovery : part(discovery, (each) => each === ROOT || each.startsWith(prefix));
}

function only(discovery: Discovery, names: readonly string[]): Discovery {
  const known = [...discovery.namespaces, ...discovery.unseen].map(({ name }) => name);
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined) {
    const near = nearest(missing, known);
    throw failure(
      "discover.no-namespace",
      `no network namespace is called ${JSON.stringify(missing)}`,
      { hint: near === null ? "run `netloom discover` to list them" : `did you mean ${JSON.stringify(near)}?` },
      2,
    );
  }
  return part(discovery, (name) => names.includes(name));
}
