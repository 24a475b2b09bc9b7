import { expect, test } from "vitest";
import type { Address, Origin } from "../../../src/model/index.ts";
import { addressKind } from "../../../src/plan/kinds/address.ts";
import { emptyNamespace } from "../../../src/plan/kinds/namespace.ts";

const address: Address = { link: "eth0", family: 4, address: "10.0.0.1", prefixLength: 24, origin: "static" };

test("it is known by its link, its address and the length of its prefix, and there is nothing else to differ in", () => {
  expect(addressKind.identity(address)).toBe("eth0 10.0.0.1/24");
  expect(addressKind.identity({ ...address, prefixLength: 16 })).not.toBe(addressKind.identity(address));
  expect(addressKind.difference(address, address)).toBeNull();
});

test("those that nobody configured are in no plan", () => {
  const origins: Origin[] = ["static", "kernel", "ra", "dhcp", "machine"];
  const addresses = origins.map((origin) => ({ ...address, origin }));
  expect(addressKind.list({ ...emptyNamespace("a"), addresses })).toEqual([address]);
});

test("it needs its link", () => {
  expect(addressKind.needs!(address, "a")).toEqual([{ namespace: "a", link: "eth0" }]);
});
