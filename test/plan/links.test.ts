import { expect, test } from "vitest";
import type { Link } from "../../src/model/index.ts";
import { linkDifference, mustReplace } from "../../src/plan/compare.ts";

type Of<K extends Link["kind"]> = Extract<Link, { kind: K }>;

const common = { up: true, mtu: 1450, mac: "02:00:00:00:00:01", master: null, altnames: [] };
const vx0: Of<"vxlan"> = {
  ...common,
  kind: "vxlan",
  name: "vx0",
  lower: null,
  id: 42,
  local: "192.0.2.1",
  remote: "192.0.2.2",
  group: null,
  port: 4789,
  ttl: 0,
  tos: 0,
  df: "unset",
  learning: true,
  ageing: 300,
  maxaddress: 0,
  proxy: false,
  rsc: false,
  l2miss: false,
  l3miss: false,
  udpcsum: true,
  external: false,
  gbp: false,
};
const mv0: Of<"macvlan"> = {
  ...common,
  kind: "macvlan",
  name: "mv0",
  lower: { namespace: "a", link: "eth0" },
  mode: "bridge",
  bcqueuelen: 1000,
};

test.each<[what: string, desired: Link, observed: Link, said: string, replaced: boolean]>([
  ["what can change", { ...vx0, ttl: 9 }, vx0, "ttl is 0, should be 9", false],
  ["another end", { ...vx0, remote: "192.0.2.3" }, vx0, "remote is 192.0.2.2, should be 192.0.2.3", false],
  ["no other end", { ...vx0, remote: null }, vx0, "remote is 192.0.2.2, should be none", false],
  ["IPv6", { ...vx0, remote: "fd00::2" }, vx0, "remote is 192.0.2.2, should be fd00::2", true],
  ["what is fixed", { ...vx0, id: 43 }, vx0, "id is 42, should be 43", true],
  ["a lower link", { ...vx0, lower: mv0.lower }, vx0, "on is none, should be a:eth0", false],
  ["a fixed one", { ...mv0, lower: { namespace: "a", link: "eth1" } }, mv0, "on is a:eth0, should be a:eth1", true],
  ["a mode", { ...mv0, mode: "private" }, mv0, "mode is bridge, should be private", false],
  ["a mode of its own", { ...mv0, mode: "passthru" }, mv0, "mode is bridge, should be passthru", true],
  ["from such a mode", mv0, { ...mv0, mode: "passthru" }, "mode is passthru, should be bridge", true],
])("%s", (_, desired, observed, said, replaced) => {
  expect(linkDifference(desired, observed)).toBe(said);
  expect(mustReplace(desired, observed)).toBe(replaced);
});

test("equal ones", () => {
  for (const link of [vx0, mv0]) {
    expect(linkDifference(link, { ...link })).toBeNull();
    expect(mustReplace(link, { ...link })).toBe(false);
  }
});

test("another kind is another link", () => {
  const other: Link = { ...common, kind: "other", type: "dummy", name: "vx0" };
  expect(linkDifference(vx0, other)).toBe("kind is dummy, should be vxlan");
  expect(mustReplace(vx0, other)).toBe(true);
});
