/** Foreign text (names of interfaces may hold quotes, `<` and `&`) in the languages that pictures are written in. */

import { printable } from "../show/text.ts";

/** For text and attribute values of XML. */
export function xml(text: string): string {
  return printable(text).replaceAll(/[&<>"'\ufffe\uffff]/g, (letter) => ENTITIES[letter] ?? letter);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // These two are no characters to XML, not even escaped.
  "\ufffe": "\\u{fffe}",
  "\uffff": "\\u{ffff}",
};

/** For a quoted text of Mermaid, which knows no backslash: anything that it could take for its own is a numbered entity. */
export function mermaid(text: string): string {
  return printable(text).replaceAll(
    /[^\p{L}\p{N} .,:/\u2026\u2192\u00b7()+=-]/gu,
    (letter) => `#${letter.codePointAt(0)};`,
  );
}

/** A quoted text of dot, the quotation marks included. Lines are broken by `\n`; Graphviz reads the entities of HTML everywhere. */
export function dot(...lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    printable(line)
      .replaceAll(/["\\]/g, (letter) => `\\${letter}`)
      .replaceAll("&", "&amp;"),
  );
  return `"${escaped.join("\\n")}"`;
}
