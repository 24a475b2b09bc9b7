import { expect, test } from "vitest";
import { sysctlPath } from "../../src/kernel/index.ts";

test("sysctl keys", () => {
  expect(sysctlPath("net.ipv4.ip_forward")).toBe("/proc/sys/net/ipv4/ip_forward");
  expect(sysctlPath("net.ipv4.conf.eth0/100.forwarding")).toBe("/proc/sys/net/ipv4/conf/eth0.100/forwarding");
  for (const key of ["", "net", "net..x", "net.//.x", "net. .x", "net.ipv4.a\0b", "../../etc.passwd"]) {
    expect(() => sysctlPath(key)).toThrow(/sysctl key/);
  }
});
