import fc from "fast-check";
import { expect, test } from "vitest";
import { compileTable, Library } from "../../../src/apply/netfilter/index.ts";
import type { NetfilterTable } from "../../../src/model/index.ts";
import { joinBlocks } from "../../../src/netlink/nftables/index.ts";
import { anyTable } from "./arbitrary.ts";
import { accept, chain, counter, drop, match, rule, table } from "./tables.ts";

const whole = (one: NetfilterTable, library?: Library): readonly [bytes: string, operations: readonly string[]] => {
  const { bytes, starts, operation } = joinBlocks(compileTable(one, library));
  return [Buffer.from(bytes).toString("hex"), starts.map((_, index) => operation(index))];
};

test("what was compiled before makes no difference to a table", () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const reversed = (one: NetfilterTable): NetfilterTable => ({
    ...one,
    chains: one.chains.map((each) => ({ ...each, rules: [...each.rules].reverse() })),
  });
  const shorter = (one: NetfilterTable): NetfilterTable => ({
    ...one,
    sets: one.sets.map((set) => ({ ...set, elements: set.elements.slice(1) })),
    chains: one.chains.map((each) => ({ ...each, rules: each.rules.slice(1) })),
  });
  fc.assert(
    fc.property(fc.array(anyTable, { minLength: 1, maxLength: 3 }), (tables) => {
      const library = new Library();
      // Each once more, and changed a little, among what there is of it by then.
      for (const one of tables.flatMap((each) => [each, shorter(each), reversed(each), each]))
        expect(whole(one, library)).toEqual(whole(one));
    }),
    { seed, numRuns: 50 },
  );
});

test("rules that differ in one value are told apart, also behind others with sets of their own", () => {
  const ports = (...values: string[]): NetfilterTable =>
    table(
      [],
      [
        chain(
          "input",
          { hook: "input" },
          rule(match("dport", ...values), accept),
          rule(match("sport", "1", "2"), counter),
          rule(drop),
        ),
      ],
    );
  const library = new Library();
  const wanted = [["80"], ["81"], ["80", "81"], ["80"], ["80", "82"], ["83"], ["84"], ["85"], ["80"]];
  for (const values of wanted) expect(whole(ports(...values), library)).toEqual(whole(ports(...values)));
});
