/** A topology as the text of a YAML file, the way a person would lay it out. */

import { pathText } from "../topology/problems.ts";
import type { Path } from "../topology/problems.ts";
import type { Exported } from "./exported.ts";

/** Columns; what is longer is spread over several lines. */
const WIDTH = 100;
/** The top level and what is directly in it are always spread. */
const ALWAYS_SPREAD = 2;

/** `title`: lines at the top. */
export function writeTopology({ topology, notes, unexpressed }: Exported, title: readonly string[] = []): string {
  const remarks = new Map<string, string[]>();
  for (const { path, text } of notes) {
    const key = pathText(path);
    remarks.set(key, [...(remarks.get(key) ?? []), text]);
  }
  const lines = title.map(comment);
  const body = new Writer(remarks).mapping(topology, [], 0);
  lines.push(...(body.length === 0 ? ["hosts: {}"] : body));
  const lost = unexpressed.filter(({ weight }) => weight === "lost");
  const other = unexpressed.filter(({ weight }) => weight === "other");
  if (lost.length > 0) lines.push("", "# What this file cannot express:", ...lost.map(item));
  if (other.length > 0) lines.push("", "# What netloom does differently:", ...other.map(item));
  return `${lines.join("\n")}\n`;
}

function comment(text: string): string {
  return text === "" ? "#" : `# ${plain(text)}`;
}

function item({ place, why }: { readonly place: string; readonly why: string }): string {
  return `#   ${plain(place)}: ${plain(why)}`;
}

/** Names come from the kernel: a line break in one must not end the comment. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, "?");
}

class Writer {
  readonly #remarks: ReadonlyMap<string, readonly string[]>;

  constructor(remarks: ReadonlyMap<string, readonly string[]>) {
    this.#remarks = remarks;
  }

  mapping(value: object, path: Path, depth: number): string[] {
    return Object.entries(value).flatMap(([key, inner]) =>
      this.#entry(`${scalar(key)}:`, inner, [...path, key], depth),
    );
  }

  /** `head` precedes the value: a key, or the dash of a list. */
  #entry(head: string, value: unknown, path: Path, depth: number): string[] {
    const indent = "  ".repeat(depth);
    const remarks = (this.#remarks.get(pathText(path)) ?? []).map((text) => `${indent}${comment(text)}`);
    const flat = `${indent}${head}${value === null ? "" : ` ${flow(value)}`}`;
    const fits = flat.length <= WIDTH && !this.#hasRemarks(path);
    if (typeof value !== "object" || value === null || (fits && depth >= ALWAYS_SPREAD - 1) || isEmpty(value))
      return [...remarks, flat];
    if (Array.isArray(value))
      return [...remarks, `${indent}${head}`, ...value.flatMap((one, i) => this.#item(one, [...path, i], depth + 1))];
    return [...remarks, `${indent}${head}`, ...this.mapping(value, path, depth + 1)];
  }

  #item(value: unknown, path: Path, depth: number): string[] {
    const indent = "  ".repeat(depth);
    const remarks = (this.#remarks.get(pathText(path)) ?? []).map((text) => `${indent}${comment(text)}`);
    const flat = `${indent}- ${flow(value)}`;
    if (typeof value !== "object" || value === null || Array.isArray(value) || flat.length <= WIDTH || isEmpty(value))
      return [...remarks, flat];
    const lines = this.mapping(value, path, depth + 1);
    return [...remarks, `${indent}- ${lines[0]!.trimStart()}`, ...lines.slice(1)];
  }

  /** Comments on nested values: the value is then written on several lines. */
  #hasRemarks(path: Path): boolean {
    const outer = pathText(path);
    return [...this.#remarks.keys()].some(
      (key) => key.startsWith(outer) && key !== outer && /^[.[]/.test(key.slice(outer.length)),
    );
  }
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function flow(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "string") return scalar(value);
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = Object.entries(value).map(([key, one]) => `${scalar(key)}: ${flow(one)}`);
  return inner.length === 0 ? "{}" : `{ ${inner.join(", ")} }`;
}

/** What YAML 1.2 reads as something else than a text. */
const OTHER_TYPES =
  /^([-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0[xo][\da-fA-F]+|true|false|null|True|False|Null|TRUE|FALSE|NULL|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
/** Letters and characters without special meaning, in words separated by single spaces, including `a -> b icmp`. */
const SAFE = /^[A-Za-z0-9][A-Za-z0-9_./:+-]*( [A-Za-z0-9_./:+>-]+)*$/;

/** A text without quotation marks where that is safe, also inside of brackets. */
function scalar(text: string): string {
  const safe = SAFE.test(text) && !OTHER_TYPES.test(text) && !/:( |$)|#/.test(text) && !isEnd(text);
  return safe ? text : JSON.stringify(text);
}

/** `c:eth0` reads as two things: it is quoted as the manual has it. */
function isEnd(text: string): boolean {
  return /^[A-Za-z][^:]*:[^:]+$/.test(text) && !text.includes(" ");
}
