import { describe, expect, it, test } from "vitest";
import type { Link } from "../../../src/model/index.ts";
import { linkKind } from "../../../src/plan/kinds/link.ts";

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
  flowlabel: 0,
  udpcsum: true,
  udp6zerocsumtx: false,
  udp6zerocsumrx: false,
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
  ["no lower link", vx0, { ...vx0, lower: mv0.lower }, "on is a:eth0, should be none", true],
  ["a fixed one", { ...mv0, lower: { namespace: "a", link: "eth1" } }, mv0, "on is a:eth0, should be a:eth1", true],
  ["a mode", { ...mv0, mode: "private" }, mv0, "mode is bridge, should be private", false],
  ["a mode of its own", { ...mv0, mode: "passthru" }, mv0, "mode is bridge, should be passthru", true],
  ["from such a mode", mv0, { ...mv0, mode: "passthru" }, "mode is passthru, should be bridge", true],
])("%s", (_, desired, observed, said, replaced) => {
  expect(linkKind.difference(desired, observed)).toBe(said);
  expect(linkKind.mustReplace!(desired, observed)).toBe(replaced);
});

test("equal ones", () => {
  for (const link of [vx0, mv0]) {
    expect(linkKind.difference(link, { ...link })).toBeNull();
    expect(linkKind.mustReplace!(link, { ...link })).toBe(false);
  }
});

test("another kind is another link", () => {
  const other: Link = { ...common, kind: "other", type: "dummy", name: "vx0" };
  expect(linkKind.difference(vx0, other)).toBe("kind is dummy, should be vxlan");
  expect(linkKind.mustReplace!(vx0, other)).toBe(true);
});

const eth0: Of<"veth"> = { ...common, kind: "veth", name: "eth0", peer: { namespace: "b", link: "eth0" } };
const br0: Of<"bridge"> = { ...common, kind: "bridge", name: "br0", stp: false, multicastSnooping: false };
const lo: Of<"loopback"> = { ...common, kind: "loopback", name: "lo", mtu: 65_536, mac: null };

describe("a cable", () => {
  it("is another one when it leads elsewhere", () => {
    const other = { ...eth0, peer: { namespace: "c", link: "eth0" } };
    expect(linkKind.difference(other, eth0)).toBe("peer is b:eth0, should be c:eth0");
    expect(linkKind.mustReplace!(other, eth0)).toBe(true);
    expect(linkKind.mustReplace!({ ...eth0, mtu: 1400 }, eth0)).toBe(false);
  });

  it("says first that its name differs", () => {
    const renamed = { ...eth0, name: "net7" };
    expect(linkKind.difference({ ...renamed, mtu: 1400 }, renamed, eth0)).toBe(
      "name is eth0, should be net7, mtu is 1450, should be 1400",
    );
    expect(linkKind.difference(renamed, renamed)).toBeNull();
  });
});

test("of a loopback only whether it is up counts, and it is never deleted", () => {
  expect(linkKind.difference(lo, { ...lo, mtu: 1500, up: false })).toBe("up is false, should be true");
  expect(linkKind.difference(lo, { ...lo, mtu: 1500 })).toBeNull();
  expect([linkKind.mayStay!(lo), linkKind.mayStay!(eth0)]).toEqual([true, false]);
});

test("a bridge says in words what its options are", () => {
  expect(linkKind.difference({ ...br0, stp: true, multicastSnooping: true }, br0)).toBe(
    "stp is false, should be true, multicast snooping is false, should be true",
  );
});

describe("what it needs", () => {
  it.each<[string, Link, readonly object[]]>([
    ["nothing", br0, []],
    ["its master", { ...vx0, master: "br0" }, [{ namespace: "a", link: "br0" }]],
    ["the namespace of its other end", eth0, [{ namespace: "b", link: null }]],
    ["the link that it is on", mv0, [{ namespace: "a", link: "eth0" }]],
    [
      "a link in another namespace",
      { ...mv0, lower: { namespace: "root", link: "wan" } },
      [{ namespace: "root", link: "wan" }],
    ],
  ])("%s", (_, link, needed) => {
    expect(linkKind.needs!(link, "a")).toEqual(needed);
  });
});
