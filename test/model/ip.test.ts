import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addressToBytes,
  bitsOf,
  broadcastOf,
  bytesToAddress,
  canonicalAddress,
  contains,
  firstHost,
  formatAddress,
  formatPrefix,
  lastHost,
  linkLocalFromMac,
  networkOf,
  overlaps,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
  rangeOf,
  rangeToPrefixes,
} from "../../src/model/index.ts";
import type { Family, IpAddress, Prefix } from "../../src/model/index.ts";

const anyAddress: fc.Arbitrary<IpAddress> = fc.oneof(
  fc.bigInt(0n, (1n << 32n) - 1n).map((value) => ({ family: 4 as Family, value })),
  fc.bigInt(0n, (1n << 128n) - 1n).map((value) => ({ family: 6 as Family, value })),
  // Mostly zero groups, where RFC 5952 has its rules.
  fc.array(fc.constantFrom(0n, 0n, 1n, 0xffffn, 0xdb8n), { minLength: 8, maxLength: 8 }).map((groups) => ({
    family: 6 as Family,
    value: groups.reduce<bigint>((value, group) => (value << 16n) | group, 0n),
  })),
);

test.each([
  "",
  "1",
  "1.2.3",
  "1.2.3.4.5",
  "010.1.1.1",
  "1.2.3.04",
  "256.1.1.1",
  "1.2.3.",
  ".1.2.3",
  "1..2.3",
  "0x1.2.3.4",
  " 1.2.3.4",
  "1.2.3.4 ",
  "1.2.3.4/24",
  ":",
  ":::",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1::2::3",
  "12345::",
  "g::",
  "fe80::1%eth0",
  "::1.2.3",
  "1.2.3.4::",
  "1:2:3:4:5:6:7::8",
  "::ffff:010.1.1.1",
  "1:2:3:4:5:6:7:",
  ":1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:1.2.3.4",
])("%j is not an address", (text) => {
  expect(parseAddress(text)).toBeNull();
  expect(() => addressToBytes(text)).toThrow(RangeError);
});

// RFC 5952, sections 4 and 5.
test.each([
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["2001:DB8::1", "2001:db8::1"],
  ["2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["::0:1", "::1"],
  ["1:0:0:0:0:0:0:0", "1::"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["::ffff:c000:201", "::ffff:192.0.2.1"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
])("%s is written %s", (text, canonical) => {
  expect(canonicalAddress(text)).toBe(canonical);
  expect(bytesToAddress(addressToBytes(text))).toBe(canonical);
});

test("parse and format are inverse, by number and by bytes", () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      const text = formatAddress(address);
      expect(parseAddress(text)).toEqual(address);
      expect(bytesToAddress(addressToBytes(text))).toBe(text);
    }),
    { verbose: 1 },
  );
});

test("no text makes the parser throw, and what it accepts it can write", () => {
  const noise = fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdef:./ %")), maxLength: 50 });
  fc.assert(
    fc.property(noise, (text) => {
      const address = parseAddress(text);
      expect(address && parseAddress(formatAddress(address))).toEqual(address);
    }),
    { verbose: 1 },
  );
});

test("prefixes: network form and host form", () => {
  expect(formatPrefix(parsePrefix("10.0.0.0/24")!)).toBe("10.0.0.0/24");
  expect(parsePrefix("10.0.0.1/24")).toBeNull();
  expect(formatPrefix(parseInterfaceAddress("10.0.0.1/24")!)).toBe("10.0.0.1/24");
  expect(formatPrefix(parsePrefix("2001:DB8::/32")!)).toBe("2001:db8::/32");
  for (const bad of [
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/024",
    "10.0.0.0/-1",
    "::/129",
    "10.0.0.0/24/24",
    "/24",
  ]) {
    expect([bad, parseInterfaceAddress(bad)]).toEqual([bad, null]);
  }
});

test.each([
  ["10.0.0.0/24", "10.0.0.1", "10.0.0.254", "10.0.0.255"],
  ["10.0.0.4/30", "10.0.0.5", "10.0.0.6", "10.0.0.7"],
  ["10.0.0.4/31", "10.0.0.4", "10.0.0.5", null],
  ["10.0.0.4/32", "10.0.0.4", "10.0.0.4", null],
  ["2001:db8::/64", "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", null],
  ["2001:db8::/127", "2001:db8::", "2001:db8::1", null],
])("hosts of %s: %s … %s, broadcast %s", (text, first, last, broadcast) => {
  const prefix = parsePrefix(text)!;
  const show = (value: bigint): string => formatAddress({ family: prefix.family, value });
  expect(show(firstHost(prefix))).toBe(first);
  expect(show(lastHost(prefix))).toBe(last);
  const value = broadcastOf(prefix);
  expect(value === null ? null : show(value)).toBe(broadcast);
});

test("containment and overlap", () => {
  const p = (text: string): Prefix => parseInterfaceAddress(text)!;
  expect(contains(p("10.0.0.0/8"), parseAddress("10.255.0.1")!)).toBe(true);
  expect(contains(p("10.0.0.0/8"), parseAddress("11.0.0.1")!)).toBe(false);
  expect(contains(p("0.0.0.0/0"), parseAddress("::1")!)).toBe(false);
  expect(contains(p("10.0.0.0/24"), p("10.0.0.0/16"))).toBe(false);
  expect(overlaps(p("10.0.0.0/24"), p("10.0.0.0/16"))).toBe(true);
  expect(overlaps(p("10.0.0.0/16"), p("10.0.7.9/24"))).toBe(true);
  expect(overlaps(p("10.0.0.0/24"), p("10.0.1.0/24"))).toBe(false);
});

test("an address lies in its own network and in no sibling", () => {
  fc.assert(
    fc.property(anyAddress, fc.nat(128), (address, n) => {
      const length = Math.max(1, n % (bitsOf(address.family) + 1));
      const network = networkOf(address, length);
      expect(contains(network, address)).toBe(true);
      const sibling = { ...network, value: network.value ^ (1n << BigInt(bitsOf(address.family) - length)) };
      expect(contains(sibling, address)).toBe(false);
      expect(overlaps(network, sibling)).toBe(false);
    }),
    { verbose: 1 },
  );
});

test("rangeToPrefixes covers exactly the range, in order, with nothing left to merge", () => {
  const range = fc.constantFrom<Family>(4, 6).chain((family) => {
    const value = fc.bigInt(0n, (1n << BigInt(bitsOf(family))) - 1n);
    return fc.tuple(fc.constant(family), value, value);
  });
  fc.assert(
    fc.property(range, ([family, x, y]) => {
      const [first, last] = x < y ? [x, y] : [y, x];
      const prefixes = rangeToPrefixes(family, first, last);
      let next = first;
      for (const prefix of prefixes) {
        expect(rangeOf(prefix).first).toBe(next);
        next = rangeOf(prefix).last + 1n;
      }
      expect(next).toBe(last + 1n);
      for (const [i, prefix] of prefixes.entries()) {
        // Two halves of one prefix would have been written as one.
        const after = prefixes[i + 1];
        const parent = networkOf(prefix, Math.max(0, prefix.length - 1));
        expect(after?.length === prefix.length && contains(parent, after)).toBe(false);
      }
    }),
    { verbose: 1 },
  );
  expect(rangeToPrefixes(4, 0n, (1n << 32n) - 1n).map(formatPrefix)).toEqual(["0.0.0.0/0"]);
  expect(rangeToPrefixes(4, 5n, 4n)).toEqual([]);
});

test("link-local addresses are what the kernel's eui64 mode makes", () => {
  expect(linkLocalFromMac("02:00:00:00:00:40")).toBe("fe80::ff:fe00:40");
  expect(linkLocalFromMac("52:54:00:12:34:56")).toBe("fe80::5054:ff:fe12:3456");
});
