/** Tables under headings. */

import type { Style } from "../style.ts";
import { cells, printable, truncate } from "../text.ts";

/** Those that are not empty; ends in a newline. */
export function sections(parts: readonly (readonly [title: string, text: string])[], style: Style): string {
  const shown = parts.filter(([, text]) => text !== "");
  return `${shown.map(([title, text]) => (title === "" ? text : `${style.colours.bold(title)}\n${text}`)).join("\n\n")}\n`;
}

/** What it is all about: a name, and a few words on it. */
export function heading(name: string, words: string, style: Style): string {
  const shown = truncate(printable(name), style.width);
  const rest = truncate(printable(words), style.width - cells(shown) - 2);
  return `${style.colours.bold(shown)}${rest === "" ? "" : `  ${rest}`}`;
}
