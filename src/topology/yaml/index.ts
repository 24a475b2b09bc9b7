/**
 * YAML (and JSON, which is YAML 1.2) to a plain value, remembering where everything stood.
 * In: the text. Out: the value, a function from a path to its place in the file, and what was wrong.
 * library.ts has the yaml package read it; what follows works on a small tree of our own (tree.ts).
 * The value is built here and not by the library: duplicate keys are found, and aliases cannot multiply without bound.
 * Pure.
 */

import type { SourceRange } from "../../diagnostic.ts";
import { Problems } from "../problems.ts";
import type { Locate, Path, Problem } from "../problems.ts";
import { readWithLibrary } from "./library.ts";
import { Lines } from "./tree.ts";
import type { Entry, Mapping, Tree } from "./tree.ts";

/** With aliases written out: far more than any topology nests, far less than the stack. */
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
  const positions = new Positions(file, text);
  const read = readWithLibrary(text, positions.lines);
  if ("problems" in read) {
    const locate: Locate = (_path, _at, span) => span && positions.between(span[0], span[1]);
    return { value: null, problems: read.problems, locate, readable: false };
  }
  const problems = new Problems();
  const reader = new Reader(problems, positions);
  const value = reader.read(read.tree, [], 0);
  const locate: Locate = (path, at, span) => positions.of(read.tree, path, at, span);
  return { value, problems: problems.list, locate, readable: !reader.overflowed };
}

/** Walks the tree once. */
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

  read(tree: Tree | null, path: Path, depth: number): unknown {
    if (this.overflowed || tree === null) return null;
    if (++this.#values > MAX_VALUES || depth > MAX_DEPTH) {
      const summary = depth > MAX_DEPTH ? "the file is nested too deeply" : "its aliases make the file too large";
      this.#problems.error("yaml", summary, path.slice(0, 4));
      this.overflowed = true;
      return null;
    }
    if (tree.anchor !== undefined) this.#positions.anchors.set(tree.anchor, tree);
    switch (tree.kind) {
      case "scalar":
        return tree.value;
      case "sequence":
        return tree.items.map((item, i) => this.read(item, [...path, i], depth + 1));
      case "mapping":
        return this.#readMapping(tree, path, depth);
      case "alias": {
        const target = this.#positions.anchors.get(tree.name);
        if (target !== undefined) return this.read(target, path, depth + 1);
        this.#problems.error("yaml", `there is no anchor &${tree.name} before this alias`, path);
        return null;
      }
    }
  }

  #readMapping(mapping: Mapping, path: Path, depth: number): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    const seen = new Map<string, Entry>();
    for (const entry of mapping.entries) {
      const { key } = entry;
      if (key === null || key === "__proto__") {
        this.#problems.error("key", "a key must be a plain word", path);
        continue;
      }
      const first = seen.get(key);
      if (first !== undefined) {
        const hint = `the first is on line ${this.#positions.lines.at(first.start).line}`;
        this.#problems.error("duplicate-key", `the key ${JSON.stringify(key)} is here twice`, [...path, key], {
          at: "key",
          hint,
        });
        continue;
      }
      seen.set(key, entry);
      value[key] = this.read(entry.value, [...path, key], depth + 1);
    }
    return value;
  }
}

/** Whether a value is worth pointing at itself; of a mapping, a list or nothing at all, its key is. */
function isLeaf(tree: Tree | null): boolean {
  return tree?.kind === "alias" || (tree?.kind === "scalar" && tree.value !== null);
}

/** Positions in the file. */
class Positions {
  readonly anchors = new Map<string, Tree>();
  readonly #file: string;
  readonly #text: string;
  #lines: Lines | undefined;
  // The last of several equal keys: a duplicate is reported at the second.
  readonly #keys = new WeakMap<Mapping, Map<string, Entry>>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  get lines(): Lines {
    return (this.#lines ??= new Lines(this.#text));
  }

  between(start: number, end: number): SourceRange {
    const from = this.lines.at(start);
    const to = this.lines.at(Math.max(start + 1, end));
    return { file: this.#file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }

  /** The place of a path; of its deepest part that is in the file when not all of it is. */
  of(root: Tree | null, path: Path, at: "key" | "value", span?: readonly [number, number]): SourceRange {
    let tree: Tree | null = root;
    let key: Entry | null = null;
    for (const part of path) {
      const inner: Tree | null = tree?.kind === "alias" ? (this.anchors.get(tree.name) ?? null) : tree;
      if (inner?.kind === "mapping") {
        const entry = this.#index(inner).get(String(part));
        if (entry === undefined) break;
        key = entry;
        tree = entry.value;
      } else if (inner?.kind === "sequence" && typeof part === "number" && part < inner.items.length) {
        key = null;
        tree = inner.items[part]!;
      } else break;
    }
    if (key !== null && (at === "key" || !isLeaf(tree))) return this.between(key.start, key.end);
    if (tree === null) return this.between(0, 1);
    if (tree.kind === "alias") return this.between(tree.start, tree.end);
    if (tree.kind !== "scalar") return this.between(tree.start, tree.start + 1);
    const quotes = tree.quoted ? 1 : 0;
    // Part of a text, when it is written on one line without escapes.
    const simple = span !== undefined && tree.end - tree.start === String(tree.value).length + 2 * quotes;
    return simple
      ? this.between(tree.start + quotes + span[0], tree.start + quotes + span[1])
      : this.between(tree.start, tree.end);
  }

  #index(mapping: Mapping): Map<string, Entry> {
    let index = this.#keys.get(mapping);
    if (index === undefined) {
      index = new Map(mapping.entries.map((entry) => [entry.key ?? "", entry]));
      this.#keys.set(mapping, index);
    }
    return index;
  }
}
