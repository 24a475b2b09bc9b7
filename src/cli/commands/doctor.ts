/** `netloom doctor`: tests what this machine allows, and says how to enable the rest. */

import type { Command } from "commander";
import { checks as sandboxChecks, linkChecks } from "../../sandbox/index.ts";
import type { DoctorCheck } from "../../sandbox/index.ts";
import { checks } from "../../show/index.ts";
import { document, print, style } from "../output.ts";

export function define(command: Command): void {
  command.description("Check what this machine allows, and how to enable the rest.").action(async () => {
    const list = [node(), ...sandboxChecks(), ...(await linkChecks())];
    const holds = list.every(({ status }) => status !== "error");
    print(checks(list, style()));
    if (holds) print("\nnetloom works here: netloom run star:5\n");
    document("doctor", { holds, checks: list });
    process.exitCode = holds ? 0 : 1;
  });
}

/** The launcher refuses older versions; this reports which one was found, and what slows it down. */
function node(): DoctorCheck {
  const check = { id: "node", title: "Node.js", detail: `${process.versions.node}, ${process.execPath}` };
  if (!process.env["NODE_EXTRA_CA_CERTS"]) return { ...check, status: "ok" };
  return {
    ...check,
    status: "warning",
    hint: "NODE_EXTRA_CA_CERTS is set: Node.js reads those certificates at every start, which triples start-up time; unset it for netloom",
  };
}
