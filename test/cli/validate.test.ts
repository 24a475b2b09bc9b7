import { describe, expect, it } from "vitest";
import { Bench } from "./netloom.ts";

const bench = new Bench();
const GOOD =
  "name: office\nswitches:\n  lan: { subnet: 10.0.0.0/24 }\nhosts:\n  a: { interfaces: { eth0: lan } }\n  b: { interfaces: { eth0: lan } }\nexpect: [a -> b icmp]\n";
const BAD =
  "name: office\nhosts:\n  a: { gatway: 10.0.0.1, interfaces: { eth0: lan } }\n  b: { interfaces: { eth0: lna } }\nswitches: { lan: { subnet: 10.0.0.0/24 } }\n";

describe("validate", () => {
  it("sums up a good file, a shape, and standard input", async () => {
    const file = bench.file("good.yaml", GOOD);
    const said = "office is valid: 2 hosts, 1 switch, 2 links, 1 expectation\n";
    expect(await bench.run("validate", file)).toMatchObject({ status: 0, stdout: said, stderr: "" });
    expect(await bench.run("validate", "-", { input: GOOD })).toMatchObject({ status: 0, stdout: said });
    expect((await bench.run("validate", "star:3")).stdout).toBe("star-3 is valid: 3 hosts, 1 switch, 3 links\n");
    const document = await bench.json<{ name: string; model: { namespaces: unknown[] } }>("validate", file);
    expect(document).toMatchObject({ netloom: 1, kind: "validation", name: "office" });
    expect(document.model.namespaces).toHaveLength(3);
  });

  it("shows all errors at their places", async () => {
    const { status, stdout, stderr } = await bench.run("validate", bench.file("bad.yaml", BAD));
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(
      "bad.yaml:3:8\n  |\n3 |   a: { gatway: 10.0.0.1, interfaces: { eth0: lan } }\n  |        ^^^^^^\n",
    );
    expect(stderr).toContain('help: did you mean "gateway"?');
    expect(stderr).toMatch(/bad\.yaml:4:\d+\n {2}\|\n4 \| .*lna/);
    expect(stderr).toMatch(/\n2 errors\n$/);
  });

  it("quotes standard input, which cannot be read again", async () => {
    const { stderr } = await bench.run("validate", "-", { input: BAD });
    expect(stderr).toContain("<stdin>:3:8\n  |\n3 |   a: { gatway: ");
  });

  it("gives the same diagnostics as data", async () => {
    const document = await bench.json<{ diagnostics: { range: { line: number } }[] }>(
      "validate",
      bench.file("bad.yaml", BAD),
    );
    expect(document).toMatchObject({ netloom: 1, kind: "error" });
    expect(document.diagnostics.map(({ range }) => range.line).sort((a, b) => a - b)).toEqual([3, 4]);
  });

  it("lets no control character out of a file", async () => {
    const { stderr } = await bench.run(
      "validate",
      bench.file("evil.yaml", 'hosts:\n  "a\\e[2J\\u202e": {}\n  b: \x1b[31m\n'),
    );
    expect(stderr).toMatch(/^error/);
    expect(stderr.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
  });

  it("creates nothing for an invalid file", async () => {
    for (const command of ["up", "run"]) {
      const { status, stderr } = await bench.run(command, bench.file("bad.yaml", BAD));
      expect(status).toBe(2);
      expect(stderr).toContain("2 errors");
      expect(bench.left()).toEqual([]);
    }
  });
});
