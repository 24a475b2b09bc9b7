// A machine of its own for one kernel test file: network and mount namespaces that no other file shares.

import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { libc } from "../../src/kernel/libc.ts";
import { deleteNamespace, listNamespaces, mount, NetlinkSocket, setPropagation } from "../../src/kernel/index.ts";

const CLONE_NEWNS = 0x20000;
const CLONE_NEWNET = 0x40000000;

/** Call once, before anything else of kernel/. Refuses to run on the real machine. */
export function ownMachine(): void {
  if (/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"))) {
    throw new Error(
      "kernel tests run inside a user namespace only: npm test, or unshare -Urnm --pid --fork --mount-proc …",
    );
  }
  if (libc().unshare(CLONE_NEWNS | CLONE_NEWNET) !== 0) throw new Error("cannot unshare");
  setPropagation("/", "private", { recursive: true });
  mount("tmpfs", "/run", "tmpfs");
  ip("link", "set", "lo", "up");
}

/** Takes away every namespace and link that a test made, so that the next one begins on an empty machine. */
export function wipe(): void {
  for (const name of listNamespaces()) deleteNamespace(name);
  using socket = NetlinkSocket.open();
  for (const message of socket.dump({ kind: "link", command: "get" })) {
    if (message.kind !== "link" || message.name === "lo") continue;
    // A cable end may be gone by now: its other end went with its namespace.
    spawnSync("ip", ["link", "delete", "dev", message.name ?? ""], { stdio: "ignore" });
  }
}

/** iproute2, the independent witness; its output. */
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

function output(command: string, args: readonly string[]): string {
  const result = spawnSync(command, args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}
