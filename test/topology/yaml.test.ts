import { expect, test } from "vitest";
import { parseTopology, resolveTopology } from "../../src/topology/index.ts";
import { addresses, faults, faultsOf, node } from "./helpers.ts";

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
  ["", "topology.empty"],
  ["  \n# nothing here\n", "topology.empty"],
  ["--- \n...\n", "topology.empty"],
  ["a\0b", "topology.not-text"],
  ["hello", "topology.type"],
  ["[".repeat(100_000), "topology.yaml"],
  [`${"a: { ".repeat(200)}${"}".repeat(200)}`, "topology.yaml"],
  ["hosts: &a { b: *a }", "topology.yaml"],
  [
    `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]\n`).join("")}`,
    "topology.yaml",
  ],
  ["hosts: { __proto__: { interfaces: } }", "topology.key"],
  ["%YAML 9.9\n---\nhosts: { a: }", "topology.yaml"],
  ["hosts: !thing { a: }", "topology.yaml"],
])("%j is one clear error", (text, code) => {
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

test("100,000 lines, right or wrong, end in a result", () => {
  const lines = (text: (i: number) => string): string =>
    `hosts:\n${Array.from({ length: 100_000 }, (_, i) => text(i)).join("\n")}\n`;
  expect(faults(lines((i) => (i === 7 ? "  a: {}" : `  # ${i}`)))).toEqual([]);
  expect(
    faultsOf(() =>
      parseTopology(
        lines((i) => `  h${i}: { interfces: 1 }`),
        "x.yaml",
      ),
    ),
  ).toHaveLength(201);
});
