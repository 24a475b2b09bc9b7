// Which lab is meant: by its own name, by the file or shape that it was made from, by standard input.

import { describe, expect, it } from "vitest";
import { Bench } from "./netloom.ts";

const bench = new Bench();

describe("the lab that a file stands for", () => {
  it.each([
    ["a name with what a lab's cannot have", "my net.yaml", "hosts: { a: }\n", "my-net"],
    ["a name inside JSON, where it is not looked for", "b.json", '{ "name": "inner", "hosts": { "a": {} } }', "inner"],
  ])("%s", async (_, name, text, lab) => {
    const file = bench.file(name, text);
    expect((await bench.run("up", file)).status).toBe(0);
    expect(await bench.json("down", file)).toMatchObject({ removed: [lab], absent: [] });
  });

  it("has another --name, until there are two of it", async () => {
    await bench.run("up", "star:2", "--name", "x1");
    expect(await bench.json("verify", "star:2")).toMatchObject({ verification: { lab: "x1", holds: true } });
    await bench.run("up", "star:2", "--name", "x2");
    const which = await bench.run("down", "star:2");
    expect(which).toMatchObject({ status: 2, stdout: "" });
    expect(which.stderr).toContain("running: x1, x2");
    expect(await bench.json("down", "--all")).toMatchObject({ removed: ["x1", "x2"] });
  });

  it("comes from standard input", async () => {
    expect((await bench.run("up", "-", { input: "hosts: { a: }\n" })).stderr).toMatch(/^stdin is up/);
    expect(await bench.json("down", "-")).toMatchObject({ removed: ["stdin"] });
  });

  it("is no other one because a name cannot be a lab's", async () => {
    await bench.run("up", "star:1", "--name", "lab");
    expect((await bench.run("down", "%%")).stderr).toBe("%% was not up\n");
    expect(await bench.json("down", "lab")).toMatchObject({ removed: ["lab"] });
  });
});

it("is changed by what was added only, when it keeps its --name", async () => {
  await bench.run("up", "star:2", "--name", "growing");
  const { status, stdout } = await bench.run("plan", "star:3", "--name", "growing");
  expect(status).toBe(0);
  // MAC addresses follow the lab's name, not the shape's: nothing is said of the others.
  expect(stdout).toContain("+ node h3");
  expect(stdout).not.toMatch(/^\s*[~-] (?!h3 )/m);
  expect(stdout).not.toMatch(/ h[12] /);
  expect((await bench.run("up", "star:3", "--name", "growing")).status).toBe(0);
  expect(await bench.json("down", "growing")).toMatchObject({ removed: ["growing"] });
});
