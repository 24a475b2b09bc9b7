import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileTable } from "../../src/apply/netfilter/index.ts";
import { canonicalTable, type NetfilterTable } from "../../src/model/index.ts";
import { collectRuleset } from "../../src/netlink/nftables/index.ts";
import { decompileRuleset } from "../../src/observe/netfilter/index.ts";
import { anyTable } from "../apply/netfilter/arbitrary.ts";
import { emulate } from "../apply/netfilter/emulate.ts";
import { DNAT, FILTER, SETS, SNAT } from "../apply/netfilter/golden.ts";
import { chain, POSTROUTING, PREROUTING, table } from "../apply/netfilter/tables.ts";

const back = (one: NetfilterTable): NetfilterTable[] => decompileRuleset(collectRuleset(emulate(compileTable(one))));

describe("what was compiled is read back", () => {
  const sets = SETS.map(([, set]) => set);
  const cases = [
    ...FILTER.map((row) => [...row, {}] as const),
    ...DNAT.map((row) => [...row, PREROUTING] as const),
    ...SNAT.map((row) => [...row, POSTROUTING] as const),
  ];
  test.each(cases)("%s", (_, rule, hook) => {
    const one = table(sets, [chain("c", hook, rule), chain("other", null)]);
    expect(back(one)).toEqual([canonicalTable(one)]);
  });
});

test("any table is read back as it was written", () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  fc.assert(
    fc.property(anyTable, (one) => {
      expect(back(one)).toEqual([canonicalTable(one)]);
    }),
    { seed, numRuns: 300 },
  );
});

test("the canonical form is canonical", () => {
  fc.assert(
    fc.property(anyTable, (one) => {
      const once = canonicalTable(one);
      expect(canonicalTable(once)).toEqual(once);
      const turned = { ...one, sets: [...one.sets].reverse(), chains: [...one.chains].reverse() };
      expect(canonicalTable(turned)).toEqual(once);
    }),
    { numRuns: 100 },
  );
});
