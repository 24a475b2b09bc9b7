import { expect, test } from "vitest";
import type { Rule } from "../../../src/model/index.ts";
import { emptyNamespace } from "../../../src/plan/kinds/namespace.ts";
import { ruleKind } from "../../../src/plan/kinds/rule.ts";

const rule: Rule = {
  family: 4,
  priority: 100,
  from: "10.0.0.0/24",
  to: null,
  inputLink: "eth0",
  outputLink: null,
  mark: { value: 1, mask: 255 },
  action: { kind: "table", table: 77 },
};

test("all of it is its identity", () => {
  expect(ruleKind.list({ ...emptyNamespace("a"), rules: [rule] })).toEqual([rule]);
  expect(ruleKind.identity(rule)).toBe("ipv4 100: from 10.0.0.0/24 to all iif eth0 oif any mark 1/255 table 77");
  expect(ruleKind.identity({ ...rule, mark: null, action: { kind: "blackhole" } })).toBe(
    "ipv4 100: from 10.0.0.0/24 to all iif eth0 oif any blackhole",
  );
  const others: Rule[] = [
    { ...rule, family: 6 },
    { ...rule, priority: 101 },
    { ...rule, from: null },
    { ...rule, to: "10.1.0.0/24" },
    { ...rule, inputLink: null },
    { ...rule, outputLink: "eth1" },
    { ...rule, mark: null },
    { ...rule, action: { kind: "table", table: 78 } },
  ];
  expect(new Set([rule, ...others].map((one) => ruleKind.identity(one))).size).toBe(others.length + 1);
  expect(ruleKind.difference(rule, rule)).toBeNull();
});

test("it may name links that do not exist", () => {
  expect(ruleKind.needs?.(rule, "a") ?? []).toEqual([]);
});
