// Pictures from files, without a kernel, and of a lab that runs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { program } from "./program.ts";

const netloom = program();
const run = (...args: string[]) => netloom.run(["draw", ...args]);
const read = (name: string): string => readFileSync(join(netloom.folder, name), "utf8");

const OFFICE = `
switches: { lan: { subnet: 10.0.0.0/24 } }
hosts: { a: { interfaces: { eth0: lan } }, b: { interfaces: { eth0: lan } } }
`;

afterAll(async () => {
  await netloom.run(["down", "--all"]);
  expect(netloom.processes()).toEqual([]);
});

describe("a file", () => {
  it("is drawn in the format of the ending, and nothing comes up for it", async () => {
    const file = netloom.file("office.yaml", OFFICE);
    for (const [ending, first] of [
      ["svg", "<svg "],
      ["mmd", "flowchart TB\n"],
      ["dot", 'graph "office" {\n'],
      ["json", '{"netloom":1,"kind":"drawing","name":"office"'],
    ] as const) {
      const drawn = await run(file, "-o", `office.${ending}`);
      expect(drawn).toMatchObject({ code: 0, out: "", err: `wrote office.${ending}\n` });
      expect(read(`office.${ending}`).startsWith(first)).toBe(true);
    }
    expect(netloom.files()).toEqual([]);
  });

  it("or a shape goes to a pipe as SVG, or as what was asked for", async () => {
    expect((await run("star:3")).out).toMatch(/^<svg [^]*<\/svg>\n$/);
    expect((await run("star:3", "--format", "mermaid")).out).toMatch(/^flowchart TB\n/);
    expect((await run("star:3", "--format", "dot", "-o", "picture.txt")).code).toBe(0);
    expect(read("picture.txt")).toMatch(/^graph "star-3" \{\n/);
    const document = JSON.parse((await run("star:3", "--json")).out) as { kind: string; boxes: unknown[] };
    expect(document.kind).toBe("drawing");
    expect(document.boxes).toHaveLength(4);
  });

  it("that cannot be drawn or written is one error, and nothing is written", async () => {
    expect(await run("star:3", "-o", "picture.png")).toMatchObject({ code: 2, err: expect.stringContaining("end it in .svg, .mmd, .dot or .json") as string }); // prettier-ignore
    expect(await run("nowhere.yaml")).toMatchObject({ code: 2, out: "" });
    expect(await run("star:3", "-o", "no/such/folder/x.svg")).toMatchObject({ code: 1, err: expect.stringContaining("error[cli.write]") as string }); // prettier-ignore
  });
});

describe("a lab", () => {
  it("is drawn as it is now: what went down since is dashed red", async () => {
    expect(await netloom.run(["up", netloom.file("office.yaml", OFFICE)])).toMatchObject({ code: 0 });
    const before = await run("office");
    expect(before.out).not.toContain("cable cable down");
    const changed = OFFICE.replace("b: { interfaces: { eth0: lan } }", "b: { interfaces: { eth0: { link: lan, up: false } } }"); // prettier-ignore
    expect(await netloom.run(["up", netloom.file("office.yaml", changed)])).toMatchObject({ code: 0 });
    const after = await run();
    expect(after.out.match(/class="cable cable down"/g)).toHaveLength(1);
    expect((await run("office", "--format", "dot")).out).toMatch(/"node:b" \[.*style=dashed color="#d92d3a"\]/);
  });
});
