import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { NETLOOM, program } from "./program.ts";

const netloom = program();
beforeAll(async () => {
  await netloom.run(["up", "star:3"]);
});

/** What bash would offer after these words, the last of which is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const script =
    'eval "$(netloom completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _netloom 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"';
  const { out } = await netloom.run(["-c", script, "bash", "netloom", ...words], {
    command: "bash",
    env: { PATH: `${path.dirname(NETLOOM)}:${netloom.env["PATH"]}` },
  });
  return out.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  it("knows commands, options, labs and nodes", async () => {
    expect(await offered("v")).toEqual(["verify", "validate"]);
    expect(await offered("up", "--n")).toEqual(["--name"]);
    expect(await offered("exec", "")).toEqual(["h1", "h2", "h3", "root"]);
    expect(await offered("exec", "--lab", "")).toEqual(["star-3"]);
    expect(await offered("exec", "--lab", "star-3", "h")).toEqual(["h1", "h2", "h3"]);
    expect(await offered("shell", "--lab", "none", "")).toEqual([]);
    expect(await offered("down", "st")).toEqual(["star-3"]);
    expect(await offered("inspect", "star-3", "h")).toEqual(["h1", "h2", "h3"]);
    expect(await offered("inspect", "s")).toContain("star-3");
    expect(await offered("inspect", "h")).toEqual(["h1", "h2", "h3"]);
    expect(await offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
  });

  it("offers files, and does not run what is typed", async () => {
    netloom.file("net work.yaml", "");
    expect(await offered("up", "net")).toEqual(["net work.yaml"]);
    expect(await offered("up", "$(touch pwned)")).toEqual([]);
    expect(await offered("pwn")).toEqual([]);
    expect(await offered("validate", "pwn")).toEqual([]);
  });

  it("has scripts for zsh and fish", async () => {
    expect((await netloom.run(["completion", "zsh"])).out).toMatch(/^#compdef netloom\n/);
    expect((await netloom.run(["completion", "fish"])).out).toContain("complete -c netloom");
  });
});
