/**
 * The YAML that people write for topologies, read in one pass: block and flow mappings and lists, plain and simply quoted
 * scalars, comments. Anything else (anchors, tags, several lines of text, escapes, tabs, and every mistake) gives null, and
 * the yaml package decides; what is read here it would read the same, places included. Twenty times as fast, which a
 * thousand hosts notice.
 */

import type { Entry, Mapping, Scalar, Sequence, Tree } from "./tree.ts";

const MAX_DEPTH = 32;
/** The yaml package refuses implicit keys beyond 1,024 characters. */
const MAX_KEY = 1000;

const [NEWLINE, SPACE, HASH, COLON, DASH] = [10, 32, 35, 58, 45];
const [COMMA, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP, DOUBLE, SINGLE] = [44, 91, 93, 123, 125, 34, 39];

/** Characters that a plain scalar cannot begin with: ,[]{}#&*!|>'"%@` and, unless something follows, -?: */
const INDICATORS = new Set([..."\n ,[]{}#&*!|>'\"%@`"].map((c) => c.charCodeAt(0)));

/** Thrown to give up; never leaves this file. */
const UNUSUAL = new Error("not simple");

/** The tree of a simple text (null for an empty one); undefined when it takes a real YAML parser. */
export function readSimple(text: string): Tree | null | undefined {
  if (/[\t\r\uFEFF\u0085\u2028\u2029]|^(?:---|\.\.\.|%)/m.test(text)) return undefined;
  try {
    return new Reader(text).document();
  } catch (error) {
    if (error === UNUSUAL) return undefined;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Tree | null {
    const indent = this.#nextLine();
    if (indent < 0) return null;
    const first = this.#code(this.#at);
    const flow = first === OPEN_MAP || first === OPEN_LIST;
    const tree = flow ? this.#flow(-1, 0) : this.#block(indent, 0);
    if (flow) this.#endOfLine();
    if (this.#nextLine() >= 0) throw UNUSUAL;
    return tree;
  }

  #code(i: number): number {
    // Past the end counts as the end of the line.
    return i < this.#text.length ? this.#text.charCodeAt(i) : NEWLINE;
  }

  /** Skips blank lines and comments from the start of a line; returns the next line's indentation, −1 at the end. */
  #nextLine(): number {
    const { length } = this.#text;
    while (this.#at < length) {
      let i = this.#at;
      while (i < length && this.#text.charCodeAt(i) === SPACE) i++;
      const code = this.#code(i);
      if (code !== NEWLINE && code !== HASH) {
        const indent = i - this.#at;
        this.#at = i;
        return indent;
      }
      const end = this.#text.indexOf("\n", i);
      this.#at = end < 0 ? length : end + 1;
    }
    return -1;
  }

  /** Looks at the next line's indentation without moving to its text. */
  #peek(): number {
    const indent = this.#nextLine();
    if (indent >= 0) this.#at -= indent;
    return indent;
  }

  /** After a value: nothing but a comment. Moves to the start of the next line. */
  #endOfLine(): void {
    let i = this.#at;
    while (this.#code(i) === SPACE) i++;
    if (this.#code(i) === HASH && i > this.#at) {
      const end = this.#text.indexOf("\n", i);
      i = end < 0 ? this.#text.length : end;
    }
    if (this.#code(i) !== NEWLINE) throw UNUSUAL;
    this.#at = i + 1;
  }

  #isDash(i: number): boolean {
    const next = this.#code(i + 1);
    return this.#code(i) === DASH && (next === SPACE || next === NEWLINE);
  }

  /** A block mapping or list whose first line starts here, at column `indent`. */
  #block(indent: number, depth: number): Tree {
    if (depth > MAX_DEPTH) throw UNUSUAL;
    return this.#isDash(this.#at) ? this.#blockList(indent, depth) : this.#blockMap(indent, depth);
  }

  #blockMap(indent: number, depth: number): Mapping {
    const start = this.#at;
    const entries: Entry[] = [];
    for (;;) {
      entries.push(this.#blockEntry(indent, depth));
      const next = this.#peek();
      if (next < indent) break;
      if (next > indent || this.#isDash(this.#at + indent)) throw UNUSUAL;
      this.#at += indent;
    }
    return { kind: "mapping", entries, start, end: this.#at };
  }

  #blockEntry(indent: number, depth: number): Entry {
    const start = this.#at;
    const key = this.#key(false);
    const end = this.#at;
    let i = end;
    while (this.#code(i) === SPACE) i++;
    if (this.#code(i) !== COLON || (i > end && !this.#isQuote(start))) throw UNUSUAL;
    const next = this.#code(i + 1);
    if (next !== SPACE && next !== NEWLINE) throw UNUSUAL;
    this.#at = i + 1;
    return { key, start, end, value: this.#blockValue(indent, depth, true) };
  }

  #blockList(indent: number, depth: number): Sequence {
    const start = this.#at;
    const items: (Tree | null)[] = [];
    for (;;) {
      this.#at += 1;
      items.push(this.#blockItem(indent, depth));
      const next = this.#peek();
      if (next < indent || (next === indent && !this.#isDash(this.#at + indent))) break;
      if (next > indent) throw UNUSUAL;
      this.#at += indent;
    }
    return { kind: "sequence", items, start, end: this.#at };
  }

  /** After the dash: `- a: 1` begins a mapping in the column of its first key. */
  #blockItem(indent: number, depth: number): Tree | null {
    let i = this.#at;
    while (this.#code(i) === SPACE) i++;
    const inner = indent + 1 + i - this.#at;
    if (this.#isDash(i) || (!this.#isOpening(i) && this.#hasKey(i))) {
      this.#at = i;
      return this.#block(inner, depth + 1);
    }
    return this.#blockValue(indent, depth, false);
  }

  /** Whether a key and its colon stand on the rest of this line. */
  #hasKey(i: number): boolean {
    if (this.#isQuote(i)) {
      let end = this.#text.indexOf(this.#text[i]!, i + 1) + 1;
      if (end === 0) throw UNUSUAL;
      while (this.#code(end) === SPACE) end++;
      return this.#code(end) === COLON;
    }
    for (let j = i; this.#code(j) !== NEWLINE; j++) {
      const next = this.#code(j + 1);
      if (this.#code(j) === COLON && (next === SPACE || next === NEWLINE)) return true;
      if (this.#code(j) === SPACE && next === HASH) return false;
    }
    return false;
  }

  #isOpening(i: number): boolean {
    return this.#code(i) === OPEN_MAP || this.#code(i) === OPEN_LIST;
  }

  #isQuote(i: number): boolean {
    return this.#code(i) === DOUBLE || this.#code(i) === SINGLE;
  }

  /** What follows a colon or a dash: on the same line, else a block that is indented further, else nothing. */
  #blockValue(indent: number, depth: number, ofKey: boolean): Tree | null {
    const after = this.#at;
    while (this.#code(this.#at) === SPACE) this.#at++;
    const code = this.#code(this.#at);
    if (code === NEWLINE || (code === HASH && this.#at > after)) {
      this.#at = after;
      this.#endOfLine();
      const next = this.#peek();
      const listOfKey = ofKey && next === indent && this.#isDash(this.#at + indent);
      if (next <= indent && !listOfKey) return { kind: "scalar", value: null, quoted: false, start: after, end: after };
      this.#at += next;
      if (this.#isOpening(this.#at) || (!this.#isDash(this.#at) && !this.#hasKey(this.#at))) throw UNUSUAL;
      return this.#block(next, depth + 1);
    }
    const value = this.#isOpening(this.#at) ? this.#flow(indent, depth + 1) : this.#scalar(false);
    this.#endOfLine();
    // A line that is indented further would go on with a plain scalar.
    if (this.#peek() > indent) throw UNUSUAL;
    return value;
  }

  /** A flow mapping or list; each further line of it must be indented more than `indent`. */
  #flow(indent: number, depth: number): Tree {
    if (depth > MAX_DEPTH) throw UNUSUAL;
    const start = this.#at++;
    const close = this.#code(start) === OPEN_MAP ? CLOSE_MAP : CLOSE_LIST;
    const entries: Entry[] = [];
    const items: Tree[] = [];
    this.#flowSpace(indent);
    while (this.#code(this.#at) !== close) {
      if (close === CLOSE_MAP) entries.push(this.#flowEntry(indent, depth));
      else items.push(this.#flowValue(indent, depth));
      this.#flowSpace(indent);
      if (this.#code(this.#at) === COMMA) {
        this.#at++;
        this.#flowSpace(indent);
      } else if (this.#code(this.#at) !== close) throw UNUSUAL;
    }
    const placed = { start, end: ++this.#at };
    return close === CLOSE_MAP ? { kind: "mapping", entries, ...placed } : { kind: "sequence", items, ...placed };
  }

  #flowEntry(indent: number, depth: number): Entry {
    const start = this.#at;
    if (this.#isOpening(start)) throw UNUSUAL;
    const key = this.#key(true);
    const end = this.#at;
    this.#flowSpace(indent);
    // A key alone stands for nothing; `a : b`, and a colon in the next line, are left to the library.
    const code = this.#code(this.#at);
    if (code === COMMA || code === CLOSE_MAP) return { key, start, end, value: null };
    if (code !== COLON || this.#at > end) throw UNUSUAL;
    const next = this.#code(++this.#at);
    if (next !== SPACE && next !== NEWLINE && next !== COMMA && next !== CLOSE_MAP && !this.#isQuote(start))
      throw UNUSUAL;
    const after = this.#at;
    this.#flowSpace(indent);
    const then = this.#code(this.#at);
    if (then === COMMA || then === CLOSE_MAP)
      return { key, start, end, value: { kind: "scalar", value: null, quoted: false, start: after, end: after } };
    return { key, start, end, value: this.#flowValue(indent, depth) };
  }

  #flowValue(indent: number, depth: number): Tree {
    if (this.#isOpening(this.#at)) return this.#flow(indent, depth + 1);
    const value = this.#scalar(true);
    // A scalar that is a key (`[a: b]`), or that goes on in the next line, is not simple.
    this.#flowSpace(indent);
    const code = this.#code(this.#at);
    if (code !== COMMA && code !== CLOSE_LIST && code !== CLOSE_MAP) throw UNUSUAL;
    return value;
  }

  /** Spaces, line ends and comments between the parts of a flow collection. */
  #flowSpace(indent: number): void {
    for (;;) {
      const before = this.#at;
      while (this.#code(this.#at) === SPACE) this.#at++;
      const code = this.#code(this.#at);
      if (code === HASH && this.#at === before) throw UNUSUAL;
      if (code !== HASH && code !== NEWLINE) return;
      this.#at = before;
      this.#endOfLine();
      if (this.#peek() <= indent) throw UNUSUAL;
    }
  }

  #key(flow: boolean): string {
    const start = this.#at;
    const scalar = this.#scalar(flow, true);
    if (this.#at - start > MAX_KEY || this.#at === start) throw UNUSUAL;
    return scalar.quoted ? (scalar.value as string) : this.#text.slice(start, this.#at);
  }

  #scalar(flow: boolean, key = false): Scalar {
    const start = this.#at;
    if (this.#isQuote(start)) return this.#quoted(start);
    const end = this.#plainEnd(start, flow, key);
    this.#at = end;
    return { kind: "scalar", value: plainValue(this.#text.slice(start, end)), quoted: false, start, end };
  }

  /** Quotes without escapes, on one line. */
  #quoted(start: number): Scalar {
    const end = this.#text.indexOf(this.#text[start]!, start + 1);
    const value = this.#text.slice(start + 1, end);
    if (end < 0 || /[\n\\]/.test(value) || this.#code(end + 1) === this.#code(start)) throw UNUSUAL;
    this.#at = end + 1;
    return { kind: "scalar", value, quoted: true, start, end: end + 1 };
  }

  #plainEnd(start: number, flow: boolean, key: boolean): number {
    const first = this.#code(start);
    if (INDICATORS.has(first)) throw UNUSUAL;
    if ((first === DASH || first === COLON || first === 63) && this.#endsPlain(start + 1, flow)) throw UNUSUAL;
    let end = start;
    for (let i = start; ; i++) {
      const code = this.#code(i);
      if (code === NEWLINE) break;
      if (code === SPACE) {
        if (this.#code(i + 1) === HASH) break;
        continue;
      }
      if (code === COLON && this.#endsPlain(i + 1, flow)) {
        if (!key) throw UNUSUAL;
        break;
      }
      if (flow && isFlowIndicator(code)) break;
      end = i + 1;
    }
    return end;
  }

  #endsPlain(i: number, flow: boolean): boolean {
    const code = this.#code(i);
    return code === SPACE || code === NEWLINE || (flow && isFlowIndicator(code));
  }
}

function isFlowIndicator(code: number): boolean {
  return code === COMMA || code === OPEN_LIST || code === CLOSE_LIST || code === OPEN_MAP || code === CLOSE_MAP;
}

/** The core schema of YAML 1.2 (10.3.2). */
function plainValue(text: string): unknown {
  const first = text.charCodeAt(0);
  // Letters other than n, t, f (and ~) begin only texts.
  if (first > 57 && !/^[~nNtTfF]/.test(text)) return text;
  if (/^(?:~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?[0-9]{1,15}$/.test(text)) return Number(text);
  // Other numbers are rare: let the library read them.
  if (
    /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0[ox][0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(
      text,
    )
  )
    throw UNUSUAL;
  return text;
}
