import { readFileSync, writeFileSync } from "node:fs";
import { bind } from "../kernel/mount.ts";

/** In the machine's own /run, so that they go with the machine. */
const HOSTS = "/run/netloom/hosts";
const RESOLVER = "/run/netloom/resolv.conf";

/**
 * Gives names to addresses inside the machine: an /etc/hosts of its own, bound over the real one, whose lines follow.
 * Needs no resolver; every process in the lab sees it, `ip netns exec` included.
 */
export function nameHosts(hosts: readonly { readonly address: string; readonly name: string }[]): void {
  const lines = hosts.map(({ address, name }) => `${address}\t${name}\n`);
  writeFileSync(HOSTS, `${lines.join("")}${readFileSync("/etc/hosts", "utf8")}`, { mode: 0o644 });
  bind(HOSTS, "/etc/hosts");
}

/**
 * Any other name is unknown at once. The real machine's resolver is out of reach from a lab, and asking it all the same
 * would take seconds, and send packets that nobody asked for.
 */
export function withoutResolver(): void {
  writeFileSync(RESOLVER, "# No resolver: this lab is not connected to the outside.\nnameserver 127.0.0.1\n", {
    mode: 0o644,
  });
  bind(RESOLVER, "/etc/resolv.conf");
}
