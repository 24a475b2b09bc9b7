// A container that is started again: the same runtime directory, another pid namespace.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin", "netloom");

it("takes a lab for dead when the container it lived in is, and for alive while it runs", () => {
  const directory = mkdtempSync(join(tmpdir(), "netloom-container-"));
  const container = (...commands: string[][]): { status: number | null; stdout: string; stderr: string } => {
    const script = commands.map((words) => `"$NODE" "$NETLOOM" ${words.join(" ")}`).join(" && ");
    return spawnSync("unshare", ["-Urnm", "--pid", "--fork", "--mount-proc", "sh", "-c", script], {
      encoding: "utf8",
      env: { ...process.env, NETLOOM_RUNTIME_DIR: directory, NODE: process.execPath, NETLOOM: program },
    });
  };
  try {
    // The shell is pid 1: when it ends, everything in the container does, and no down was ever said.
    expect(container(["up", "star:2", "--name", "again"]).status).toBe(0);
    expect(readdirSync(directory)).toContain("again.json");
    const second = container(["up", "star:2", "--name", "again"], ["ls"], ["up", "star:2", "--name", "again"]);
    expect(second.stdout).toMatch(/^again\s+up/m);
    expect(second.stderr).toContain("again is up: 2 hosts");
    // Control: a lab that does live is seen to.
    expect(second.stderr).toContain("again is already up, nothing to change");
    expect(container(["down", "again"]).status).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
