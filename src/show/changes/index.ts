/**
 * show/changes/: what a step did to a network, for `netloom try`.
 * In: the models before and after it. Out: changes as data, and as lines with `+`, `~` and `-`.
 * Unlike a plan, neither side is the desired one: what the kernel did by itself and foreign rules are included.
 * items.ts lists what can change, compare.ts finds what did. Pure.
 */

import type { Style } from "../style.ts";
import { grouped, printable } from "../text.ts";
import type { ModelChange } from "./compare.ts";

export { compareModels } from "./compare.ts";
export type { ModelChange } from "./compare.ts";
export { compareLinkSettings } from "./link-settings.ts";
export type { LinkDetails } from "./link-settings.ts";
export { compareSettings } from "./settings.ts";
export type { Settings } from "./settings.ts";

const SHOWN = 60;
const SIGNS = { create: "+", update: "~", delete: "-" } as const;

/** A line each, indented; what the kernel did by itself is dimmed. Ends in a newline. */
export function changeLines(changes: readonly ModelChange[], { colours }: Style): string {
  const paint = { create: colours.green, update: colours.yellow, delete: colours.red };
  const lines = changes.slice(0, SHOWN).map(({ action, kind, node, object, detail, byKernel }) => {
    const subject = kind === "node" ? `node ${node}` : `${node} ${object}`;
    const text = printable(detail === "" ? subject : `${subject}: ${detail}`);
    return `     ${paint[action](SIGNS[action])} ${byKernel ? colours.dim(`${text} (by itself)`) : text}\n`;
  });
  if (changes.length > SHOWN) lines.push(`     … and ${grouped(changes.length - SHOWN)} more\n`);
  return lines.join("");
}
