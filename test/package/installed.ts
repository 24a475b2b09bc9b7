/** The package as its user gets it: packed from a clean copy of this tree, and installed in an empty project. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LEFT_OUT = ["node_modules", "dist", "coverage"];

export interface Installed {
  /** The tree it was packed from. */
  readonly copy: string;
  /** The project that it is installed in. */
  readonly project: string;
  /** Where it is installed. */
  readonly netloom: string;
  /** What is in the package, sorted. */
  readonly files: readonly string[];
}

export function install(folder: string): Installed {
  const copy = path.join(folder, "copy");
  mkdirSync(copy);
  for (const name of readdirSync(ROOT)) {
    if (LEFT_OUT.includes(name) || (name.startsWith(".") && name !== ".npmrc")) continue;
    cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  run(copy, "npm", ["pack", "--pack-destination", folder]);
  const tarball = path.join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz"))!,
  );

  const project = path.join(folder, "project");
  mkdirSync(project);
  writeFileSync(path.join(project, "package.json"), '{ "type": "module", "private": true }');
  run(project, "npm", ["install", "--no-audit", "--no-fund", tarball]);
  const files = run(project, "tar", ["tzf", tarball]).trimEnd().split("\n");
  return {
    copy,
    project,
    netloom: path.join(project, "node_modules", "netloom"),
    files: files.map((file) => file.replace("package/", "")).sort(),
  };
}

/** Standard output of a program that must succeed. npm's own variables, which `npm test` sets, are kept from it. */
export function run(cwd: string, command: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): string {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NETLOOM_|VITEST|NODE_)/i.test(name));
  const env = { ...Object.fromEntries(own), ...variables };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `status ${status}`}\n${stdout}${stderr}`);
}
