/** `netloom schema`: the JSON Schema of topology files, for editors. */

import type { Command } from "commander";
import { jsonSchema } from "../../topology/index.ts";
import { write } from "../output.ts";

export function define(command: Command): void {
  command
    .description("Print the JSON Schema of topology files (for an editor: # yaml-language-server: $schema=FILE).")
    // The schema is the one document; with or without --json it is the same.
    .action(() => write(1, `${JSON.stringify(jsonSchema(), null, 2)}\n`));
}
