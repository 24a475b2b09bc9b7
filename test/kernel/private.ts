// What every kernel test needs: the certainty that this is a private machine, and a /run of its own.

import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { mount, tryLock } from "../../src/kernel/index.ts";

/** Refuses to go on unless run inside a user namespace; then makes /run private, once for all test files. */
export function privateMachine(): void {
  if (/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"))) {
    throw new Error("kernel tests run only inside a user namespace: unshare -Urnm --pid --fork --mount-proc …");
  }
  const fd = openSync("/run", "r");
  try {
    while (!tryLock(fd)); // another test file is mounting it, which takes microseconds
    if (existsSync("/run/.private")) return;
    mount("tmpfs", "/run", "tmpfs");
    writeFileSync("/run/.private", "");
  } finally {
    closeSync(fd);
  }
}

/** Runs iproute2's `ip`, the independent witness; its output. */
export function ip(...args: string[]): string {
  const result = spawnSync("ip", args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`ip ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

export const hasIp = spawnSync("ip", ["-V"]).status === 0;
