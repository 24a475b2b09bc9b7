import { describe, expect, it } from "vitest";
import {
  cells,
  duration,
  enumerate,
  fold,
  plural,
  printable,
  scaled,
  truncate,
  truncateMiddle,
} from "../../src/show/text.ts";

describe("printable", () => {
  it("shows what would steer a terminal, and nothing else changes", () => {
    expect(printable("a\x1b[31mred\x07\r\n\tb")).toBe("a\\e[31mred\\x07\\r\\n\\tb");
    expect(printable("\x9b2J \u202eevil\u2066 \u2028")).toBe("\\x9b2J \\u{202e}evil\\u{2066} \\u{2028}");
    expect(printable("büro 東京 😀 ✓")).toBe("büro 東京 😀 ✓");
    expect(printable("half \ud800 pair")).toBe("half \\u{d800} pair");
  });
});

describe("width", () => {
  it("counts terminal cells: wide letters two, combining marks none", () => {
    expect(cells("abc")).toBe(3);
    expect(cells("東京")).toBe(4);
    expect(cells("e\u0301")).toBe(1);
    expect(cells("😀")).toBe(2);
  });

  it("cuts between characters and marks the cut", () => {
    expect(truncate("abcdef", 6)).toBe("abcdef");
    expect(truncate("abcdef", 4)).toBe("abc…");
    expect(truncate("東京都", 4)).toBe("東…");
    expect(truncate("abc", 0)).toBe("");
  });
});

it("says numbers and durations as people do", () => {
  expect([plural(1, "node"), plural(0, "node"), plural(1000, "switch", "switches")]).toEqual([
    "1 node",
    "0 nodes",
    "1,000 switches",
  ]);
  expect([0.04, 0.44, 9.96, 42.4, 999.6, 1284, 59_400, 185_000, 7_200_000, 180_000_000].map(duration)).toEqual([
    "0 ms",
    "0.4 ms",
    "10 ms",
    "42 ms",
    "1 s",
    "1.28 s",
    "59.4 s",
    "3 min 5 s",
    "2 h",
    "2 d 2 h",
  ]);
});

it("enumerates and folds names", () => {
  expect(enumerate(["a"])).toBe("a");
  expect(enumerate(["a", "b", "c"])).toBe("a, b and c");
  expect(enumerate(["a", "b", "c", "d"], 2)).toBe("a, b and 2 more");
  expect(fold(["a", "h1", "h2", "h4", "h5", "h6", "gw"])).toBe("a, h1, h2, h4…h6, gw");
});

it("cuts the middle out of what is too long", () => {
  expect(truncateMiddle("abcdefghij", 10)).toBe("abcdefghij");
  expect(truncateMiddle("abcdefghij", 7)).toBe("abc…hij");
  expect(truncateMiddle("日本語日本語", 7)).toBe("日本…語");
  expect(truncateMiddle("abcdefghij", 3)).toBe("ab…");
});

it("scales numbers", () => {
  const texts = [0, 7, 999, 999.6, 1000, 1234, 12_345, 999_499, 999_500, 1e9, 0.5].map((value) => scaled(value, "B"));
  expect(texts).toEqual(["0 B", "7 B", "999 B", "1 kB", "1 kB", "1.2 kB", "12 kB", "999 kB", "1 MB", "1 GB", "0.5 B"]);
  expect(scaled(1500)).toBe("1.5 k");
  expect(scaled(3)).toBe("3");
});
