// What `npm start` and `npm test` do before anything else on a fresh clone: dependencies and build. Needs Node alone.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a program and ends this one with its status when it fails. */
export function must(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (status === 0) return;
  console.error(`${command} ${args.join(" ")} failed: ${error?.message ?? signal ?? `status ${status}`}`);
  process.exit(status ?? 1);
}

export function setUp() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`netloom needs Node.js 20.19 or newer, and this is ${process.versions.node}`);
    process.exit(1);
  }
  const installed = join(root, "node_modules", ".package-lock.json");
  const wanted = join(root, "package-lock.json");
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
    // No dependency needs its install script: each ships what it needs.
    must("npm", ["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  must(process.execPath, [join(root, "scripts", "build.mjs")], { stdio: ["ignore", "ignore", "inherit"] });
}
