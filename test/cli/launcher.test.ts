import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { program, ROOT_FOLDER as ROOT } from "./program.ts";

const netloom = program();
let tree = "";
let caches = "";
let count = 0;

/** A checkout whose program is one line, so that building it takes no time to speak of. */
beforeEach(() => {
  tree = path.join(netloom.folder, `tree-${++count}`);
  mkdirSync(path.join(tree, "src", "cli"), { recursive: true });
  for (const name of ["bin", "scripts"]) cpSync(path.join(ROOT, name), path.join(tree, name), { recursive: true });
  writeFileSync(path.join(tree, "package.json"), '{ "version": "1.2.3" }');
  symlinkSync(path.join(ROOT, "node_modules"), path.join(tree, "node_modules"));
  caches = path.join(netloom.folder, `caches-${count}`);
  source("one");
});

function source(says: string, age = 0): void {
  const file = path.join(tree, "src", "cli", "main.ts");
  writeFileSync(
    file,
    `export function start(remember: (use: string) => void): void { console.log(${JSON.stringify(says)}); remember(process.argv[2] ?? "nothing"); }\n`,
  );
  utimesSync(file, Date.now() / 1000 - age, Date.now() / 1000 - age);
}

function launch(...args: string[]) {
  const env = { ...process.env, XDG_CACHE_HOME: caches };
  const { status, stdout, stderr } = spawnSync(path.join(tree, "bin", "netloom"), args, { encoding: "utf8", env });
  return { status, stdout, stderr };
}

/** What a cache was made with. */
const usesIn = (folder: string): string[] =>
  readFileSync(path.join(folder, "cli.cache"), "latin1").split("\n", 2)[1]!.split(" ");

const at = (...parts: string[]): string => path.join(tree, "dist", ...parts);

describe("the launcher", () => {
  it("builds what is missing, builds anew what is older than its sources, and else leaves it alone", () => {
    source("one", 3600);
    expect(launch()).toEqual({ status: 0, stdout: "one\n", stderr: "" });
    const built = readFileSync(at("cli.cjs"), "utf8");
    expect(launch().stdout).toBe("one\n");
    source("two", -5);
    expect(launch().stdout).toBe("two\n");
    expect(readFileSync(at("cli.cjs"), "utf8")).not.toBe(built);
  });

  it("says how to install what is missing", () => {
    rmSync(path.join(tree, "node_modules"));
    const { status, stdout, stderr } = launch("ls", "--json");
    expect(status).toBe(1);
    expect(stderr).toContain("error[setup.no-dependencies]");
    expect(stderr).toContain("npm ci");
    expect(JSON.parse(stdout)).toMatchObject({
      netloom: 1,
      kind: "error",
      diagnostics: [{ code: "setup.no-dependencies" }],
    });
  });

  it("runs without compiled caches, with damaged ones, and with those of another program", () => {
    launch();
    const cache = readFileSync(at("cli.cache"));
    const longer = Buffer.concat([cache, Buffer.alloc(100, 7)]);
    for (const bytes of [Buffer.alloc(0), cache.subarray(0, 200), longer, Buffer.from(cache).fill(0xff, 40, 80)]) {
      writeFileSync(at("cli.cache"), bytes);
      expect(launch()).toEqual({ status: 0, stdout: "one\n", stderr: "" });
    }
    rmSync(at("cli.cache"));
    expect(launch().stdout).toBe("one\n");
    // V8 alone would take it: it looks at the length of the source only.
    source("two", -5);
    launch();
    writeFileSync(at("cli.cache"), cache);
    expect(launch().stdout).toBe("two\n");
  });

  it("makes its cache on first use, beside the program, and again when something else is used", () => {
    launch("up");
    expect(usesIn(at())).toEqual(["up"]);
    const first = statSync(at("cli.cache")).ino;
    launch("up");
    expect(statSync(at("cli.cache")).ino).toBe(first);
    launch("down");
    expect(usesIn(at())).toEqual(["up", "down"]);
    source("two", -5);
    launch("down");
    expect(usesIn(at())).toEqual(["down"]);
    expect(existsSync(caches)).toBe(false);
  });

  it("keeps its cache in the user's own folder where others can write beside the program", () => {
    launch("up");
    chmodSync(at(), 0o777);
    launch("down");
    expect(usesIn(at())).toEqual(["up"]);
    expect(usesIn(path.join(caches, "netloom"))).toEqual(["down"]);
    expect(statSync(path.join(caches, "netloom")).mode & 0o777).toBe(0o700);
    launch("ls");
    expect(usesIn(path.join(caches, "netloom"))).toEqual(["down", "ls"]);
  });

  it("has no cache where others could write it", () => {
    launch("up");
    const made = readFileSync(at("cli.cache"));
    chmodSync(at(), 0o777);
    const folder = path.join(caches, "netloom");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "cli.cache"), made);
    for (const mode of [0o777, 0o755, 0o770]) {
      chmodSync(folder, mode);
      expect(launch("down").stdout).toBe("one\n");
      expect(readFileSync(path.join(folder, "cli.cache")).equals(made)).toBe(true);
    }
    // Closed to everybody else, the same file is taken and added to; but not as a link, and not if others can write it.
    chmodSync(folder, 0o700);
    launch("down");
    expect(usesIn(folder)).toEqual(["up", "down"]);
    chmodSync(path.join(folder, "cli.cache"), 0o666);
    launch("ls");
    expect(usesIn(folder)).toEqual(["ls"]);
    rmSync(path.join(folder, "cli.cache"));
    symlinkSync(at("cli.cache"), path.join(folder, "cli.cache"));
    launch("ls");
    expect(usesIn(folder)).toEqual(["ls"]);
    expect(readFileSync(at("cli.cache")).equals(made)).toBe(true);
  });

  it("keeps to the previous program when the sources are broken", () => {
    launch();
    writeFileSync(path.join(tree, "src", "cli", "main.ts"), "export const = ;");
    utimesSync(path.join(tree, "src", "cli", "main.ts"), Date.now() / 1000 + 5, Date.now() / 1000 + 5);
    const { status, stdout, stderr } = launch();
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one\n" });
    expect(stderr).toContain("warning[setup.build]");
    rmSync(at("cli.cjs"));
    expect(launch()).toMatchObject({ status: 1, stdout: "" });
  });

  it("is built by several at once without any of them seeing half of it", async () => {
    const starts = Array.from({ length: 4 }, () => netloom.run([], { command: path.join(tree, "bin", "netloom") }));
    for (const { code, out } of await Promise.all(starts)) expect({ code, out }).toEqual({ code: 0, out: "one\n" });
    expect(readdirSync(at()).sort()).toEqual(["cli.cache", "cli.cjs", "cli.cjs.map"]);
  });

  it("works from a symbolic link, as npm makes one", () => {
    const link = path.join(netloom.folder, `link-${count}`);
    symlinkSync(path.join(tree, "bin", "netloom"), link);
    expect(spawnSync(link, { encoding: "utf8" }).stdout).toBe("one\n");
  });

  it("does without sources, as installed from a package", () => {
    launch();
    for (const name of ["src", "scripts", "node_modules"]) rmSync(path.join(tree, name), { recursive: true });
    chmodSync(at(), 0o555);
    expect(launch()).toEqual({ status: 0, stdout: "one\n", stderr: "" });
    chmodSync(at(), 0o755);
    expect(existsSync(path.join(tree, "src"))).toBe(false);
  });
});
