import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/diagnostic.ts";
import { diagnostics } from "../../src/show/diagnostics.ts";
import { PLAIN } from "../../src/show/style.ts";

const SOURCE = "name: office\nhots:\n  a: {}\n";
const UNKNOWN: Diagnostic = {
  code: "topology.unknown-key",
  severity: "error",
  summary: 'unknown key "hots"',
  range: { file: "office.yaml", line: 2, column: 1, endLine: 2, endColumn: 5 },
  state: "nothing was created",
  hint: 'did you mean "hosts"?',
};

const show = (list: Diagnostic[], source = SOURCE, width = Infinity): string =>
  diagnostics(list, { ...PLAIN, width }, () => source);

describe("diagnostics", () => {
  it("points at the place in the line", () => {
    expect(show([UNKNOWN])).toBe(`\
error[topology.unknown-key]: unknown key "hots"
 --> office.yaml:2:1
  |
2 | hots:
  | ^^^^
  = state: nothing was created
  = help: did you mean "hosts"?
`);
  });

  it("does without the file's text, and without a place", () => {
    const { range: _, ...placeless } = UNKNOWN;
    expect(diagnostics([UNKNOWN])).toContain(" --> office.yaml:2:1\n  = state");
    expect(show([{ ...placeless, subject: "namespace gw", cause: "EPERM\nreally" }])).toBe(`\
error[topology.unknown-key]: unknown key "hots"
 = in: namespace gw
 = cause: EPERM
          really
 = state: nothing was created
 = help: did you mean "hosts"?
`);
  });

  it("counts several errors, and warnings do not count", () => {
    const text = show([UNKNOWN, { ...UNKNOWN, severity: "warning" }, UNKNOWN]);
    expect(text).toContain("\n\nwarning[topology.unknown-key]");
    expect(text.endsWith("\n\n2 errors\n")).toBe(true);
  });

  it("keeps the carets under a place far to the right, under tabs and under wide letters", () => {
    const range = { file: "f", line: 1, column: 201, endLine: 1, endColumn: 204 };
    const far = show([{ ...UNKNOWN, range }], `${"x".repeat(200)}BAD${"y".repeat(300)}`, 60).split("\n");
    expect(far[3]?.indexOf("BAD")).toBe(far[4]?.indexOf("^^^"));
    expect(Math.max(...far.slice(0, 5).map((line) => line.length))).toBeLessThanOrEqual(60);
    const tab = show([{ ...UNKNOWN, range: { ...range, column: 3, endColumn: 6 } }], "\t東BAD").split("\n");
    expect(tab.slice(3, 5)).toEqual(["1 |  東BAD", "  |    ^^^"]);
  });

  it("marks to the end of the line when the range goes on below, and one column when it is empty", () => {
    const range = { file: "f", line: 1, column: 1, endLine: 3, endColumn: 2 };
    expect(show([{ ...UNKNOWN, range }], "abc\n\n\n")).toContain("  | ^^^\n");
    expect(show([{ ...UNKNOWN, range: { ...range, endLine: 1, endColumn: 1 } }], "")).toContain("  | ^\n");
  });

  it("lets no control character through", () => {
    const evil = "\x1b]0;pwned\x07";
    const text = show(
      [{ ...UNKNOWN, code: evil, summary: evil, subject: evil, cause: evil, hint: evil }],
      evil.repeat(3),
    );
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });
});
