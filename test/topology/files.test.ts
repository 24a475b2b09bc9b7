import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { jsonSchema, loadTopology } from "../../src/topology/index.ts";
import { faultsOf } from "./helpers.ts";

const directory = mkdtempSync(join(tmpdir(), "netloom-"));
afterAll(() => rmSync(directory, { recursive: true }));

const root = join(import.meta.dirname, "../..");
const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".yaml"));

test("there is an example of each network, and it resolves without a warning", () => {
  expect(examples.length).toBeGreaterThanOrEqual(8);
  for (const name of examples) {
    const topology = loadTopology(join(root, "examples", name));
    expect([name, topology.warnings]).toEqual([name, []]);
    expect(topology.model.name).toBe(name.replace(".yaml", ""));
    expect(new Set(topology.expect.map((line) => line.reachable))).toEqual(new Set([true, false]));
  }
});

test("schema.json is what the schema says", () => {
  expect(JSON.parse(readFileSync(join(root, "schema.json"), "utf8"))).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
});

test("every key of the JSON Schema has a description", () => {
  const without: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "properties") {
        for (const [name, schema] of Object.entries(inner as Record<string, { description?: string }>)) {
          if (!schema.description) without.push(`${path}.${name}`);
        }
      }
      visit(inner, `${path}.${key}`);
    }
  };
  visit(jsonSchema(), "");
  expect(without).toEqual([]);
});

test("a file that is not there, with a guess", () => {
  writeFileSync(join(directory, "office.yaml"), "hosts: { a: }");
  const hint = (name: string): unknown =>
    faultsOf(() => loadTopology(join(directory, name))).map((d) => [d.code, d.cause, d.hint]);
  expect(hint("ofice.yaml")).toEqual([
    ["topology.file-missing", "ENOENT", `did you mean ${join(directory, "office.yaml")}?`],
  ]);
  expect(hint("office")).toEqual([
    ["topology.file-missing", "ENOENT", `did you mean ${join(directory, "office.yaml")}?`],
  ]);
  expect(hint("xyz")).toEqual([["topology.file-missing", "ENOENT", expect.stringContaining("star:5")]]);
});

test("directories, devices and files that are too large", () => {
  const large = join(directory, "large.yaml");
  writeFileSync(large, Buffer.alloc(17 * 1024 * 1024, "#"));
  const codes = [directory, "/dev/zero", large].map((file) => faultsOf(() => loadTopology(file)).map((d) => d.code));
  expect(codes).toEqual([["topology.file"], ["topology.file"], ["topology.too-large"]]);
});

test("a file's lab is called after it", () => {
  const { model, file } = loadTopology(join(directory, "office.yaml"));
  expect([model.name, file]).toEqual(["office", join(directory, "office.yaml")]);
});
