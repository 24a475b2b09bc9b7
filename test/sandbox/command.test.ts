import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findCommand, findProgram } from "../../src/sandbox/command.ts";

let base: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "netloom-test-"));
});

afterAll(() => rmSync(base, { recursive: true }));

test("a command is found before it is tried", () => {
  writeFileSync(join(base, "tool"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(base, "data"), "");
  expect(findCommand("tool", base, "/")).toBe("found");
  expect(findCommand("./tool", "", base)).toBe("found");
  expect(findCommand("data", base, "/")).toBe("denied");
  expect(findCommand("tool", "/nowhere", "/")).toBe("missing");
  expect(findCommand(base, "", "/")).toBe("denied");
  expect(findCommand("/run/only-inside", "", "/")).toBe("found");
  // A program for this very machine has to be there now, in whatever folder.
  expect(findProgram("tool", `/run/netloom/bin:${base}`)).toBe(`${base}/tool`);
  expect(findProgram("no-such-tool", "/run/netloom/bin")).toBeNull();
});
