import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureRuntimeDirectory } from "../../src/sandbox/directory.ts";
import { findLab, insideLab, listLabs } from "../../src/sandbox/index.ts";

let base: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "netloom-test-"));
});

afterAll(() => rmSync(base, { recursive: true }));

test("damaged and foreign records are reported, not trusted", () => {
  const directory = ensureRuntimeDirectory(join(base, "records"));
  writeFileSync(join(directory, "torn.json"), '{"version":1,"na');
  writeFileSync(join(directory, "null.json"), "null");
  writeFileSync(join(directory, "log.log"), "");
  writeFileSync(join(directory, "..json"), "");
  expect(listLabs(directory)).toEqual(["log", "null", "torn"].map((name) => ({ name, state: "stale", record: null })));
  expect(findLab("none", directory)).toBeNull();
  expect(listLabs(join(base, "nowhere"))).toEqual([]);
});

test("inside a lab the environment says so", () => {
  expect(insideLab({ NETLOOM_LAB: "x", NETLOOM_NODE: "a" })).toEqual({ name: "x", node: "a" });
  expect(insideLab({ NETLOOM_LAB: "x" })).toEqual({ name: "x", node: null });
  expect(insideLab({})).toBeNull();
  expect(insideLab({ NETLOOM_LAB: "../x" })).toBeNull();
});
