/** `--host`: labs on this machine itself instead of private ones. */

import type { Command } from "commander";
import { failure } from "../diagnostic.ts";
import { notHost, type PlaceOptions } from "../lab/index.ts";
import { findLab, type LabEntry, labNameProblem, listLabs } from "../sandbox/index.ts";

export interface HostFlags extends PlaceOptions {
  readonly confirm?: string;
}

/** Which labs a command means: with --host those on the machine itself. */
export type LabScope = Pick<HostFlags, "host">;

/** For commands that make labs. */
export function hostOptions(command: Command): Command {
  return hostOption(command)
    .option(
      "--prefix <prefix>",
      'with --host: what the names of namespaces begin with (default: the lab\'s name and "-"; may be empty)',
    )
    .option(
      "--confirm <time>",
      "with --host: undo everything unless `netloom confirm` is run within this time, such as 60s (default: the default gateway must answer)",
    );
}

export function hostOption(command: Command): Command {
  return command.option("--host", "on this machine itself, not in a private one (root only)");
}

/** Throws unless the flags make sense, and this user may. */
export function checkHost({ host, prefix, confirm }: HostFlags): void {
  if (confirm !== undefined) {
    if (host !== true) throw failure("usage.confirm", "--confirm only works with --host", {}, 2);
    confirmTime({ confirm });
  }
  if (prefix !== undefined) {
    if (host !== true) throw failure("usage.prefix", "--prefix only works with --host", {}, 2);
    if (prefix !== "" && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(prefix)) {
      const hint = "use letters, digits, _, . and -, at most 64";
      throw failure("usage.prefix", `${JSON.stringify(prefix)} cannot be the prefix of a namespace name`, { hint }, 2);
    }
  }
  if (host !== true) return;
  if (process.geteuid?.() !== 0) {
    throw failure("host.root", "only root can have a lab on the machine itself", {
      cause: `this is user ${process.geteuid?.()}`,
      state: "nothing was changed",
      hint: "run it as root, or leave out --host: a private lab needs no root",
    });
  }
}

const LONGEST = 3_600_000;

/** Milliseconds, or null: no confirmation needed. */
export function confirmTime({ confirm }: HostFlags): number | null {
  if (confirm === undefined) return null;
  const [, number = "", unit = "s"] = /^(\d{1,9})(s|m)?$/.exec(confirm) ?? [];
  const time = Number(number) * (unit === "m" ? 60_000 : 1000);
  if (number !== "" && time >= 1000 && time <= LONGEST) return time;
  const hint = "write 60s or 2m; at most one hour";
  throw failure("usage.confirm", `${JSON.stringify(confirm)} is not a duration for --confirm`, { hint }, 2);
}

/** Labs that are meant when none is named: with --host those on the machine itself. */
export function knownLabs({ host }: LabScope): LabEntry[] {
  const labs = listLabs();
  return host === true ? labs.filter(({ record }) => record?.host !== undefined) : labs;
}

/** For commands that look into a lab: with --host it must be one on the machine. */
export function checkPlace(name: string, { host }: LabScope): void {
  const record = labNameProblem(name) === null ? findLab(name)?.record : null;
  if (host === true && record && record.host === undefined) throw notHost(name);
}
