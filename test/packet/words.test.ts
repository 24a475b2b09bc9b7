import { expect, test } from "vitest";
import type { NetfilterField } from "../../src/model/index.ts";
import { DATATYPES, SELECTORS } from "../../src/netlink/nftables/index.ts";
import { typeOf } from "../../src/packet/fields.ts";
import { WORDS } from "../../src/packet/words.ts";

test("words stand for the numbers that the kernel's rules have for them", () => {
  const types = new Map(Object.values(DATATYPES).map((type) => [type.name, type]));
  for (const [name, words] of Object.entries(WORDS)) {
    const type = types.get(name)!;
    const names = "names" in type ? type.names : new Map<number, string>();
    expect([name, [...words].map(([word, number]) => [number, word])]).toEqual([name, [...names]]);
  }
});

test("fields have the types that they are loaded with", () => {
  const fields = Object.keys(SELECTORS) as NetfilterField[];
  expect(fields.map((field) => [field, typeOf(field)])).toEqual(
    fields.map((field) => [field, SELECTORS[field].type.name]),
  );
});
