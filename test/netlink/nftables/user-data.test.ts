import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetlinkDecodeError, NetlinkEncodeError } from "../../../src/netlink/index.ts";
import * as nf from "../../../src/netlink/nftables/index.ts";

// fast-check prints seed and path of a failure; NETLOOM_SEED=… runs it again.
const seed = process.env["NETLOOM_SEED"];

const settings = { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) };

describe("user data", () => {
  test("comments as nft stores them", () => {
    expect(nf.commentUserData("hi")).toEqual(Uint8Array.of(0, 3, 0x68, 0x69, 0));
    expect(nf.commentOf(Uint8Array.of(9, 1, 7, 0, 3, 0x68, 0x69, 0))).toBe("hi");
    expect(nf.commentOf(undefined)).toBeUndefined();
    expect(nf.commentOf(Uint8Array.of(1, 0))).toBeUndefined();
  });

  test("another program's format is no comment, and is named when decoded", () => {
    const foreign = Uint8Array.of(0, 200, 1);
    expect(nf.commentOf(foreign)).toBeUndefined();
    expect(() => nf.decodeUserData(foreign)).toThrow(NetlinkDecodeError);
  });

  test("what is too long is refused", () => {
    expect(() => nf.commentUserData("x".repeat(255))).toThrow(NetlinkEncodeError);
    const half = { type: 1, value: new Uint8Array(130) };
    expect(() => nf.encodeUserData([half, half])).toThrow(NetlinkEncodeError);
  });

  test("comes back as it went in", () => {
    const datum = fc.record({ type: fc.nat(255), value: fc.uint8Array({ maxLength: 60 }) });
    fc.assert(
      fc.property(fc.array(datum, { maxLength: 4 }), (list) => {
        expect(nf.decodeUserData(nf.encodeUserData(list))).toEqual(list);
      }),
      settings,
    );
  });
});
