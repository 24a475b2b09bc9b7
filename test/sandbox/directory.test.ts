import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureRuntimeDirectory, runtimeDirectory } from "../../src/sandbox/directory.ts";

let base: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "netloom-test-"));
});

afterAll(() => rmSync(base, { recursive: true }));

test("the runtime directory: asked for, root's, the session's, or in /tmp", () => {
  const uid = process.geteuid!();
  const session = join(base, "session");
  mkdirSync(session, { mode: 0o700 });
  expect(runtimeDirectory({ NETLOOM_RUNTIME_DIR: "/x/y/", XDG_RUNTIME_DIR: session }, uid)).toBe("/x/y");
  expect(() => runtimeDirectory({ NETLOOM_RUNTIME_DIR: "x" }, uid)).toThrow(/absolute/);
  expect(runtimeDirectory({}, 0)).toBe("/run/netloom");
  expect(runtimeDirectory({}, 1234)).toBe("/tmp/netloom-1234");
  expect(runtimeDirectory({ XDG_RUNTIME_DIR: session }, uid || 1234)).toBe(
    uid === 0 ? "/tmp/netloom-1234" : `${session}/netloom`,
  );
});

test("a runtime directory that somebody else could write to is refused", () => {
  const path = join(base, "run");
  ensureRuntimeDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(ensureRuntimeDirectory(path)).toBe(path);
  chmodSync(path, 0o770);
  expect(() => ensureRuntimeDirectory(path)).toThrow(/others may write to it \(mode 770\)/);
  symlinkSync(path, join(base, "link"));
  expect(() => ensureRuntimeDirectory(join(base, "link"))).toThrow(/symbolic link/);
  writeFileSync(join(base, "file"), "");
  expect(() => ensureRuntimeDirectory(join(base, "file"))).toThrow(/not a directory/);
  expect(() => ensureRuntimeDirectory("/proc/1/netloom")).toThrow(/cannot be created|belongs to/);
  const other = process.geteuid!() === 0 ? null : "/";
  expect(other === null || (() => ensureRuntimeDirectory(other))).toSatisfy(
    (act: true | (() => void)) => act === true || /belongs to uid 0/.test(String(attempt(act))),
  );
});

const attempt = (act: () => void): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};
