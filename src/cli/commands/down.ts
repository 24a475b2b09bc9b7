/** `netloom down [LAB or FILE]`: take a lab down. It is not an error if it is already gone. */

import type { Command } from "commander";
import { markedLabs } from "../../host/marks.ts";
import { removeMarked } from "../../host/remove.ts";
import type { NetloomError } from "../../diagnostic.ts";
import { failure } from "../../diagnostic.ts";
import { stopPrograms } from "../../lab/index.ts";
import { destroyLab, findLab, insideLab, isStopped, labFiles, labNameProblem } from "../../sandbox/index.ts";
import { runtimeDirectory } from "../../sandbox/index.ts";
import { enumerate, printable } from "../../show/index.ts";
import { checkHost, type HostFlags, hostOption, knownLabs, type LabScope } from "../host.ts";
import { LAB_OR_FILE_HELP, liveLabs, nameOf, onlyLab } from "../lab.ts";
import { say } from "../failure.ts";
import { document, message } from "../output.ts";

export function define(command: Command): void {
  hostOption(command)
    .description("Remove a lab: its namespaces, links and processes. Succeeds if it is already gone.")
    .argument("[lab]", LAB_OR_FILE_HELP)
    .option("--all", "every lab of this user")
    .action(async (given: string | undefined, options: HostFlags & { all?: boolean }) => {
      checkHost(options);
      const host = options.host === true;
      const names = options.all === true ? all(options) : wanted(given, options);
      const results = await Promise.all(names.map((name) => takeAway(name, host)));
      const removed = results.filter(({ existed }) => existed).map(({ name }) => name);
      const absent = results.filter(({ existed }) => !existed).map(({ name }) => name);
      if (removed.length > 0) message(`${enumerate(removed, 10)} ${removed.length === 1 ? "is" : "are"} down\n`);
      else if (absent.length > 0) message(`${enumerate(absent.map(printable))} was not up\n`);
      else message(given === undefined ? "no lab is up\n" : `${printable(given)} was not up\n`);
      document("down", { removed, absent });
    });
}

/** With --host also those of which there is nothing but what they have left on the machine. */
function all(scope: LabScope): string[] {
  const names = knownLabs(scope).map(({ name }) => name);
  return scope.host === true ? [...new Set([...names, ...markedLabs()])] : names;
}

export async function takeAway(name: string, host: boolean): Promise<{ name: string; existed: boolean }> {
  const lab = findLab(name);
  if (lab?.state === "up" && lab.record !== null && !isStopped(lab.record.holder)) await stopPrograms(name);
  if (!host && lab?.record?.host === undefined) return { name, existed: await destroyLab(name) };
  const prefix = lab?.record?.host?.prefix ?? `${name}-`;
  return { name, existed: await removeFromMachine(name, prefix) };
}

/** While it cannot be started again. It only needs the marks: the record may be lost. */
async function removeFromMachine(name: string, prefix: string): Promise<boolean> {
  let found = 0;
  let done = false;
  const beforeFiles = (): void => {
    const removal = removeMarked(name, labFiles(runtimeDirectory(), name), prefix);
    found += removal.namespaces + removal.links;
    say(removal.warnings);
    done = true;
  };
  const existed = await destroyLab(name, { beforeFiles });
  if (!done) beforeFiles();
  return existed || found > 0;
}

function wanted(given: string | undefined, scope: LabScope): string[] {
  const inside = insideLab()?.name;
  if (given === undefined) {
    // Remains of killed or dying labs are removed as well: a user does not know the name of a killed `run`.
    const dead = (state: string): boolean => state === "stale" || state === "broken";
    const stale = knownLabs(scope).flatMap(({ name, state }) => (dead(state) ? [name] : []));
    const live = liveLabs(scope).map(({ name }) => name);
    if (live.length === 0 && inside !== undefined) throw fromOutside(inside);
    return live.length === 0 ? stale : [onlyLab(live), ...stale];
  }
  const name = nameOf(given, scope);
  if (name === inside) throw fromOutside(name);
  // A file whose name cannot be a lab's was never up.
  return labNameProblem(name) === null ? [name] : [];
}

/** Nobody saws off the branch that he sits on. */
function fromOutside(name: string): NetloomError {
  return failure("cli.inside", `${name} cannot be taken down from inside`, {
    cause: `this command runs in ${name}`,
    hint: `leave it with \`exit\`; then take a lab down with \`netloom down ${name}\`, a sandbox ends on its own`,
  });
}
