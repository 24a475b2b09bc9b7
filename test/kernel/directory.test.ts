// Files beneath a held directory: whatever stands in the way is not followed, and said.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HeldDirectory } from "../../src/kernel/directory.ts";

let place: string;
let victim: string;
let held: HeldDirectory;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "netloom-directory-"));
  victim = join(place, "victim");
  writeFileSync(victim, "victim");
  mkdirSync(join(place, "held"));
  held = HeldDirectory.open(join(place, "held"));
});
afterEach(() => {
  held[Symbol.dispose]();
  rmSync(place, { recursive: true });
});
const at = (name: string): string => join(place, "held", name);

test("files are written, replaced, appended to, renamed and removed", () => {
  held.makeFolder("a/b", 0o755);
  expect(statSync(at("a/b")).mode & 0o777).toBe(0o755);
  held.write("a/b/file", "long text");
  held.write("a/b/file", "text");
  held.append("a/b/file", Buffer.from("s"));
  expect(readFileSync(at("a/b/file"), "utf8")).toBe("texts");
  expect([held.size("a/b/file"), held.size("none"), held.read("none")]).toEqual([5, 0, null]);
  held.overwrite("a/b/file", "x", 0o644);
  expect(held.read("a/b/file")).toBe("x");
  held.rename("a/b/file", "other");
  expect([held.has("a/b/file"), held.has("other")]).toEqual([false, true]);
  held.remove("other");
  held.remove("other");
  expect(held.entries()).toEqual(["a"]);
  held.clear();
  expect(held.entries()).toEqual([]);
});

test("what is overwritten keeps its file, which may be bound elsewhere", () => {
  held.overwrite("hosts", "a longer text");
  const { ino } = statSync(at("hosts"));
  held.overwrite("hosts", "short");
  expect([readFileSync(at("hosts"), "utf8"), statSync(at("hosts")).ino]).toEqual(["short", ino]);
});

test("it is the directory that is held, whatever its path leads to now", () => {
  expect(held.isAt(held.path)).toBe(true);
  renameSync(at(""), join(place, "moved"));
  mkdirSync(at(""));
  held.write("file", "text");
  expect([existsSync(at("file")), readFileSync(join(place, "moved/file"), "utf8")]).toEqual([false, "text"]);
  expect(held.isAt(held.path)).toBe(false);
});

describe("not followed, and left as it is", () => {
  const replaced = expect.objectContaining({ diagnostics: [expect.objectContaining({ code: "kernel.replaced" })] });

  test("a symbolic link, to a file or on the way to one", () => {
    symlinkSync(victim, at("link"));
    symlinkSync(place, at("folder"));
    for (const name of ["link", "folder/victim"]) {
      expect(() => held.write(name, "changed")).toThrow(replaced);
      expect(() => held.overwrite(name, "changed")).toThrow(replaced);
      expect(() => held.append(name, Buffer.from("changed"))).toThrow(replaced);
      expect(() => held.read(name)).toThrow(replaced);
      expect(held.has(name)).toBe(true);
    }
    expect(() => held.makeFolder("folder/new")).toThrow(replaced);
    expect(() => held.remove("folder/victim")).toThrow(replaced);
    held.remove("link");
    held.clear();
    expect([readFileSync(victim, "utf8"), existsSync(join(place, "new"))]).toEqual(["victim", false]);
  });

  test("a pipe", () => {
    execFileSync("mkfifo", [at("pipe")]);
    expect(() => held.write("pipe", "text")).toThrow(replaced);
    expect(() => held.overwrite("pipe", "text")).toThrow(replaced);
    expect(() => held.read("pipe")).toThrow(replaced);
  });

  test("a way out of the directory, or a name that is none", () => {
    for (const name of ["../victim", "/etc/hosts"]) expect(() => held.write(name, "changed")).toThrow(replaced);
    for (const name of ["a\0b", "x".repeat(5000)]) expect(() => held.write(name, "changed")).toThrow("cannot open");
    expect(readFileSync(victim, "utf8")).toBe("victim");
  });
});
