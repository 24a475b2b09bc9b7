/** A plan as a short diff for people: what comes (+), goes (-) and changes (~), and why. */

import type { Change } from "../plan/index.ts";
import type { Style } from "./style.ts";
import { grouped, plural, printable } from "./text.ts";

const CHANGES_SHOWN = 60;

/** One line each: `~ a link eth0: mtu is 1500, should be 1400`. Ends in a newline. */
export function changes(list: readonly Change[], style: Style): string {
  const c = style.colours;
  const sign = { create: c.green("+"), update: c.yellow("~"), delete: c.red("-") };
  const lines = list
    .slice(0, CHANGES_SHOWN)
    .map((one) => `  ${sign[one.action]} ${printable(subject(one))}${c.dim(`: ${printable(one.reason)}`)}\n`);
  if (list.length > CHANGES_SHOWN) lines.push(`  … and ${grouped(list.length - CHANGES_SHOWN)} more\n`);
  return lines.join("");
}

function subject({ kind, namespace, id }: Change): string {
  return kind === "namespace" ? `node ${id}` : `${namespace} ${kind} ${id}`;
}

/** A report of `plan --watch`: the time, then the plan as usual. */
export function drift(lab: string, list: readonly Change[], first: boolean, time: Date, style: Style): string {
  const equal = `${printable(lab)} is equal to the file${first ? "" : " again"}\n`;
  const said = list.length === 0 ? style.colours.green(equal) : planSummary(lab, list, true, style);
  return `${style.colours.dim(time.toTimeString().slice(0, 8))} ${said}${changes(list, style)}`;
}

/** The last line: how much of what. */
export function planSummary(lab: string, list: readonly Change[], running: boolean, style: Style): string {
  if (list.length === 0) return `${printable(lab)} is equal to the file: nothing to change\n`;
  const count = (action: Change["action"]): number => list.filter((one) => one.action === action).length;
  const parts = [
    [count("create"), "to make"],
    [count("update"), "to change"],
    [count("delete"), "to remove"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${grouped(number)} ${what}`);
  const where = running ? "" : " (it is not up yet)";
  return `${style.colours.bold(printable(lab))}: ${plural(list.length, "change")}, ${said.join(", ")}${where}\n`;
}
