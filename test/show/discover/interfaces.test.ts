import { expect, test } from "vitest";
import { discovered } from "../../../src/show/discover/index.ts";
import { PLAIN } from "../../../src/show/index.ts";
import { type Given, machineOf } from "../../discover/drawn.ts";

test("what a link is, and what is below it", () => {
  const text = tell([
    { name: "bond0", kind: "bond", details: { mode: "active-backup", active: "eth1" } },
    { name: "eth1", kind: "device", master: "bond0" },
    { name: "eth2", kind: "device", master: "bond0", carrier: false },
    { name: "gre1", kind: "gre", details: { local: "192.0.2.1", remote: "192.0.2.2", "output key": 7 } },
    { name: "team0", kind: "team" },
    { name: "eth3", kind: "device", master: "team0" },
    { name: "mac0", kind: "macvlan", details: { mode: "bridge" } },
    { name: "br0", kind: "bridge", vlans: [{ first: 1, last: 1, untagged: true, pvid: true }] },
    { name: "v1", master: "br0", vlans: [{ first: 10, last: 12, untagged: false, pvid: false }] },
  ]);
  expect(text).toMatch(
    /^root +bond0 +bond active-backup +up +2 links, eth1 active\n +└ eth1 +device +up\n +└ eth2 +device +no carrier$/m,
  );
  expect(text).toMatch(/^ +gre1 +gre key 7 +up +192\.0\.2\.1 → 192\.0\.2\.2$/m);
  expect(text).toMatch(/^ +team0 +team +up +1 link$/m);
  expect(text).toMatch(/^ +mac0 +macvlan bridge +up$/m);
  expect(text).toMatch(/^ +br0 +bridge +up +1 untagged +1 port\n +└ v1 +veth +up +10-12$/m);
});

test("members of a bond stand below it where it is the port of a bridge, and both below their VRF", () => {
  const text = tell([
    { name: "blue", kind: "vrf", details: { table: 10 } },
    { name: "br0", kind: "bridge", master: "blue" },
    { name: "bond0", kind: "bond", master: "br0" },
    { name: "eth1", kind: "device", master: "bond0" },
    { name: "eth2", kind: "device", master: "bond0" },
  ]);
  const lines = text.split("\n").filter((line) => line.includes("└"));
  const start = lines[0]?.indexOf("└") ?? 0;
  expect(lines.map((line) => line.slice(start).replaceAll(/(?<=\S) {2,}/g, " "))).toEqual([
    "└ br0 bridge up 1 port",
    "  └ bond0 bond up 2 links",
    "    └ eth1 device up",
    "    └ eth2 device up",
  ]);
});

function tell(links: readonly Given[]): string {
  const whole = machineOf(links);
  return discovered(whole, PLAIN, { details: false, whole });
}

test("on a narrow terminal nothing is cut that names something", () => {
  const whole = machineOf([
    { name: "br0", kind: "bridge" },
    { name: "veth1f2e3d4", master: "br0", peer: { namespace: "shop/web-5d9", link: "eth0" } },
  ]);
  const text = discovered(whole, { ...PLAIN, width: 40 }, { details: false, whole });
  expect(text).toContain("root\nbr0            bridge up 1 port\n└ veth1f2e3d4  veth up shop/web-5d9:eth0\n");
  const tables = text.slice(0, text.indexOf("machine: 1"));
  expect(tables.split("\n").filter((line) => line.length > 40)).toEqual([]);
});
