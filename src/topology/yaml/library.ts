/** All of YAML 1.2, by the yaml package; its faults in our words. */

import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node, YAMLError } from "yaml";
import type { Problem } from "../problems.ts";
import type { Entry, Lines, Tree } from "./tree.ts";

/** Deeper than any topology, shallower than the stack. */
const MAX_DEPTH = 64;

/** The tree, or what keeps the text from being YAML. */
export function readWithLibrary(text: string, lines: Lines): { tree: Tree | null } | { problems: Problem[] } {
  let document: Document.Parsed;
  try {
    // uniqueKeys compares every key with every other one: a second for 10,000 hosts.
    document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, strict: true, logLevel: "error" });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { problems: [fault("yaml", "the file is nested too deeply", [0, 1])] };
  }
  const faults = [...document.errors, ...document.warnings];
  if (faults.length === 0) {
    const tree = convert(document.contents, 0);
    return tree === TOO_DEEP ? { problems: [fault("yaml", "the file is nested too deeply", [0, 1])] } : { tree };
  }
  // One indentation mistake causes many parser errors: report one per line.
  const seen = new Set<number>();
  const problems: Problem[] = [];
  for (const found of faults) {
    const { line } = lines.at(found.pos[0]);
    if (!seen.has(line)) problems.push(explain(found, text));
    seen.add(line);
  }
  return { problems };
}

function fault(code: string, summary: string, span: readonly [number, number], hint?: string): Problem {
  return { code: `topology.${code}`, severity: "error", summary, path: [], at: "value", span, hint };
}

function explain(found: YAMLError, text: string): Problem {
  const { code, message, pos } = found;
  if (code === "TAB_AS_INDENT" || (code === "BAD_SCALAR_START" && text[pos[0]] === "\t")) {
    return fault("tab", "a tab where YAML needs spaces", pos, "indent with spaces");
  }
  if (code === "MULTIPLE_DOCS") {
    return fault("yaml", "the file holds more than one YAML document", pos, "put each network into its own file");
  }
  if (message.includes("call stack")) return fault("yaml", "the file is nested too deeply", pos);
  const indentation = code === "BLOCK_AS_IMPLICIT_KEY" || code === "BAD_INDENT";
  const hint = indentation ? "check the indentation, and the space after each colon" : undefined;
  return fault("yaml", message.replace(/\.$/, ""), pos, hint);
}

const TOO_DEEP = Symbol("too deep");

function convert(node: Node | null, depth: number): Tree | null | typeof TOO_DEEP {
  if (node === null) return null;
  if (depth > MAX_DEPTH) return TOO_DEEP;
  const [start, end] = node.range ?? [0, 0];
  if (isAlias(node)) return { kind: "alias", name: node.source, start, end };
  const placed = { start, end, ...(node.anchor !== undefined && { anchor: node.anchor }) };
  if (isScalar(node)) {
    const quoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
    return { kind: "scalar", value: node.value, quoted, ...placed };
  }
  if (isSeq(node)) {
    const items: (Tree | null)[] = [];
    for (const item of node.items) {
      const value = convert(item as Node | null, depth + 1);
      if (value === TOO_DEEP) return TOO_DEEP;
      items.push(value);
    }
    return { kind: "sequence", items, ...placed };
  }
  if (!isMap(node)) return null;
  const entries: Entry[] = [];
  for (const pair of node.items) {
    const key = pair.key as Node | null;
    const value = convert(pair.value as Node | null, depth + 1);
    if (value === TOO_DEEP) return TOO_DEEP;
    const [from, to] = key?.range ?? [start, start + 1];
    entries.push({ key: keyText(key), start: from, end: to, value });
  }
  return { kind: "mapping", entries, ...placed };
}

/** A key is a name, however YAML would read it: `007`, `1e3` and `true` keep their spelling. */
function keyText(key: Node | null): string | null {
  if (!isScalar(key)) return null;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}
