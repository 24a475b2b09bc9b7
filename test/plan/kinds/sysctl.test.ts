import { expect, test } from "vitest";
import { emptyNamespace } from "../../../src/plan/kinds/namespace.ts";
import { sysctlKind } from "../../../src/plan/kinds/sysctl.ts";

const reno = { key: "net.ipv4.tcp_congestion_control", value: "reno" };

test("it is known by its key, and differs by its value", () => {
  expect(sysctlKind.list({ ...emptyNamespace("a"), sysctls: { [reno.key]: reno.value } })).toEqual([reno]);
  expect(sysctlKind.identity(reno)).toBe(reno.key);
  expect(sysctlKind.difference(reno, { ...reno, value: "cubic" })).toBe("is cubic");
  expect(sysctlKind.difference(reno, reno)).toBeNull();
});

test("one that nobody asked for is left alone", () => {
  expect(sysctlKind.mayStay!(reno)).toBe(true);
});

test.each([
  ["net.ipv4.conf.eth0.rp_filter", [{ namespace: "a", link: "eth0" }]],
  ["net.ipv6.neigh.eth0/100.retrans_time_ms", [{ namespace: "a", link: "eth0.100" }]],
  ["net.ipv4.conf.all.rp_filter", []],
  ["net.ipv4.conf.default.rp_filter", []],
  ["net.ipv4.tcp_congestion_control", []],
])("%s needs the link that it is a setting of, if it is one", (key, needed) => {
  expect(sysctlKind.needs!({ key, value: "1" }, "a")).toEqual(needed);
});
