import { expect, test } from "vitest";
import { describeErrno, errnoName, errnoNumber, failureCause } from "../../src/kernel/index.ts";
import { describeIcmp } from "../../src/kernel/probe/report.ts";

test("words for errors", () => {
  expect(describeErrno(17)).toBe("EEXIST: File exists");
  expect(errnoNumber("ENETUNREACH")).toBe(101);
  expect(errnoName(4711)).toBe("errno 4711");
  expect(describeIcmp(4, 3, 1, "10.0.0.1")).toBe("host unreachable (ICMP 3/1) from 10.0.0.1");
  expect(describeIcmp(6, 1, 0, null)).toBe("no route to destination (ICMPv6 1/0)");
  expect(describeIcmp(4, 12, 0, null)).toBe("parameter problem (ICMP 12/0)");
  const refused = { errno: 22, message: "Invalid MTU", attribute: "IFLA_MTU" };
  expect(failureCause(refused)).toBe("EINVAL: Invalid MTU (at IFLA_MTU)");
  expect(failureCause({ ...refused, message: null, attribute: null })).toBe("EINVAL: Invalid argument");
});
