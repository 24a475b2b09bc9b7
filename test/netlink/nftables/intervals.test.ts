import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as nf from "../../../src/netlink/nftables/index.ts";

// fast-check prints seed and path of a failure; NETLOOM_SEED=… runs it again.
const seed = process.env["NETLOOM_SEED"];

const settings = { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) };

describe("ranges", () => {
  const address = fc.uint8Array({ minLength: 4, maxLength: 4 });

  test("elements of ranges give the ranges back", () => {
    const number = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.uniqueArray(number, { minLength: 2, maxLength: 20 }), (numbers) => {
        const points = [...numbers].sort((a, b) => a - b);
        const ranges: nf.KeyRange[] = [];
        for (let i = 0; i + 1 < points.length; i += 2)
          ranges.push({ from: nf.portBytes(points[i]!), to: nf.portBytes(points[i + 1]!) });
        const found = nf.rangesOf(nf.rangeElements(ranges).reverse());
        expect(found.map(({ from, to }) => ({ from, to }))).toEqual(ranges);
      }),
      settings,
    );
  });

  test("a prefix is a range and the other way round", () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), (value, length) => {
        const range = nf.prefixRange(value, length);
        expect(nf.prefixLengthOf(range)).toBe(length);
        expect(nf.prefixRange(range.to, length)).toEqual(range);
      }),
      settings,
    );
    expect(nf.prefixLengthOf({ from: Uint8Array.of(10, 0), to: Uint8Array.of(10, 254) })).toBeUndefined();
    expect(nf.prefixLengthOf({ from: Uint8Array.of(10, 1), to: Uint8Array.of(10, 2) })).toBeUndefined();
  });
});
