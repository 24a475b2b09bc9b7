// Programs that tests ask what the kernel has: independent of what is tested.

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Also where an ordinary user of Debian does not look by default. */
export const PATH = `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`;

/** Whether these are installed. Tests that need one are skipped without it. */
export function has(...programs: string[]): boolean {
  const executable = (file: string): boolean => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return programs.every((name) => PATH.split(delimiter).some((folder) => executable(join(folder, name))));
}

/** iproute2; its output. */
export function ip(...args: string[]): string {
  return output("ip", args);
}

/** A command in a node; its output. */
export function inside(node: string, ...command: string[]): string {
  return output("ip", ["netns", "exec", node, ...command]);
}

/** iproute2's JSON of a node (or of the root namespace, for null). */
export function ipJson(node: string | null, ...args: string[]): Record<string, never>[] {
  const text = ip(...(node === null ? [] : ["-n", node]), "-j", ...args);
  return text.trim() === "" ? [] : (JSON.parse(text) as Record<string, never>[]);
}

/** A shell script, of which each command has to succeed; its output. */
export function sh(script: string): string {
  return output("sh", ["-ec", script]);
}

function output(command: string, args: readonly string[]): string {
  const result = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, PATH } });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}
