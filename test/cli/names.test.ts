// Nodes know each other by name, inside the lab and nowhere else.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin", "netloom");

//   h1 ── s ── h2
it("resolves a node's name in every process of the lab", () => {
  const before = readFileSync("/etc/hosts", "utf8");
  const script = "ip netns exec h1 getent hosts h2 && cat /etc/hosts && ! getent hosts h9";
  const { status, stdout } = spawnSync(process.execPath, [program, "run", "star:2", "--", "sh", "-c", script], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout.split("\n")[0]).toMatch(/^10\.0\.0\.2\s+h2$/);
  // What the machine called by name before still has its name.
  expect(stdout).toContain(before);
  expect(readFileSync("/etc/hosts", "utf8")).toBe(before);
  // Any other name is unknown, and the resolver of the real machine is not asked for it: it is not even known.
  const asked = "ip netns exec h1 getent hosts nosuch.example; ip netns exec h1 grep -c 127.0.0.1 /etc/resolv.conf";
  const inside = spawnSync(process.execPath, [program, "run", "star:2", "--", "sh", "-c", asked], { encoding: "utf8" });
  expect(inside.stdout).toBe("1\n");
});
