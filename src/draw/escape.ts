/** Escapes foreign text (interface names may contain quotes, `<` and `&`) for the languages that pictures are written in. */

import { printable } from "../show/text.ts";

/** For XML text and attribute values. */
export function xml(text: string): string {
  return printable(text).replaceAll(/[&<>"'\ufffe\uffff]/g, (letter) => ENTITIES[letter] ?? letter);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // XML does not allow these two characters, not even escaped.
  "\ufffe": "\\u{fffe}",
  "\uffff": "\\u{ffff}",
};

/**
 * For a quoted Mermaid string. Mermaid has no backslash escapes, so any character with a special meaning becomes a numeric
 * entity.
 */
export function mermaid(text: string): string {
  return printable(text).replaceAll(
    /[^\p{L}\p{N} .,:/\u2026\u2192\u00b7()+=-]/gu,
    (letter) => `#${letter.codePointAt(0)};`,
  );
}

/** A quoted dot string, including the quotation marks. Lines are separated by `\n`; Graphviz decodes HTML entities everywhere. */
export function dot(...lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    printable(line)
      .replaceAll(/["\\]/g, (letter) => `\\${letter}`)
      .replaceAll("&", "&amp;"),
  );
  return `"${escaped.join("\\n")}"`;
}
