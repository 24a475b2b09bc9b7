import { expect, test } from "vitest";
import { emptyNamespace, namespaceKind } from "../../../src/plan/kinds/namespace.ts";

test("a namespace is known by its name, and there is nothing to differ in", () => {
  const [one] = namespaceKind.list(emptyNamespace("a"));
  expect(one).toEqual({ name: "a" });
  expect(namespaceKind.identity(one!)).toBe("a");
  expect(namespaceKind.difference({ name: "a" }, { name: "a" })).toBeNull();
});

test("a new one has a loopback that is down, and forwards nothing", () => {
  const { links, forwarding } = emptyNamespace("a");
  expect(links).toMatchObject([{ kind: "loopback", name: "lo", up: false }]);
  expect(forwarding).toEqual({ ipv4: false, ipv6: false });
});
