import { expect, it } from "vitest";
import { PLAIN } from "../../src/show/style.ts";
import { list, table } from "../../src/show/table.ts";

const COLUMNS = [{ title: "name" }, { title: "mtu", align: "right" }, { title: "addresses", shrink: 1 }] as const;

it("is as wide as its contents and leaves empty columns out", () => {
  const text = table(
    [...COLUMNS, { title: "peer" }],
    [
      ["a", "1500", "10.0.0.1/24", ""],
      ["router", "9", "", ""],
    ],
    PLAIN,
  );
  expect(text).toBe(["name     mtu  addresses", "a       1500  10.0.0.1/24", "router     9"].join("\n"));
});

it("cuts the column that may be cut, to the terminal's width", () => {
  const text = table(COLUMNS, [["a", "1500", "10.0.0.1/24 10.0.1.1/24"]], { ...PLAIN, width: 24 });
  expect(text).toBe(["name   mtu  addresses", "a     1500  10.0.0.1/24…"].join("\n"));
});

it("escapes foreign text before it measures", () => {
  expect(table([{ title: "x" }, { title: "y" }], [["\x1b[2J", "1"]], PLAIN)).toBe("x      y\n\\e[2J  1");
  expect(
    list(
      [
        ["lab", "a\nb"],
        ["none", ""],
      ],
      PLAIN,
    ),
  ).toBe("lab  a\\nb");
});
