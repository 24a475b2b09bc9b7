/** `netloom draw [LAB or FILE]`: the picture of a network, of a file without any kernel, of a lab as it is now. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isatty } from "node:tty";
import { type Command, Option } from "commander";
import { failure } from "../../diagnostic.ts";
import type { Model } from "../../model/index.ts";
import { drawingData, drawingOf, FORMATS, pictureOf } from "../../draw/index.ts";
import type { Drawing, Format, LinkStates } from "../../draw/index.ts";
import { printable } from "../../show/index.ts";
import { checkHost, type HostFlags, hostOption, type LabScope } from "../host.ts";
import { isSource, openNamed } from "../lab.ts";
import { document, isJson, message, print } from "../output.ts";
import { linkStates } from "../picture.ts";
import { load } from "../source.ts";

const ENDINGS: Readonly<Record<string, Format>> = {
  svg: "svg",
  mmd: "mermaid",
  mermaid: "mermaid",
  dot: "dot",
  gv: "dot",
  json: "json",
};

/** Mermaid's default limits; a picture itself cannot change them. */
const MERMAID = { edges: 500, letters: 50_000 };

/** Where a picture would be unreadable it is put into a file. */
const STDOUT = "-";

interface Options extends HostFlags {
  readonly output?: string;
  readonly format?: Format;
}

export function define(command: Command): void {
  hostOption(command)
    .description(
      "Draw a network: nodes, switches, cables with the interfaces and addresses at their ends, NAT and services. " +
        "A file or shape is drawn without building it; a running lab as it is now, with broken parts in red.",
    )
    .argument("[lab or file]", "name of a running lab, or a topology file, a shape, or -; the only lab if left out")
    .option("-o, --output <file>", "write to this file, in the format of its ending: svg, mmd, dot or json")
    .addOption(new Option("--format <format>", "overrides the ending; default svg").choices(FORMATS))
    .addHelpText(
      "after",
      `
Examples:
  netloom draw office.yaml -o office.svg      for a document; light or dark as the reader's screen
  netloom draw star:60 --format mermaid       for a Markdown page
  netloom draw office -o now.svg              the running lab
`,
    )
    .action(async (given: string | undefined, options: Options) => {
      checkHost(options);
      const format = formatOf(options);
      const drawing =
        given !== undefined && isFile(given) ? drawingOf(load(given).model) : await drawLab(given, options);
      write(drawing, format, options);
    });
}

/** Draws a model into a file (or, for `-`, to standard output), for commands that have one. */
export function save(model: Model, states: LinkStates, output: string): void {
  const format = formatOf({ output });
  write(drawingOf(model, states), format, { output });
}

/** The format that the ending of a file asks for. */
export function formatOf({ output, format }: Options): Format {
  if (format !== undefined) return format;
  if (output === undefined || output === STDOUT) return "svg";
  const ending = path.extname(output).slice(1).toLowerCase();
  const known = Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
  if (known !== undefined) return known;
  throw failure(
    "cli.format",
    `${JSON.stringify(output)} does not say which format to draw`,
    { state: "nothing was written", hint: "end it in .svg, .mmd, .dot or .json, or add --format" },
    2,
  );
}

/** Also what looks like a file and is not there: the error is about the file then. */
function isFile(argument: string): boolean {
  return isSource(argument) || /\.(ya?ml|json)$/i.test(argument);
}

async function drawLab(name: string | undefined, scope: LabScope): Promise<Drawing> {
  const lab = await openNamed(name, scope);
  const { model, details } = await lab.observe();
  const states = await linkStates(lab, model, details);
  await lab.close();
  return drawingOf(model, states);
}

function write(drawing: Drawing, format: Format, { output, format: asked }: Options): void {
  writePicture(drawing, format, output ?? (isatty(1) && asked === undefined && !isJson() ? fileFor(drawing) : STDOUT));
  document("drawing", drawingData(drawing));
}

export function writePicture(drawing: Drawing, format: Format, file: string): void {
  const text =
    format === "json"
      ? `${JSON.stringify({ netloom: 1, kind: "drawing", ...drawingData(drawing) })}\n`
      : pictureOf(drawing, format);
  if (file === STDOUT) print(text);
  else {
    try {
      writeFileSync(file, text);
    } catch (error) {
      throw failure("cli.write", `${JSON.stringify(file)} cannot be written`, { cause: (error as Error).message });
    }
    message(`wrote ${printable(file)}\n`);
  }
  if (format === "mermaid" && (drawing.cables.length > MERMAID.edges || text.length > MERMAID.letters))
    message("Mermaid refuses a picture of this size unless its page allows more: maxEdges, maxTextSize\n");
}

/** On a terminal: a picture that was drawn before may be overwritten, anything else not. */
function fileFor({ scene: { name } }: Drawing): string {
  const file = `${name}.svg`;
  if (
    existsSync(file) &&
    !readFileSync(file, "utf8").startsWith('<svg xmlns="http://www.w3.org/2000/svg" class="netloom"')
  )
    throw failure("cli.exists", `${file} already exists and is not a picture by netloom`, {
      state: "nothing was written",
      hint: "name a file with -o",
    });
  return file;
}
