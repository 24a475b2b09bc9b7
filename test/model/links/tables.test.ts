import { expect, expectTypeOf, test } from "vitest";
import type { KindBody, Link, LinkOption } from "../../../src/model/index.ts";
import { kindOf, LINK_KINDS, optionsOf, tableOf } from "../../../src/model/index.ts";

const common = { name: "vx0", up: true, mtu: 1450, mac: null, master: null, altnames: [] };

test("a table is found by its kind, and a kind without one has none", () => {
  expect(tableOf("vxlan")?.options["id"]).toMatchObject({ type: "u32", required: true });
  expect(tableOf("dummy")).toBeNull();
  expect(tableOf("constructor")).toBeNull();
});

test("the options of a link are those of its table", () => {
  const link: Link = { ...common, kind: "bridge", stp: true, multicastSnooping: false };
  expect(optionsOf(link)).toEqual({ stp: true, multicastSnooping: false });
  expect(kindOf(link)).toBe("bridge");
  const other: Link = { ...common, kind: "other", type: "dummy" };
  expect(optionsOf(other)).toEqual({});
  expect(kindOf(other)).toBe("dummy");
});

test("types follow from tables", () => {
  type Of<K extends Link["kind"]> = Extract<Link, { kind: K }>;
  expectTypeOf<Of<"vxlan">["id"]>().toEqualTypeOf<number>();
  expectTypeOf<Of<"vxlan">["remote"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Of<"vxlan">["learning"]>().toEqualTypeOf<boolean>();
  expectTypeOf<Of<"macvlan">["mode"]>().toEqualTypeOf<"private" | "vepa" | "bridge" | "passthru" | "source">();
  expectTypeOf<{ kind: "vxlan"; id: 42; ttl: 3 }>().toExtend<KindBody>();
  expectTypeOf<{ kind: "macvlan"; on: "eth0" }>().toExtend<KindBody>();
  expectTypeOf<{ kind: "macvlan" }>().not.toExtend<KindBody>();
  expectTypeOf<{ kind: "vxlan"; id: "42" }>().not.toExtend<KindBody>();
});

test.each(LINK_KINDS.map((table) => [table.kind, table] as const))("the table of %s makes sense", (_, table) => {
  const all: [string, LinkOption][] = Object.entries({ ...table.options, ...table.reports });
  const keys = new Set([...Object.keys(table.options), ...(table.lower === undefined ? [] : ["on"])]);
  for (const [name, option] of all) {
    expect(option.about).toMatch(/^[A-Z0-9].*\.$/);
    for (const other of [...(option.excludes ?? []), ...(option.needs ?? [])]) expect(keys).toContain(other);
    for (const other of option.excludes ?? []) expect(table.options[other]?.excludes).toContain(name);
    if (option.type === "enum" && option.default !== undefined)
      expect(Object.keys(option.values)).toContain(option.default);
    // Keys of every interface and of every link have their own meaning.
    expect(["kind", "on", "address", "mtu", "mac", "up", "dhcp", "link", "device", "name", "lower"]).not.toContain(
      name,
    );
  }
  for (const name of table.label ?? []) expect(keys).toContain(name);
  if (table.lowerMac !== undefined) expect(keys).toContain(table.lowerMac.option);
});
