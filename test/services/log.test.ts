import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { HeldDirectory } from "../../src/kernel/directory.ts";
import { Log } from "../../src/services/log.ts";

const folder = mkdtempSync(join(tmpdir(), "netloom-services-"));

const held = HeldDirectory.open(folder);

afterAll(() => {
  held[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

describe("a log", () => {
  test("is cut into lines, by stream", () => {
    const log = new Log(held, "cut.log");
    log.write("out", "one\ntw");
    log.write("err", "bad\n");
    log.write("out", "o\nthree");
    log.end("out");
    expect(log.lines().map(({ stream, text }) => `${stream} ${text}`)).toEqual([
      "out one",
      "err bad",
      "out two",
      "out three",
    ]);
    expect(log.lines(1)).toHaveLength(1);
    expect(new Log(held, "cut.log").lines()).toHaveLength(4);
  });

  test("has a bound, of lines and in all, and keeps the newest", () => {
    const log = new Log(held, "long.log");
    log.write("out", "x".repeat(100_000));
    for (let i = 0; i < 40; i++) log.write("out", `${`${i} `.repeat(10_000)}\n`);
    expect(statSync(join(folder, "long.log")).size).toBeLessThanOrEqual(512 * 1024);
    expect(Math.max(...log.lines().map(({ text }) => text.length))).toBeLessThanOrEqual(8 * 1024);
    expect(log.lines().at(-1)!.text).toMatch(/^[39 ]+$/);
  });
});
