import { writeSysctl } from "../kernel/index.ts";
import type { Family } from "../model/index.ts";

/** Of a whole namespace, by family. */
export const FORWARDING = { 4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding" } as const;

/**
 * Through /proc/sys rather than per interface by netlink, though it is slower: `sysctl net.ipv4.ip_forward` in a router
 * must say 1, or whoever looks into it is misled.
 */
export function setForwarding({ family, enabled }: { readonly family: Family; readonly enabled: boolean }): void {
  writeSysctl(FORWARDING[family], enabled ? "1" : "0");
}
