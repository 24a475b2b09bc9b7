// A script for `netloom try`, after which the machine is as it was.

import { expect } from "vitest";
import { machine, type program } from "./program.ts";

export function trialOf(netloom: ReturnType<typeof program>) {
  return async (text: string, ...flags: string[]) => {
    const before = machine();
    const outcome = await netloom.run(["try", netloom.file("script.sh", text), ...flags]);
    expect(machine()).toEqual(before);
    await netloom.clean();
    return outcome;
  };
}
