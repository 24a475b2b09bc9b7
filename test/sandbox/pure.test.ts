import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, nat, property, string } from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findCommand, findProgram } from "../../src/sandbox/command.ts";
import { ensureRuntimeDirectory, runtimeDirectory } from "../../src/sandbox/directory.ts";
import { parseLocks } from "../../src/sandbox/lock.ts";
import { identityMap, subordinateRange } from "../../src/sandbox/mapping.ts";
import { checkLabName, labFiles, labNameProblem } from "../../src/sandbox/name.ts";
import { parseStat } from "../../src/sandbox/process.ts";
import { lineSplitter } from "../../src/sandbox/protocol.ts";
import { findLab, insideLab, listLabs } from "../../src/sandbox/index.ts";

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "netloom-test-"));
});
afterAll(() => rmSync(base, { recursive: true }));

test("names of labs never leave the runtime directory", () => {
  for (const good of ["a", "office", "star-5", "v1.2", "_x", "A9"]) expect(labNameProblem(good)).toBeNull();
  for (const bad of ["", ".", "..", ".x", "-x", "a/b", "a b", "ä", "x".repeat(65), "a\n", "a\0"]) {
    expect(labNameProblem(bad)).not.toBeNull();
    expect(() => checkLabName(bad)).toThrow(/cannot be the name of a lab/);
  }
  assert(
    property(string(), (name) => labNameProblem(name) !== null || /^\/d\/[^/]+\.lock$/.test(labFiles("/d", name).lock)),
  );
});

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

test("/proc/PID/stat with any command name", () => {
  const rest = "S 10 20 30 34816 20 4194304 1 2 3 4 5 6 7 8 20 0 11 0 352702 1 2";
  const want = { pid: 42, state: "S", parent: 10, group: 20, terminal: 34816, foreground: 20, start: "352702" };
  for (const name of ["node", "a b", ") R 1 2", "((", ""]) expect(parseStat(`42 (${name}) ${rest}\n`)).toEqual(want);
});

test("/proc/locks: who holds it, not who waits", () => {
  const text =
    "1: POSIX  ADVISORY  WRITE 7 fe:00:99 0 EOF\n2: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 8 fe:00:1234 0 EOF\n";
  expect(parseLocks(text, 1234)).toBe(4711);
  expect(parseLocks(text, 99)).toBeNull();
  expect(parseLocks("2: -> FLOCK  ADVISORY  WRITE 8 fe:00:5 0 EOF\n", 5)).toBeNull();
});

test("/etc/subuid by name and by number; the identity map of a container", () => {
  const text = "# comment\nbob:100000:65536\nalice:200000:10\n1002:300000:20\nbad:x:1\n";
  expect(subordinateRange(text, { name: "alice", uid: 1 })).toEqual({ start: 200000, count: 10 });
  expect(subordinateRange(text, { name: "carol", uid: 1002 })).toEqual({ start: 300000, count: 20 });
  expect(subordinateRange(text, { name: "bad", uid: 7 })).toBeNull();
  expect(subordinateRange("", { name: "bob", uid: 7 })).toBeNull();
  expect(identityMap("         0          0 4294967295\n")).toBe("0 0 4294967295\n");
  expect(identityMap(" 0 1000 1\n 1 100000 65536\n")).toBe("0 0 1\n1 1 65536\n");
});

test("lines are the same however the bytes are cut", () => {
  const lines = array(string({ unit: "grapheme", minLength: 1 }).filter((line) => !line.includes("\n")));
  assert(
    property(lines, array(nat(40)), (want, cuts) => {
      const bytes = Buffer.from(want.map((line) => `${line}\n`).join(""));
      const got: string[] = [];
      const split = lineSplitter((line) => got.push(line));
      let from = 0;
      for (const cut of cuts) split(bytes.subarray(from, (from += cut)));
      split(bytes.subarray(from));
      expect(got).toEqual(want);
    }),
  );
});

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

test("inside a lab the environment says so", () => {
  expect(insideLab({ NETLOOM_LAB: "x", NETLOOM_NODE: "a" })).toEqual({ name: "x", node: "a" });
  expect(insideLab({ NETLOOM_LAB: "x" })).toEqual({ name: "x", node: null });
  expect(insideLab({})).toBeNull();
  expect(insideLab({ NETLOOM_LAB: "../x" })).toBeNull();
});
