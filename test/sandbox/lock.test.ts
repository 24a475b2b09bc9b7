import { expect, test } from "vitest";
import { parseLocks } from "../../src/sandbox/lock.ts";

test("/proc/locks: who holds it, not who waits", () => {
  const text =
    "1: POSIX  ADVISORY  WRITE 7 fe:00:99 0 EOF\n2: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 8 fe:00:1234 0 EOF\n";
  expect(parseLocks(text, 1234)).toBe(4711);
  expect(parseLocks(text, 99)).toBeNull();
  expect(parseLocks("2: -> FLOCK  ADVISORY  WRITE 8 fe:00:5 0 EOF\n", 5)).toBeNull();
});
