// Builds the holder program once per test file, and a runtime directory that goes away with it.
import { build, type Plugin } from "esbuild";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { destroyLab, listLabs, type HolderEntry } from "../../src/sandbox/index.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Of a file under src/: what is written there otherwise. */
export type Patches = Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>;

/** One file, which finds koffi through the link that sandboxTests() makes. */
export async function bundle(source: string, outfile: string, patches: Patches = {}): Promise<void> {
  await build({
    entryPoints: [join(here, source)],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    logLevel: "error",
    plugins: Object.entries(patches).map(([file, replacements]) => patch(file, replacements)),
  });
}

function patch(file: string, replacements: Patches[string]): Plugin {
  const path = join(here, "../../src", file);
  return {
    name: file,
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, (loaded) => {
        if (loaded.path !== path) return null;
        let contents = readFileSync(path, "utf8");
        for (const [from, to] of replacements) {
          if (!contents.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
          contents = contents.replace(from, to);
        }
        return { contents, loader: "ts" };
      }),
  };
}

export interface Bench {
  directory: string;
  entry: HolderEntry;
  /** Bundles another program beside the holder. */
  program: (source: string) => Promise<string>;
}

/** Call at the top of a test file. */
export function sandboxTests(): Bench {
  const bench: Bench = { directory: "", entry: { command: process.execPath, args: [] }, program: async () => "" };
  beforeAll(async () => {
    const base = mkdtempSync(join(tmpdir(), "netloom-test-"));
    bench.directory = join(base, "labs");
    chmodSync(base, 0o755);
    symlinkSync(join(here, "../../node_modules"), join(base, "node_modules"));
    const holder = join(base, "holder.cjs");
    await bundle("holder.ts", holder);
    bench.entry = { command: process.execPath, args: [holder] };
    bench.program = async (source) => {
      const outfile = join(base, source.replace(/\.ts$/, ".cjs"));
      await bundle(source, outfile);
      return outfile;
    };
  });
  afterAll(async () => {
    // A failed test may have left labs, also in directories of its own.
    const inside = existsSync(bench.directory) ? readdirSync(bench.directory, { withFileTypes: true }) : [];
    const own = inside.filter((entry) => entry.isDirectory()).map((entry) => join(bench.directory, entry.name));
    for (const directory of [bench.directory, ...own]) {
      for (const { name } of listLabs(directory)) await destroyLab(name, { directory });
    }
    rmSync(join(bench.directory, ".."), { recursive: true });
  });
  return bench;
}
