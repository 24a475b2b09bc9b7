/** Requested sysctls: only those of a network namespace, and none that another key already sets. */

import type { Network, Node } from "./network.ts";

const FORWARDING = new Set(["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv6.conf.all.forwarding"]);

export function sysctlsOf(node: Node, { problems }: Network): Record<string, string> {
  const sysctls: Record<string, string> = {};
  for (const [key, value] of Object.entries(node.body.sysctls ?? {})) {
    const path = [...node.path, "sysctls", key];
    if (!/^net(\.[A-Za-z0-9_@-]+){2,}$/.test(key)) {
      const hint = key.includes("/")
        ? `write it with dots: ${key.replace(/^\/?(proc\/sys\/)?/, "").replaceAll("/", ".")}`
        : "only settings that begin with net. belong to a network namespace";
      problems.error("sysctl", `${JSON.stringify(key)} is not a setting of a network namespace`, path, {
        at: "key",
        hint,
      });
    } else if (FORWARDING.has(key)) {
      problems.error("sysctl", `${key} is set by forwarding`, path, {
        at: "key",
        hint: `write forwarding: ${value === 0 || value === "0" || value === false ? "false" : "true"} instead`,
      });
    } else {
      const text = typeof value === "boolean" ? (value ? "1" : "0") : String(value).trim();
      if (text === "" || /[\n\0]/.test(text)) problems.error("sysctl", `${key} has no usable value`, path);
      else sysctls[key] = text.replace(/\s+/g, " ");
    }
  }
  return sysctls;
}
