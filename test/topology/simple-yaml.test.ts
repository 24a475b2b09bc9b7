import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { readWithLibrary } from "../../src/topology/yaml/library.ts";
import { readSimple } from "../../src/topology/yaml/simple.ts";
import { Lines } from "../../src/topology/yaml/tree.ts";
import type { Tree } from "../../src/topology/yaml/tree.ts";

/** What must agree: values, keys, and the places of keys and scalars (of collections, where they start). */
function outline(tree: Tree | null): unknown {
  if (tree === null) return null;
  const { start } = tree;
  if (tree.kind === "alias") return tree;
  if (tree.kind === "sequence") return { start, items: tree.items.map(outline) };
  if (tree.kind === "mapping")
    return { start, entries: tree.entries.map((e) => [e.key, e.start, e.end, outline(e.value)]) };
  // Nothing stands nowhere in particular: its key is pointed at.
  return tree.value === null ? null : { value: tree.value, quoted: tree.quoted, start, end: tree.end };
}

function byLibrary(text: string): unknown {
  const read = readWithLibrary(text, new Lines(text));
  return "problems" in read ? read.problems.map((p) => p.summary) : { tree: outline(read.tree) };
}

/** What the simple reader makes of a text is what the library makes of it, unless it gives up. */
function agree(text: string): boolean {
  const tree = readSimple(text);
  if (tree === undefined) return false;
  expect({ tree: outline(tree) }).toEqual(byLibrary(text));
  return true;
}

test.each([
  "hosts:\n  a: { interfaces: { eth0: lan } }\n  b:\n",
  "a:\n- 1\n- x: 1\n  y: 2\n- - 3\n  - 4\nb: c # d\n",
  "a: 'b: c'\n\"k e\": [x, 'y', {z: 1}, ]\n",
  "  a: 1\n  b:\n    c: -x> d\n",
  "expect:\n  - a -> b icmp # yes\n  - b -x> a udp/53\n",
  "a: {\n  b: 1, # c\n\n  d\n }\n",
  '{"a": [1, true, null, "x"], "b":{}}',
  "a: 10.0.0.1/24\nb: 2001:db8::1/64\nc: [::1, fe80::1]\n",
  "# only\n\n",
  "",
])("%j is simple, and read as the library does", (text) => {
  expect(agree(text)).toBe(true);
});

test.each([
  "a: &x 1",
  "a: *x",
  "a: !t b",
  "a: |\n  b",
  "a:\tb",
  "a: b\n  c",
  "a: 'b''c'",
  'a: "\\n"',
  "a: 1.5",
  "? a",
  "- [a: b]",
  "a: {b: c",
  "a: b: c",
  "---\na: 1",
  "a: 1\n b: 2",
  "a\n",
  "a: [b]c",
  "a: 0x10",
])("%j is left to the library", (text) => {
  expect(readSimple(text)).toBeUndefined();
});

test("whatever is written in YAML's own alphabet, the two agree", () => {
  const pieces = [
    "a",
    "b",
    "1",
    " ",
    " ",
    "  ",
    "\n",
    "\n",
    "\n  ",
    ": ",
    ":",
    "- ",
    "-",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ",",
    " #",
    "#",
    "'",
    '"',
    "~",
    "null",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "?",
    "x: 1",
    "- y",
    "{ }",
    "k:\n",
  ];
  let simple = 0;
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join("")),
      (text) => {
        if (agree(text)) simple++;
      },
    ),
    { numRuns: 20_000, verbose: 1 },
  );
  expect(simple).toBeGreaterThan(500);
});

test("whatever the library writes of plain data, the two agree", () => {
  const word = fc.constantFrom(
    "a",
    "eth0",
    "10.0.0.1/24",
    "a -> b icmp",
    "-x>",
    "true",
    "7",
    "02:00:00:00:00:01",
    "::1",
    "x y",
    "é",
    "",
    "a: b",
    "#",
    "lan",
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.integer({ min: -9999, max: 99_999 }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(word, tie("value"), { maxKeys: 4 }),
    ),
  }));
  const options = fc.record({
    indent: fc.integer({ min: 1, max: 5 }),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 40),
    collectionStyle: fc.constantFrom("any" as const, "flow" as const, "block" as const),
  });
  let simple = 0;
  fc.assert(
    fc.property(value, options, (data, style) => {
      if (agree(stringify(data, style))) simple++;
    }),
    { numRuns: 3_000, verbose: 1 },
  );
  expect(simple).toBeGreaterThan(500);
});
