import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesToMac, isUnicastMac, macFor, macToBytes, parseMac } from "../../src/model/index.ts";

test("parse accepts pairs with one kind of separator and writes lower case with colons", () => {
  expect(parseMac("02-AB-00-00-00-40")).toBe("02:ab:00:00:00:40");
  for (const bad of ["", "02:00", "02:00:00:00:00:4", "02:00-00:00:00:40", "02:00:00:00:00:40:00", "0g:00:00:00:00:40"])
    expect([bad, parseMac(bad)]).toEqual([bad, null]);
});

test("bytes and text are inverse", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
      expect(macToBytes(bytesToMac(bytes))).toEqual(bytes);
    }),
    { verbose: 1 },
  );
});

test("given MACs are locally administered, unicast, repeatable, and rarely collide", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 5_000; i++) {
    const mac = macFor("lab", `h${i}`, "eth0");
    expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(isUnicastMac(mac)).toBe(true);
    seen.add(mac);
  }
  expect(seen.size).toBe(5_000);
  expect(macFor("lab", "h1", "eth0")).toBe(macFor("lab", "h1", "eth0"));
  expect(macFor("lab", "h1", "eth0")).not.toBe(macFor("other", "h1", "eth0"));
  expect(macFor("lab", "h1", "eth0", 1)).not.toBe(macFor("lab", "h1", "eth0"));
  // Written down: a change here would change the MACs of every existing lab.
  expect(macFor("lab", "a", "eth0")).toMatchInlineSnapshot(`"02:6d:24:25:42:37"`);
});

test("multicast and zero addresses are not for interfaces", () => {
  expect(isUnicastMac("01:00:5e:00:00:01")).toBe(false);
  expect(isUnicastMac("00:00:00:00:00:00")).toBe(false);
});
