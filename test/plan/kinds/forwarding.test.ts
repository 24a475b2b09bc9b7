import { expect, test } from "vitest";
import { forwardingKind } from "../../../src/plan/kinds/forwarding.ts";
import { emptyNamespace } from "../../../src/plan/kinds/namespace.ts";

test("every namespace has it for both families", () => {
  const both = forwardingKind.list({ ...emptyNamespace("a"), forwarding: { ipv4: true, ipv6: false } });
  expect(both).toEqual([
    { family: 4, enabled: true },
    { family: 6, enabled: false },
  ]);
  expect(both.map((one) => forwardingKind.identity(one))).toEqual(["ipv4", "ipv6"]);
});

test("the difference says what it is", () => {
  const [on, off] = [true, false].map((enabled) => ({ family: 4 as const, enabled }));
  expect(forwardingKind.difference(on!, off!)).toBe("forwarding of ipv4 is off");
  expect(forwardingKind.difference(off!, on!)).toBe("forwarding of ipv4 is on");
  expect(forwardingKind.difference(on!, on!)).toBeNull();
});
