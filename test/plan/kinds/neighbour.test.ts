import { expect, test } from "vitest";
import { emptyNamespace } from "../../../src/plan/kinds/namespace.ts";
import { neighbourKind } from "../../../src/plan/kinds/neighbour.ts";

const neighbour = { link: "eth0", address: "10.0.0.9", mac: "02:00:00:00:00:09" };

test("it is known by its link and address, and differs by its MAC", () => {
  expect(neighbourKind.list({ ...emptyNamespace("a"), neighbours: [neighbour] })).toEqual([neighbour]);
  expect(neighbourKind.identity(neighbour)).toBe("eth0 10.0.0.9");
  expect(neighbourKind.difference({ ...neighbour, mac: "02:00:00:00:00:0a" }, neighbour)).toBe(
    "mac is 02:00:00:00:00:09",
  );
  expect(neighbourKind.difference(neighbour, neighbour)).toBeNull();
});

test("it needs its link", () => {
  expect(neighbourKind.needs!(neighbour, "a")).toEqual([{ namespace: "a", link: "eth0" }]);
});
