import { array, assert, constantFrom, property } from "fast-check";
import { isIPv6 } from "node:net";
import { describe, expect, test } from "vitest";
import { formatAddress, parseAddress } from "../../../src/kernel/probe/address.ts";

describe("addresses", () => {
  test.each([
    ["10.0.0.1", "0a000001"],
    ["::", "0".repeat(32)],
    ["::1", "0".repeat(31) + "1"],
    ["fd00:1::2", "fd000001000000000000000000000002"],
    ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
    ["::ffff:102:304", "00000000000000000000ffff01020304"],
  ])("%s", (text, hex) => {
    expect(Buffer.from(parseAddress(text)).toString("hex")).toBe(hex);
    expect(formatAddress(parseAddress(text))).toBe(text);
  });

  test("bytes to text and back", () => {
    const word = constantFrom(0, 0, 1, 0xabc);
    assert(
      property(array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const bytes = Uint8Array.from(words.flatMap((value) => [value >> 8, value & 255]));
        const text = formatAddress(bytes);
        expect(isIPv6(text)).toBe(true);
        expect(parseAddress(text)).toEqual(bytes);
      }),
    );
    expect(parseAddress("::ffff:1.2.3.4")).toEqual(parseAddress("::ffff:102:304"));
  });

  test.each(["", "10.1", "010.0.0.1", "fe80::1%eth0", "1::2::3", "host"])("%j is not one", (text) => {
    expect(() => parseAddress(text)).toThrow(TypeError);
  });
});
