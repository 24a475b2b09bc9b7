/** The usual path, walked once by the build without touching the machine. See scripts/build.mjs. */

import { COMMANDS } from "./program.ts";
import { Command } from "commander";

export async function warm(): Promise<void> {
  for (const { name, load } of COMMANDS) {
    const { define } = await load();
    define(new Command(name));
  }
}
