import { describe, expect, it } from "vitest";
import type { ProbeResult, Verification } from "../../src/model/index.ts";
import { groupsOf, matrix, matrixOf } from "../../src/show/matrix.ts";
import { PLAIN } from "../../src/show/style.ts";
import { verification } from "../../src/show/verification.ts";

type Judge = (source: string, destination: string) => ProbeResult["outcome"];

function probed(names: string[], judge: Judge, families: readonly (4 | 6)[] = [4]): Verification {
  const results = names.flatMap((source) =>
    names
      .filter((destination) => destination !== source)
      .flatMap((destination) =>
        families.map((family) => probe(source, destination, family, judge(source, destination))),
      ),
  );
  return {
    lab: "test",
    nodes: names,
    kind: "pairs",
    results,
    expectations: [],
    unaddressed: [],
    duration: 12,
    holds: results.every(({ holds }) => holds),
  };
}

function probe(source: string, destination: string, family: 4 | 6, outcome: ProbeResult["outcome"]): ProbeResult {
  const holds = outcome === "reply";
  const address = `${family === 4 ? "10.0.0." : "fd00::"}${names100.indexOf(destination) + 1}`;
  const rtt = holds ? 80 : null;
  return {
    source,
    destination,
    family,
    address,
    protocol: "icmp",
    port: null,
    outcome,
    rtt,
    detail: null,
    expected: "reachable",
    holds,
  };
}

const names100 = Array.from({ length: 100 }, (_, index) => `h${index + 1}`);

describe("the square of pairs", () => {
  it("names three nodes on both sides", () => {
    const text = matrix(matrixOf(probed(["h1", "h2", "h3"], (_, to) => (to === "h2" ? "silence" : "reply"))), PLAIN);
    expect(text).toBe(`\
        h1  h2  h3
  h1    ·   ✗   ✓
  h2    ✓   ·   ✓
  h3    ✓   ✗   ·

  row → column   ✓ as expected   ✗ no answer`);
  });

  it("numbers the columns when the names have no room", () => {
    const names = Array.from({ length: 12 }, (_, index) => `workstation-${index + 1}`);
    const text = matrix(matrixOf(probed(names, () => "reply")), { ...PLAIN, width: 80 });
    expect(text.split("\n").slice(0, 4)).toEqual([
      "                                        1 1 1",
      "                      1 2 3 4 5 6 7 8 9 0 1 2",
      "   1  workstation-1   · ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓",
      "   2  workstation-2   ✓ · ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓",
    ]);
  });

  it("folds a hundred hosts of which one is deaf into a square of two", () => {
    const text = matrix(matrixOf(probed(names100, (_, to) => (to === "h7" ? "silence" : "reply"))), {
      ...PLAIN,
      width: 80,
    });
    expect(text.split("\n").slice(0, 3)).toEqual([
      "                       h1…h6, h8…h100 (99)  h7",
      "  h1…h6, h8…h100 (99)           ✓           ✗",
      "  h7                            ✓           ·",
    ]);
    expect(
      groupsOf(matrixOf(probed(names100, (_, to) => (to === "h7" ? "silence" : "reply")))).map((group) => group.length),
    ).toEqual([99, 1]);
  });

  it("puts two nodes together only if every block of the square stays uniform", () => {
    const judge: Judge = (from, to) =>
      (Number(from.slice(1)) * 7 + Number(to.slice(1)) * 3) % 11 === 0 ? "unreachable" : "reply";
    const square = matrixOf(probed(names100, judge));
    const groups = groupsOf(square);
    for (const from of groups) {
      for (const to of groups) {
        const marks = from.flatMap((a) => to.filter((b) => b !== a).map((b) => square.marks[a * 100 + b]));
        expect(new Set(marks).size).toBeLessThanOrEqual(1);
      }
    }
    expect(groups.flat().sort((a, b) => a - b)).toEqual(names100.map((_, index) => index));
  });

  it("says which family works when one does not", () => {
    const both = probed(["h1", "h2"], () => "reply", [4, 6]);
    const results = both.results.map((one) =>
      one.family === 6 && one.source === "h1" ? { ...one, holds: false, outcome: "silence" as const } : one,
    );
    const text = matrix(matrixOf({ ...both, results }), PLAIN);
    expect(text).toContain("  h1    ·   4\n  h2    ✓   ·\n");
    expect(text).toContain("4 IPv4 only");
  });

  it("stays within eighty columns when nothing folds", () => {
    const judge: Judge = (from, to) =>
      (names100.indexOf(from) * 31 + names100.indexOf(to) * 17) % 101 === 0 ? "silence" : "reply";
    const lines = verification(probed(names100, judge), { ...PLAIN, width: 80 }).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe("the verdict", () => {
  it("is one line when everything holds", () => {
    expect(
      verification(
        probed(["h1", "h2"], () => "reply"),
        PLAIN,
      ),
    ).toContain("\n✓ test: all 2 pairs hold, round trips 0.08–0.08 ms, checked in 12 ms\n");
  });

  it("lists what fails, alike pairs as one", () => {
    const text = verification(
      probed(names100, (_, to) => (to === "h7" ? "silence" : "reply")),
      PLAIN,
    );
    expect(text).toContain("  ✗  h1…h6, h8…h100 (99) → h7     99  icmp      no answer       h1 → 10.0.0.7\n");
    expect(text).toContain("\n✗ test: 99 of 9,900 pairs do not hold, checked in 12 ms\n");
  });

  it("says so when there is nothing to ask, and who was left out", () => {
    const none = { ...probed(["h1"], () => "reply"), unaddressed: ["x", "y"] };
    expect(verification(none, PLAIN)).toBe(
      "test: nothing to check, no two nodes have an address\n  not asked, without an address: x and y\n",
    );
  });

  it("answers each expectation in the file's order", () => {
    const results: ProbeResult[] = [
      probe("h1", "h2", 4, "reply"),
      { ...probe("h2", "h1", 4, "refused"), protocol: "tcp", port: 80, detail: "ECONNREFUSED" },
      { ...probe("h2", "h3", 4, "silence"), expected: "unreachable", holds: true },
      { ...probe("h3", "h2", 4, "reply"), expected: "unreachable", holds: false },
    ];
    const texts = ["h1 -> h2 icmp", "h2 -> h1 tcp/80", "h2 -x> h3 icmp", "h3 -x> h2 icmp"];
    const expectations = texts.map((text, index) => ({
      text,
      holds: results[index]?.holds ?? false,
      results: [index],
    }));
    const text = verification(
      { ...probed([], () => "reply"), kind: "expect", results, expectations, holds: false },
      PLAIN,
    );
    expect(text).toBe(`\
     expectation      what came back                                 address
  ✓  h1 -> h2 icmp    answered in 0.08 ms                            10.0.0.2
  ✗  h2 -> h1 tcp/80  refused: ECONNREFUSED                          10.0.0.1
  ✓  h2 -x> h3 icmp   no answer, as expected                         10.0.0.3
  ✗  h3 -x> h2 icmp   answered in 0.08 ms, but must not get through  10.0.0.2

✗ test: 2 of 4 expectations do not hold, checked in 12 ms
`);
  });
});
