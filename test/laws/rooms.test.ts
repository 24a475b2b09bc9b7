// Which folder of src/ may import which: the linter enforces scripts/rooms.json, and docs/architecture.md says the same.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lintConfiguration } from "../../scripts/lint-rooms.mjs";

interface Rule {
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
}

const root = path.resolve(import.meta.dirname, "../..");
const rooms = JSON.parse(readFileSync(path.join(root, "scripts/rooms.json"), "utf8")) as Record<string, Rule>;

/** A tree of its own: `upper` may import `lower` and node:fs, `lower` nothing, `unlisted` is in no rule. */
const FILES = {
  "src/lower/index.ts": `export const one = 1;`,
  "src/lower/own.ts": `import { one } from "./index.ts"; export const two = one + one;`,
  "src/lower/forbidden.ts": `import { up } from "../upper/index.ts"; export const three = up;`,
  "src/lower/dynamic.ts": `export const four = import("../upper/index.ts");`,
  "src/lower/type.ts": `import type { Up } from "../upper/index.ts"; export type Five = Up;`,
  "src/lower/package.ts": `import { readFileSync } from "node:fs"; export const six = readFileSync;`,
  "src/lower/bare.ts": `import { readFileSync } from "fs"; export const six = readFileSync;`,
  "src/upper/index.ts": `import { one } from "../lower/index.ts"; export const up = one; export type Up = 1;`,
  "src/upper/package.ts": `import { readFileSync } from "node:fs"; export const seven = readFileSync;`,
  "src/upper/deep/own.ts": `import { up } from "../index.ts"; export const eight = up;`,
  "src/upper/deep/allowed.ts": `import { one } from "../../lower/index.ts"; export const nine = one;`,
  "src/upper/deep/forbidden.ts": `import { own } from "../../unlisted/own.ts"; export const ten = own;`,
  "src/upper/deep/lower/own.ts": `import { up } from "../../index.ts"; export const ten = up;`,
  "src/unlisted/own.ts": `export const own = 1;`,
  "src/unlisted/forbidden.ts": `import { one } from "../lower/index.ts"; export const eleven = one;`,
  "src/unlisted/deep/own.ts": `import { own } from "../own.ts"; export const twelve = own;`,
  "src/unlisted/deep/forbidden.ts": `import { one } from "../../lower/index.ts"; export const thirteen = one;`,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "netloom-rooms-"));
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), `${text}\n`);
  }
  const rules = lintConfiguration({ lower: { imports: [] }, upper: { imports: ["lower"], packages: ["node:fs"] } });
  writeFileSync(path.join(folder, "rooms.json"), JSON.stringify({ categories: { correctness: "off" }, ...rules }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("an import that is not allowed is an error, also of a type, by a dynamic import, and of a folder without a rule", () => {
  const { stdout } = spawnSync(
    process.execPath,
    [path.join(root, "node_modules/oxlint/bin/oxlint"), "-c", "rooms.json", "--format", "json", "src"],
    { cwd: folder, encoding: "utf8" },
  );
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(["eslint(no-restricted-imports)"]));
  const refused = Object.keys(FILES).filter((file) => diagnostics.some(({ filename }) => filename === file));
  expect(refused).toEqual(
    Object.keys(FILES).filter((file) => /forbidden|dynamic|type|lower.(package|bare)/.test(file)),
  );
});

test("every folder of src/ has a rule, and every rule a folder", () => {
  expect(Object.keys(rooms).sort()).toEqual(readdirSync(path.join(root, "src")).sort());
});

test("docs/architecture.md says what scripts/rooms.json says", () => {
  const page = readFileSync(path.join(root, "docs/architecture.md"), "utf8");
  const rows = page.matchAll(/^\| `([a-z.]+)\/?` \| [^|]* \| ([^|]*) \|$/gm);
  const said = Object.fromEntries([...rows].map(([, room, imports]) => [room, namesIn(imports!)]));
  const expected = Object.entries(rooms).map(([room, { imports }]) => [room, imports.map(stem).sort()]);
  expect(said).toEqual(Object.fromEntries(expected));
});

function namesIn(cell: string): string[] {
  return cell === "nothing" ? [] : cell.split(", ").sort();
}

function stem(room: string): string {
  return room.replace(/\.ts$/, "");
}
