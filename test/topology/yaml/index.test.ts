import { expect, test } from "vitest";
import { parseTopology, resolveTopology } from "../../../src/topology/index.ts";
import { addresses, faults, faultsOf, node } from "../helpers.ts";

test("JSON, also indented by tabs, with a byte order mark, with CRLF", () => {
  const object = {
    name: "x",
    switches: { s: { subnet: "10.0.0.0/24" } },
    hosts: { a: { interfaces: { eth0: "s" } }, b: null },
    expect: ["a -x> b"],
  };
  const wanted = JSON.stringify(resolveTopology(object).model);
  for (const text of [
    JSON.stringify(object),
    JSON.stringify(object, null, 2),
    JSON.stringify(object, null, "\t"),
    `\uFEFF${JSON.stringify(object, null, 2).replaceAll("\n", "\r\n")}`,
  ]) {
    expect(JSON.stringify(resolveTopology(parseTopology(text, "x.json")).model)).toBe(wanted);
    expect(JSON.stringify(resolveTopology(parseTopology(new TextEncoder().encode(text), "x.json")).model)).toBe(wanted);
  }
});

test("keys keep their spelling: 007, 1e3 and true are names", () => {
  const { model } = resolveTopology(parseTopology("hosts: { 007: , 1e3: , true: , 0x10: }", "x.yaml"));
  expect(model.namespaces.map((n) => n.name)).toEqual(["root", "0x10", "1e3", "007", "true"]);
});

test("anchors and aliases are written out", () => {
  const text =
    "switches: { s: { subnet: 10.0.0.0/24 } }\nhosts:\n  a: &host { interfaces: { eth0: s }, sysctls: { net.core.somaxconn: 9 } }\n  b: *host\n";
  const { model } = resolveTopology(parseTopology(text, "x.yaml"));
  expect([addresses(model, "a"), addresses(model, "b")]).toEqual([["eth0 10.0.0.1/24"], ["eth0 10.0.0.2/24"]]);
  expect(node(model, "b").sysctls).toEqual({ "net.core.somaxconn": "9" });
});

test("a fault in an alias points at what it stands for", () => {
  expect(faults("hosts:\n  a: &host\n    forwarding: maybe\n  b: *host\n")).toEqual(["3 type maybe", "3 type maybe"]);
});

test.each([
  ["nothing", "", "topology.empty"],
  ["comments only", "  \n# nothing here\n", "topology.empty"],
  ["an empty document", "--- \n...\n", "topology.empty"],
  ["a NUL", "a\0b", "topology.not-text"],
  ["a word", "hello", "topology.type"],
  ["100,000 open brackets", "[".repeat(100_000), "topology.yaml"],
  ["200 nested braces", `${"a: { ".repeat(200)}${"}".repeat(200)}`, "topology.yaml"],
  ["an alias of itself", "hosts: &a { b: *a }", "topology.yaml"],
  [
    "aliases that multiply",
    `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]\n`).join("")}`,
    "topology.yaml",
  ],
  ["__proto__", "hosts: { __proto__: { interfaces: } }", "topology.key"],
  ["a version nobody knows", "%YAML 9.9\n---\nhosts: { a: }", "topology.yaml"],
  ["a tag", "hosts: !thing { a: }", "topology.yaml"],
])("%s is one clear error", (_, text, code) => {
  const found = faultsOf(() => parseTopology(text, "x.yaml"));
  expect(found.map((d) => d.code)).toEqual([code]);
});

test("bytes that are no text", () => {
  for (const bytes of [
    Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1),
    Uint8Array.of(0xff, 0xfe, 0x61),
    new Uint8Array(17 * 1024 * 1024).fill(0x20),
  ]) {
    expect(faultsOf(() => parseTopology(bytes, "x.yaml"))).toHaveLength(1);
  }
});

test("100,000 lines are refused at once, 50,000 are read", () => {
  const lines = (count: number): string =>
    `hosts:\n  a: {}\n${Array.from({ length: count - 2 }, (_, i) => `  # ${i}`).join("\n")}`;
  expect(faults(lines(50_000))).toEqual([]);
  expect(faultsOf(() => parseTopology(lines(100_000), "x.yaml")).map(({ code }) => code)).toEqual([
    "topology.too-large",
  ]);
});
