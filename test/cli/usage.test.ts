import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Bench } from "./netloom.ts";

const bench = new Bench();
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

describe("usage", () => {
  it("says its version", async () => {
    for (const flag of ["--version", "-V"]) {
      expect(await bench.run(flag)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });
    }
  });

  it("shows every command in its help, which goes to standard output", async () => {
    const { stdout, status } = await bench.run("--help");
    expect(status).toBe(0);
    const commands = "up run down ls exec shell inspect verify sandbox validate schema doctor completion".split(" ");
    for (const name of commands) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\S`, "m"));
      const one = await bench.run(name, "--help");
      expect(one).toMatchObject({ status: 0, stderr: "" });
      expect(one.stdout).toContain(`Usage: netloom ${name}`);
      expect(one.stdout).toContain("--json");
    }
    expect((await bench.run()).stdout).toBe((await bench.run("help")).stdout);
    expect((await bench.run("help", "up")).stdout).toBe((await bench.run("up", "--help")).stdout);
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
    const plain = await bench.run(...args);
    expect(plain).toMatchObject({ status: 2, stdout: "" });
    expect(plain.stderr).toContain(`error[${code}]: `);
    expect(plain.stderr).toContain(`help: ${hint}`);
    for (const words of [["--json", ...args], ...(args[0] === "exec" ? [] : [[...args, "--json"]])]) {
      const json = JSON.parse((await bench.run(...words)).stdout) as object;
      expect(json).toMatchObject({ netloom: 1, kind: "error", diagnostics: [{ code, severity: "error" }] });
    }
  });

  it("takes --json before and behind the command", async () => {
    const document = { netloom: 1, kind: "labs", labs: [] };
    expect(JSON.parse((await bench.run("--json", "ls")).stdout)).toEqual(document);
    expect(JSON.parse((await bench.run("ls", "--json")).stdout)).toEqual(document);
  });

  it("is a document even where it prints text, wherever --json stands", async () => {
    const plain = await bench.run("--help");
    for (const args of [["--json"], ["--json", "--help"], ["--help", "--json"], ["--json", "help"]]) {
      const { status, stdout } = await bench.run(...args);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toEqual({ netloom: 1, kind: "help", help: plain.stdout });
    }
    expect(JSON.parse((await bench.run("--version", "--json")).stdout)).toEqual({
      netloom: 1,
      kind: "version",
      version,
    });
    const script = (await bench.run("completion", "bash")).stdout;
    expect(await bench.json("completion", "bash")).toEqual({ netloom: 1, kind: "completion", shell: "bash", script });
  });

  it("prints the schema that is in the package", async () => {
    const shipped = JSON.parse(readFileSync(new URL("../../schema.json", import.meta.url), "utf8")) as object;
    expect(JSON.parse((await bench.run("schema")).stdout)).toEqual(shipped);
  });

  it("checks this machine", async () => {
    const doctor = await bench.json<{ holds: boolean; checks: { id: string; status: string }[] }>("doctor");
    expect(doctor.kind).toBe("doctor");
    expect(doctor.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(["node", "unshare", "user-namespaces"]));
    expect(doctor.holds).toBe(doctor.checks.every(({ status }) => status !== "error"));
  });
});
