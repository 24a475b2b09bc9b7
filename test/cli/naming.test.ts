// Which lab is meant: by its own name, by the file or shape that it was made from, by standard input.

import { describe, expect, it } from "vitest";
import { program } from "./program.ts";

const netloom = program();

describe("the lab that a file stands for", () => {
  it.each([
    ["a name with what a lab's cannot have", "my net.yaml", "hosts: { a: }\n", "my-net"],
    ["a name inside JSON, where it is not looked for", "b.json", '{ "name": "inner", "hosts": { "a": {} } }', "inner"],
  ])("%s", async (_, name, text, lab) => {
    const file = netloom.file(name, text);
    expect((await netloom.run(["up", file])).code).toBe(0);
    expect(await netloom.json(["down", file])).toMatchObject({ removed: [lab], absent: [] });
  });

  it("has another --name, until there are two of it", async () => {
    await netloom.run(["up", "star:2", "--name", "x1"]);
    expect(await netloom.json(["verify", "star:2"])).toMatchObject({ verification: { lab: "x1", holds: true } });
    await netloom.run(["up", "star:2", "--name", "x2"]);
    const which = await netloom.run(["down", "star:2"]);
    expect(which).toMatchObject({ code: 2, out: "" });
    expect(which.err).toContain("running: x1, x2");
    expect(await netloom.json(["down", "--all"])).toMatchObject({ removed: ["x1", "x2"] });
  });

  it("comes from standard input", async () => {
    expect((await netloom.run(["up", "-"], { input: "hosts: { a: }\n" })).err).toMatch(/^stdin is up/);
    expect(await netloom.json(["down", "-"])).toMatchObject({ removed: ["stdin"] });
  });

  it("is no other one because a name cannot be a lab's", async () => {
    await netloom.run(["up", "star:1", "--name", "lab"]);
    expect((await netloom.run(["down", "%%"])).err).toBe("%% was not up\n");
    expect(await netloom.json(["down", "lab"])).toMatchObject({ removed: ["lab"] });
  });
});

it("is changed by what was added only, when it keeps its --name", async () => {
  await netloom.run(["up", "star:2", "--name", "growing"]);
  const { code, out } = await netloom.run(["plan", "star:3", "--name", "growing"]);
  expect(code).toBe(0);
  // MAC addresses follow the lab's name, not the shape's: nothing is said of the others.
  expect(out).toContain("+ node h3");
  expect(out).not.toMatch(/^\s*[~-] (?!h3 )/m);
  expect(out).not.toMatch(/ h[12] /);
  expect((await netloom.run(["up", "star:3", "--name", "growing"])).code).toBe(0);
  expect(await netloom.json(["down", "growing"])).toMatchObject({ removed: ["growing"] });
});
