// Every file in examples/ is valid, and holds; and would not hold if it said the opposite.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { program, ROOT_FOLDER } from "../cli/program.ts";

const netloom = program();
const folder = join(ROOT_FOLDER, "examples");
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

test("there is one for each network that can be built by now", () => {
  const numbers = files.map((name) => Number.parseInt(name, 10)).filter((number) => number > 0);
  expect(numbers).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 8, 9, 10]));
});

describe.each(files)("%s", (name) => {
  const file = join(folder, name);

  test("is valid, without a warning", async () => {
    expect(await netloom.run(["validate", file])).toMatchObject({ code: 0, err: "" });
  });

  test("holds", async () => {
    const { code, out } = await netloom.run(["run", file]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/\S/) });
    await netloom.clean();
  });

  // The first is always an ICMP one: that nobody listens on a port holds of a port whose packets would get through.
  test("does not hold when its first expectation is turned round", async () => {
    const text = readFileSync(file, "utf8");
    const first = /^ {2}- \S+ (->|-x>)/m.exec(text)!;
    const arrow = first[1] === "->" ? "-x>" : "->";
    const turned =
      text.slice(0, first.index) + first[0].replace(first[1]!, arrow) + text.slice(first.index + first[0].length);
    const { code } = await netloom.run(["run", netloom.file(name, turned)]);
    expect(code).toBe(1);
    await netloom.clean();
  });
});
