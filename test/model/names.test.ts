import { describe, expect, it } from "vitest";
import { hostsFor, hostsOf } from "../../src/model/index.ts";
import { resolveTopology } from "../../src/topology/index.ts";

//   a ── lan ── gw ── wan ── b
//                └──── dmz ── c
const { model } = resolveTopology({
  switches: {
    dmz: { subnet: ["10.0.0.0/24", "2001:db8::/64"] },
    lan: { subnet: "10.0.1.0/24" },
    wan: { subnet: ["10.0.2.0/24", "2001:db8:2::/64"] },
  },
  hosts: { a: { interfaces: { eth0: "lan" } }, b: { interfaces: { eth0: "wan" } }, c: { interfaces: { eth0: "dmz" } } },
  routers: { gw: { interfaces: { eth0: "dmz", eth1: "lan", eth2: "wan" } } },
});
const seenBy = (node: string, name: string): string[] =>
  hostsFor(model, node)
    .filter((line) => line.name === name)
    .map(({ address }) => address);

describe("names", () => {
  it("give of a node with several addresses the one that the asking node shares a subnet with", () => {
    expect(seenBy("a", "gw")[0]).toBe("10.0.1.1");
    expect(seenBy("b", "gw")[0]).toBe("10.0.2.1");
    expect(seenBy("c", "gw")[0]).toBe("10.0.0.1");
  });

  it("give the others after it, IPv4 before IPv6, and each once", () => {
    expect(seenBy("b", "gw")).toEqual(["10.0.2.1", "10.0.0.1", "10.0.1.1", "2001:db8:2::1", "2001:db8::1"]);
    expect(seenBy("a", "gw").sort()).toEqual([...seenBy("b", "gw")].sort());
  });

  it("give of a node that shares no subnet the first address", () => {
    expect(seenBy("a", "b")).toEqual(["10.0.2.2", "2001:db8:2::2"]);
    expect(seenBy("nobody", "gw")[0]).toBe("10.0.0.1");
  });

  it("are those of all nodes, the asking one too, and never link-local or loopback addresses", () => {
    expect(new Set(hostsFor(model, "a").map(({ name }) => name))).toEqual(new Set(["a", "b", "c", "gw"]));
    expect(hostsFor(model, "b").filter(({ address }) => /^(fe80|127|::1)/.test(address))).toEqual([]);
    expect([...hostsOf(model)].sort(byText)).toEqual([...hostsFor(model, "a")].sort(byText));
  });
});

const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
