// A lab that stays up keeps nothing of whoever brought it up.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin", "netloom");

it("does not hold on to the lock that it was started under", () => {
  const folder = mkdtempSync(join(tmpdir(), "netloom-inherit-"));
  const directory = join(folder, "run");
  mkdirSync(directory, { mode: 0o700 });
  const env = { ...process.env, NETLOOM_RUNTIME_DIR: directory };
  const lock = join(folder, "lock");
  // On descriptor 200, as flock(1) has its example: Node.js itself sees to the first sixteen.
  const script = 'exec 200>"$0" && flock --nonblock 200 && "$@"';
  const flock = (...words: string[]): number | null =>
    spawnSync("bash", ["-c", script, lock, ...words], { env, stdio: "ignore" }).status;
  try {
    expect(flock(process.execPath, program, "up", "star:2", "--name", "heir")).toBe(0);
    expect(spawnSync(process.execPath, [program, "ls"], { env, encoding: "utf8" }).stdout).toMatch(/^heir\s+up/m);
    expect(flock("true")).toBe(0);
    // Control: a lock that somebody holds is seen.
    expect(flock("flock", "--nonblock", lock, "true")).toBe(1);
  } finally {
    spawnSync(process.execPath, [program, "down", "heir"], { env });
    rmSync(folder, { recursive: true, force: true });
  }
});
