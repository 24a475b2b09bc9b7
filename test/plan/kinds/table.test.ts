import { expect, test } from "vitest";
import type { NetfilterChain, NetfilterTable } from "../../../src/model/index.ts";
import { emptyNamespace } from "../../../src/plan/kinds/namespace.ts";
import { tableKind } from "../../../src/plan/kinds/table.ts";

const forward: NetfilterChain = {
  name: "forward",
  base: { type: "filter", hook: "forward", priority: 0, policy: "accept" } as NetfilterChain["base"],
  rules: [],
};
const table: NetfilterTable = { family: "inet", name: "netloom", sets: [], chains: [forward] };
const withChains = (...chains: NetfilterChain[]): NetfilterTable => ({ ...table, chains });

test("it is known by its family and name", () => {
  expect(tableKind.list({ ...emptyNamespace("a"), netfilter: [table] })).toEqual([table]);
  expect(tableKind.identity(table)).toBe("inet netloom");
});

test("the difference names the chains that differ", () => {
  const drops = { ...forward, base: { ...forward.base!, policy: "drop" as const } };
  expect(tableKind.difference(withChains(drops), table)).toBe("chain forward: policy is accept, should be drop");
  expect(tableKind.difference(table, withChains())).toBe("chain forward is missing");
  expect(tableKind.difference(withChains(), table)).toBe("chain forward is not the topology's");
  expect(tableKind.difference(table, structuredClone(table))).toBeNull();
});

test("tables of others are left alone, netloom's own are not", () => {
  expect(tableKind.mayStay!({ ...table, name: "filter" })).toBe(true);
  expect(tableKind.mayStay!(table)).toBe(false);
});
