/** `netloom validate FILE`: is the file a network? Says all that is wrong with it at once; touches nothing. */

import type { Command } from "commander";
import { counts, plural, printable } from "../../show/index.ts";
import { document, print } from "../output.ts";
import { FILE_HELP, load } from "../source.ts";

export function define(command: Command): void {
  command
    .description("Check a topology file: all errors at once, each with its place. Nothing is created.")
    .argument("<file>", FILE_HELP)
    .action((file: string) => {
      const { model, expect, warnings } = load(file);
      const expected = expect.length === 0 ? "" : `, ${plural(expect.length, "expectation")}`;
      print(`${printable(model.name)} is valid: ${counts(model)}${expected}\n`);
      document("validation", { name: model.name, model, expect, warnings });
    });
}
