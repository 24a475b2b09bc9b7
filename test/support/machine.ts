// A machine of its own for one kernel test file: network and mount namespaces that no other file shares.

import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { libc } from "../../src/kernel/libc.ts";
import { CLONE_NEWNET, CLONE_NEWNS } from "../../src/kernel/constants.ts";
import { deleteNamespace, listNamespaces, mount, NetlinkSocket, setPropagation } from "../../src/kernel/index.ts";
import { ip } from "./witnesses.ts";

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
