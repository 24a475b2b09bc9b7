import { array, assert, nat, property, string } from "fast-check";
import { expect, test } from "vitest";
import { lineSplitter } from "../../src/sandbox/protocol.ts";

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
