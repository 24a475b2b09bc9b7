import { expect, test } from "vitest";
import { vlanRanges, vlansText } from "../../../src/show/discover/words.ts";

test("VLANs of a port, in words", () => {
  const vlan = (first: number, last: number, untagged: boolean, pvid: boolean) => ({ first, last, untagged, pvid });
  const text = vlansText([
    vlan(1, 1, true, true),
    vlan(7, 7, false, true),
    vlan(9, 9, true, false),
    vlan(20, 30, false, false),
  ]);
  expect(text).toBe("1 untagged, 7 native, 9 untagged out, 20-30");
  expect(vlanRanges([1, 2, 3, 5, 7, 8])).toBe("1-3, 5, 7-8");
});
