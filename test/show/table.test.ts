import { describe, expect, it } from "vitest";
import { PLAIN } from "../../src/show/style.ts";
import { list, table } from "../../src/show/table.ts";
import type { Column } from "../../src/show/table.ts";
import { cells } from "../../src/show/text.ts";

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

describe("what does not fit", () => {
  const at = (width: number, columns: readonly Column[], ...rows: string[][]): string[] =>
    table(columns, rows, { ...PLAIN, width })
      .split("\n")
      .slice(1);
  const address = (n: number): string => Array.from({ length: n }, (_, i) => `10.0.${i}.1/24`).join(" ");

  it("leaves out columns that can be spared, the least important first, before it cuts any", () => {
    const columns = [{ title: "name" }, { title: "mtu", spare: 1 }, { title: "mac", spare: 2 }];
    const row = ["router", "1500", "02:00:00:00:00:01"];
    expect(at(31, columns, row)).toEqual(["router  1500  02:00:00:00:00:01"]);
    expect(at(30, columns, row)).toEqual(["router  1500"]);
    expect(at(11, columns, row)).toEqual(["router"]);
  });

  it("cuts names in the middle, lists to their first, and goes on in the next line with sentences", () => {
    const columns = (fit: NonNullable<Column["fit"]>): Column[] => [{ title: "x", fit, shrink: 1 }, { title: "y" }];
    expect(at(20, columns("middle"), ["a-long-name-of-a-host", "1"])).toEqual(["a-long-n…f-a-host  1"]);
    expect(at(20, columns("list"), [address(3), "1"])).toEqual(["10.0.0.1/24 +2  1"]);
    expect(at(40, columns("list"), [address(3), "1"])).toEqual(["10.0.0.1/24 10.0.1.1/24 10.0.2.1/24  1"]);
    expect(at(20, columns("wrap"), ["allow all from lan to wan", "1"])).toEqual(["allow all from  1", "lan to wan"]);
    expect(at(12, columns("end"), ["abcdefghijkl", "1"])).toEqual(["abcdefgh…  1"]);
  });

  it("cuts at last what was not to be cut: no line is ever too long", () => {
    const columns = [{ title: "a" }, { title: "b" }, { title: "c", shrink: 1 }];
    const row = ["a".repeat(60), "b".repeat(30), "c".repeat(40)];
    for (const width of [20, 40, 80, 120]) expect(cells(at(width, columns, row)[0]!)).toBeLessThanOrEqual(width);
  });

  it("goes on below in single things", () => {
    const text = list(
      [
        ["said", "one two three four"],
        ["x", "y"],
      ],
      { ...PLAIN, width: 15 },
    );
    expect(text).toBe(["said  one two", "      three", "      four", "x     y"].join("\n"));
  });
});

it("titles are cut before what is below them", () => {
  const columns = [{ title: "interface" }, { title: "addresses", shrink: 2 }, { title: "plugged into", shrink: 1 }];
  const rows = [["eth0", "172.19.0.2/24", "isp:eth0"]];
  expect(table(columns, rows, { ...PLAIN, width: 30 })).toBe(
    ["inte…  addresses      plugged…", "eth0   172.19.0.2/24  isp:eth0"].join("\n"),
  );
});
