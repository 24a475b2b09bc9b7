import { readFileSync, writeFileSync } from "node:fs";
import { bind } from "../kernel/mount.ts";

/** In the machine's own /run, so that it goes with the machine. */
const FILE = "/run/netloom/hosts";

/**
 * Gives names to addresses inside the machine: an /etc/hosts of its own, bound over the real one, whose lines follow.
 * Needs no resolver; every process in the lab sees it, `ip netns exec` included.
 */
export function nameHosts(hosts: readonly { readonly address: string; readonly name: string }[]): void {
  const lines = hosts.map(({ address, name }) => `${address}\t${name}\n`);
  writeFileSync(FILE, `${lines.join("")}${readFileSync("/etc/hosts", "utf8")}`, { mode: 0o644 });
  bind(FILE, "/etc/hosts");
}
