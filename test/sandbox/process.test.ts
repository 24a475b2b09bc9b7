import { expect, test } from "vitest";
import { parseStat } from "../../src/sandbox/process.ts";

test("/proc/PID/stat with any command name", () => {
  const rest = "S 10 20 30 34816 20 4194304 1 2 3 4 5 6 7 8 20 0 11 0 352702 1 2";
  const want = { pid: 42, state: "S", parent: 10, group: 20, terminal: 34816, foreground: 20, start: "352702" };
  for (const name of ["node", "a b", ") R 1 2", "((", ""]) expect(parseStat(`42 (${name}) ${rest}\n`)).toEqual(want);
});
