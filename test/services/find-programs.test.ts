import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findProgram, searchPath } from "../../src/services/find-programs.ts";

const folder = mkdtempSync(join(tmpdir(), "netloom-services-"));

afterAll(() => rmSync(folder, { recursive: true }));

test("programs are found as a shell finds them, and beside each bin in its sbin", () => {
  expect(searchPath("/opt/x:/usr/bin:/bin")).toBe("/opt/x:/usr/bin:/bin:/usr/sbin:/sbin");
  expect(searchPath("/opt/x")).toBe("/opt/x");
  writeFileSync(join(folder, "tool"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "text"), "", { mode: 0o644 });
  expect(findProgram("tool", `/nowhere:${folder}`)).toBe(join(folder, "tool"));
  expect(findProgram("./tool", "", folder)).toBe(`${folder}/./tool`);
  expect(findProgram("text", folder)).toBeNull();
  expect(findProgram("nothing", folder)).toBeNull();
});
