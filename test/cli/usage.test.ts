import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { program } from "./program.ts";

const netloom = program();
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

describe("usage", () => {
  it("says its version", async () => {
    for (const flag of ["--version", "-V"]) {
      expect(await netloom.run([flag])).toMatchObject({ code: 0, out: `${version}\n`, err: "" });
    }
  });

  it("shows every command in its help, which goes to standard output", async () => {
    const { out, code } = await netloom.run(["--help"]);
    expect(code).toBe(0);
    const commands = "up run down ls exec shell inspect verify sandbox validate schema doctor completion".split(" ");
    for (const name of commands) {
      expect(out).toMatch(new RegExp(`^ {2}${name} +\\S`, "m"));
      const one = await netloom.run([name, "--help"]);
      expect(one).toMatchObject({ code: 0, err: "" });
      expect(one.out).toContain(`Usage: netloom ${name}`);
      expect(one.out).toContain("--json");
    }
    expect((await netloom.run([])).out).toBe((await netloom.run(["help"])).out);
    expect((await netloom.run(["help", "up"])).out).toBe((await netloom.run(["up", "--help"])).out);
  });

  it.each([
    [["valdate", "x"], "usage.unknown-command", "did you mean validate?"],
    [["frobnicate"], "usage.unknown-command", "see netloom --help"],
    [["up", "--nmae", "x", "star:3"], "usage.unknown-option", "did you mean --name?"],
    [["up"], "usage.missing-argument", "see netloom up --help"],
    [["ls", "more"], "usage.excess-arguments", "see netloom ls --help"],
    [["verify", "--timeout", "soon"], "usage.invalid-argument", "see netloom verify --help"],
    [["exec", "a"], "usage.missing-command", "netloom exec a CMD, or netloom shell a"],
    [["completion", "tcsh"], "usage.unknown-shell", "netloom completion bash|zsh|fish"],
  ])("%j is %s, status 2", async (args, code, hint) => {
    const plain = await netloom.run(args);
    expect(plain).toMatchObject({ code: 2, out: "" });
    expect(plain.err).toContain(`error[${code}]: `);
    expect(plain.err).toContain(`help: ${hint}`);
    for (const words of [["--json", ...args], ...(args[0] === "exec" ? [] : [[...args, "--json"]])]) {
      const json = JSON.parse((await netloom.run(words)).out) as object;
      expect(json).toMatchObject({ netloom: 1, kind: "error", diagnostics: [{ code, severity: "error" }] });
    }
  });

  it("takes --json before and behind the command", async () => {
    const document = { netloom: 1, kind: "labs", labs: [] };
    expect(JSON.parse((await netloom.run(["--json", "ls"])).out)).toEqual(document);
    expect(JSON.parse((await netloom.run(["ls", "--json"])).out)).toEqual(document);
  });

  it("is a document even where it prints text, wherever --json stands", async () => {
    const plain = await netloom.run(["--help"]);
    for (const args of [["--json"], ["--json", "--help"], ["--help", "--json"], ["--json", "help"]]) {
      const { code, out } = await netloom.run(args);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toEqual({ netloom: 1, kind: "help", help: plain.out });
    }
    expect(JSON.parse((await netloom.run(["--version", "--json"])).out)).toEqual({
      netloom: 1,
      kind: "version",
      version,
    });
    const script = (await netloom.run(["completion", "bash"])).out;
    expect(await netloom.json(["completion", "bash"])).toEqual({
      netloom: 1,
      kind: "completion",
      shell: "bash",
      script,
    });
  });

  it("prints the schema that is in the package", async () => {
    const shipped = JSON.parse(readFileSync(new URL("../../schema.json", import.meta.url), "utf8")) as object;
    expect(JSON.parse((await netloom.run(["schema"])).out)).toEqual(shipped);
  });

  it("checks this machine", async () => {
    const doctor = await netloom.json<{ holds: boolean; checks: { id: string; status: string }[] }>(["doctor"]);
    expect(doctor.kind).toBe("doctor");
    expect(doctor.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(["node", "unshare", "user-namespaces"]));
    expect(doctor.holds).toBe(doctor.checks.every(({ status }) => status !== "error"));
  });
});
