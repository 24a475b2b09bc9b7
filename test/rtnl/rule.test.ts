import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rule } from "../../src/model/index.ts";
import { AF_BRIDGE, FIB_RULE_INVERT, FR_ACT_GOTO, RT_TABLE_LOCAL, RTPROT_UNSPEC } from "../../src/netlink/index.ts";
import { decodeRule, encodeRule, isKernelRule, isUnmodelledRule } from "../../src/rtnl/rule.ts";
import { rule } from "./objects.ts";
import { overTheWire } from "./wire.ts";

const RULE: Rule = {
  family: 4,
  priority: 100,
  from: "10.0.0.0/24",
  to: null,
  inputLink: null,
  outputLink: null,
  mark: null,
  action: { kind: "table", table: 77 },
};

describe("a rule", () => {
  it("is itself again after encoding and decoding", () => {
    fc.assert(
      fc.property(rule, (one) => {
        expect(decodeRule(overTheWire(encodeRule(one)))).toEqual(one);
      }),
    );
  });

  it("is deleted whichever protocol it is from", () => {
    expect(encodeRule(RULE, "delete")).toMatchObject({ command: "delete", protocol: RTPROT_UNSPEC });
  });

  it("is none of a model's when every namespace has it", () => {
    const all = { ...encodeRule({ ...RULE, from: null, priority: 0 }), table: RT_TABLE_LOCAL };
    expect([isKernelRule(all), decodeRule(all), isUnmodelledRule(all)]).toEqual([true, null, false]);
  });

  it("is unmodelled when it selects or does what a model cannot express", () => {
    const message = encodeRule(RULE);
    expect(isUnmodelledRule(message)).toBe(false);
    const others = [{ flags: FIB_RULE_INVERT }, { tos: 0x10 }, { suppressPrefixLength: 0 }, { action: FR_ACT_GOTO }];
    for (const more of others) {
      expect(decodeRule({ ...message, ...more })).toBeNull();
      expect(isUnmodelledRule({ ...message, ...more })).toBe(true);
    }
    expect(isUnmodelledRule({ ...message, family: AF_BRIDGE })).toBe(false);
  });
});
