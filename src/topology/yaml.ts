/**
 * YAML (and JSON, which is YAML 1.2) to a plain value, remembering where everything stood. The value is built here and
 * not by the library: keys keep their spelling (`007` is a name), duplicate keys are found without comparing each with
 * each, and aliases cannot multiply without bound.
 */

import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node, Pair, YAMLError, YAMLMap } from "yaml";
import type { SourceRange } from "../diagnostic.ts";
import { Problems } from "./problems.ts";
import type { Locate, Path, Problem } from "./problems.ts";

/** Far more than any topology nests, far less than the stack. */
const MAX_DEPTH = 64;
/** Values that a file may hold when all its aliases are written out. */
const MAX_VALUES = 1_000_000;

export interface Source {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly locate: Locate;
  /** False when the text is not YAML at all: then the value means nothing. */
  readonly readable: boolean;
}

export function readYaml(text: string, file: string): Source {
  const lines = new LineCounter();
  const problems = new Problems();
  const positions = new Positions(file, lines);
  let document: Document.Parsed;
  try {
    // uniqueKeys compares every key with every other one: a second for 10,000 hosts.
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      strict: true,
      logLevel: "error",
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.error("yaml", "the file is nested too deeply", []);
    return { value: null, problems: problems.list, locate: () => undefined, readable: false };
  }
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    // One slip of indentation makes the parser stumble many times: say it once a line.
    const seen = new Set<number>();
    for (const fault of faults) {
      const { line } = lines.linePos(fault.pos[0]);
      if (!seen.has(line)) problems.error(...syntaxFault(fault, text), { span: fault.pos, ...syntaxHint(fault) });
      seen.add(line);
    }
    return {
      value: null,
      problems: problems.list,
      locate: (_path, _at, span) => span && positions.between(span[0], span[1]),
      readable: false,
    };
  }
  const reader = new Reader(problems, positions);
  const value = reader.read(document.contents, [], 0);
  const locate: Locate = (path, at, span) => positions.of(document.contents, path, at, span);
  return { value, problems: problems.list, locate, readable: !reader.overflowed };
}

function syntaxFault(fault: YAMLError, text: string): [code: string, summary: string, path: Path] {
  if (fault.code === "TAB_AS_INDENT" || (fault.code === "BAD_SCALAR_START" && text[fault.pos[0]] === "\t"))
    return ["tab", "a tab where YAML wants spaces", []];
  if (fault.code === "MULTIPLE_DOCS") return ["yaml", "the file holds more than one YAML document", []];
  if (fault.message.includes("call stack")) return ["yaml", "the file is nested too deeply", []];
  return ["yaml", fault.message.replace(/\.$/, ""), []];
}

function syntaxHint(fault: YAMLError): { hint?: string } {
  if (fault.code === "TAB_AS_INDENT") return { hint: "indent with spaces" };
  if (fault.code === "MULTIPLE_DOCS") return { hint: "keep one network in one file" };
  if (fault.code === "BLOCK_AS_IMPLICIT_KEY" || fault.code === "BAD_INDENT")
    return { hint: "check the indentation, and the space after each colon" };
  return {};
}

/** The text a key stands for: as it was written, or null when it is not a plain word. */
function keyText(key: unknown): string | null {
  if (!isScalar(key)) return null;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

/** Whether a value is worth pointing at itself; of a mapping, a list or nothing at all, its key is. */
function isLeaf(node: Node | null): boolean {
  return isAlias(node) || (isScalar(node) && node.value !== null);
}

/** Walks the document once. */
class Reader {
  readonly #problems: Problems;
  readonly #positions: Positions;
  /** The file was given up half-way. */
  overflowed = false;
  #values = 0;

  constructor(problems: Problems, positions: Positions) {
    this.#problems = problems;
    this.#positions = positions;
  }

  read(node: Node | null, path: Path, depth: number): unknown {
    if (this.overflowed) return null;
    if (++this.#values > MAX_VALUES || depth > MAX_DEPTH) {
      const summary = depth > MAX_DEPTH ? "the file is nested too deeply" : "its aliases make the file too large";
      this.#problems.error("yaml", summary, path.slice(0, 4));
      this.overflowed = true;
      return null;
    }
    if (isAlias(node)) {
      const target = this.#positions.anchors.get(node.source);
      if (target !== undefined) return this.read(target, path, depth + 1);
      this.#problems.error("yaml", `there is no anchor &${node.source} before this alias`, path);
      return null;
    }
    if (node?.anchor !== undefined) this.#positions.anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item, i) => this.read(item as Node | null, [...path, i], depth + 1));
    return isMap(node) ? this.#readMap(node, path, depth) : null;
  }

  #readMap(map: YAMLMap, path: Path, depth: number): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    const seen = new Map<string, Pair>();
    for (const pair of map.items) {
      const key = keyText(pair.key);
      if (key === null || key === "__proto__") {
        this.#problems.error("key", "a key must be a plain word", path);
        continue;
      }
      const first = seen.get(key);
      if (first !== undefined) {
        const line = this.#positions.rangeOf(first.key as Node)?.line;
        this.#problems.error("duplicate-key", `the key ${JSON.stringify(key)} is here twice`, [...path, key], {
          at: "key",
          hint: line === undefined ? "leave one out" : `the first is on line ${line}`,
        });
        continue;
      }
      seen.set(key, pair);
      value[key] = this.read(pair.value as Node | null, [...path, key], depth + 1);
    }
    return value;
  }
}

/** Where things stand in the file. */
class Positions {
  readonly anchors = new Map<string, Node>();
  readonly #file: string;
  readonly #lines: LineCounter;
  // The last of several equal keys: what is said of a duplicate is said of the second.
  readonly #keys = new WeakMap<YAMLMap, Map<string, Pair>>();

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  between(start: number, end: number): SourceRange {
    const from = this.#lines.linePos(start);
    const to = this.#lines.linePos(Math.max(start + 1, end));
    return { file: this.#file, line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  }

  rangeOf(node: Node | null): SourceRange | undefined {
    return node?.range ? this.between(node.range[0], node.range[1]) : undefined;
  }

  /** The place of a path; of its deepest part that is in the file when not all of it is. */
  of(root: Node | null, path: Path, at: "key" | "value", span?: readonly [number, number]): SourceRange | undefined {
    let node: Node | null = root;
    let key: Node | null = null;
    for (const part of path) {
      const inner = this.#resolved(node);
      if (isMap(inner)) {
        const pair = this.#index(inner).get(String(part));
        if (pair === undefined) break;
        key = pair.key as Node;
        node = pair.value as Node | null;
      } else if (isSeq(inner) && typeof part === "number" && part < inner.items.length) {
        key = null;
        node = inner.items[part] as Node | null;
      } else break;
    }
    if (key !== null && (at === "key" || !isLeaf(node))) return this.rangeOf(key);
    if (isAlias(node)) return this.rangeOf(node);
    if (!isScalar(node)) return node?.range ? this.between(node.range[0], node.range[0] + 1) : this.between(0, 1);
    return span === undefined ? this.rangeOf(node) : this.#within(node, span);
  }

  /** Part of a scalar's text, when it is written on one line without escapes. */
  #within(node: Node, [start, end]: readonly [number, number]): SourceRange | undefined {
    if (!isScalar(node) || !node.range) return this.rangeOf(node);
    const [from, to] = node.range;
    const quotes = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" ? 1 : 0;
    const simple = to - from === String(node.value).length + 2 * quotes;
    return simple ? this.between(from + quotes + start, from + quotes + end) : this.rangeOf(node);
  }

  #resolved(node: Node | null): Node | null {
    return isAlias(node) ? (this.anchors.get(node.source) ?? null) : node;
  }

  #index(map: YAMLMap): Map<string, Pair> {
    let index = this.#keys.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((pair) => [keyText(pair.key) ?? "", pair]));
      this.#keys.set(map, index);
    }
    return index;
  }
}
