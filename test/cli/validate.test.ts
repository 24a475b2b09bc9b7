import { describe, expect, it } from "vitest";
import { program } from "./program.ts";

const netloom = program();
const GOOD =
  "name: office\nswitches:\n  lan: { subnet: 10.0.0.0/24 }\nhosts:\n  a: { interfaces: { eth0: lan } }\n  b: { interfaces: { eth0: lan } }\nexpect: [a -> b icmp]\n";
const BAD =
  "name: office\nhosts:\n  a: { gatway: 10.0.0.1, interfaces: { eth0: lan } }\n  b: { interfaces: { eth0: lna } }\nswitches: { lan: { subnet: 10.0.0.0/24 } }\n";

describe("validate", () => {
  it("sums up a good file, a shape, and standard input", async () => {
    const file = netloom.file("good.yaml", GOOD);
    const said = "office is valid: 2 hosts, 1 switch, 2 links, 1 expectation\n";
    expect(await netloom.run(["validate", file])).toMatchObject({ code: 0, out: said, err: "" });
    expect(await netloom.run(["validate", "-"], { input: GOOD })).toMatchObject({ code: 0, out: said });
    expect((await netloom.run(["validate", "star:3"])).out).toBe("star-3 is valid: 3 hosts, 1 switch, 3 links\n");
    const document = await netloom.json<{ name: string; model: { namespaces: unknown[] } }>(["validate", file]);
    expect(document).toMatchObject({ netloom: 1, kind: "validation", name: "office" });
    expect(document.model.namespaces).toHaveLength(3);
  });

  it("shows all errors at their places", async () => {
    const { code, out, err } = await netloom.run(["validate", netloom.file("bad.yaml", BAD)]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(
      "bad.yaml:3:8\n  |\n3 |   a: { gatway: 10.0.0.1, interfaces: { eth0: lan } }\n  |        ^^^^^^\n",
    );
    expect(err).toContain('help: did you mean "gateway"?');
    expect(err).toMatch(/bad\.yaml:4:\d+\n {2}\|\n4 \| .*lna/);
    expect(err).toMatch(/\n2 errors\n$/);
  });

  it("quotes standard input, which cannot be read again", async () => {
    const { err } = await netloom.run(["validate", "-"], { input: BAD });
    expect(err).toContain("<stdin>:3:8\n  |\n3 |   a: { gatway: ");
  });

  it("gives the same diagnostics as data", async () => {
    const document = await netloom.json<{ diagnostics: { range: { line: number } }[] }>([
      "validate",
      netloom.file("bad.yaml", BAD),
    ]);
    expect(document).toMatchObject({ netloom: 1, kind: "error" });
    expect(document.diagnostics.map(({ range }) => range.line).sort((a, b) => a - b)).toEqual([3, 4]);
  });

  it("lets no control character out of a file", async () => {
    const { err } = await netloom.run([
      "validate",
      netloom.file("evil.yaml", 'hosts:\n  "a\\e[2J\\u202e": {}\n  b: \x1b[31m\n'),
    ]);
    expect(err).toMatch(/^error/);
    expect(err.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
  });

  it("creates nothing for an invalid file", async () => {
    for (const command of ["up", "run"]) {
      const { code, err } = await netloom.run([command, netloom.file("bad.yaml", BAD)]);
      expect(code).toBe(2);
      expect(err).toContain("2 errors");
      expect(netloom.files()).toEqual([]);
    }
  });
});
