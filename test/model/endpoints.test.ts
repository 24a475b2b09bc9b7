import { expect, test } from "vitest";
import { addressesOf, isOnLink, ownerOf, roleOf, targetAddress } from "../../src/model/index.ts";
import type { Address, Link, Model, Namespace, Origin } from "../../src/model/index.ts";

const node = (name: string, links: Link[], addresses: Address[], ipv4 = false): Namespace => ({
  name,
  forwarding: { ipv4, ipv6: false },
  links,
  addresses,
  routes: [],
  rules: [],
  neighbours: [],
  sysctls: {},
  netfilter: [],
  services: [],
  nameService: null,
});
const veth = (name: string, namespace: string, link: string, master: string | null = null): Link => ({
  kind: "veth",
  name,
  up: true,
  mtu: 1500,
  mac: null,
  master,
  altnames: [],
  peer: { namespace, link },
});
const bridge = (name: string): Link => ({
  kind: "bridge",
  name,
  up: true,
  mtu: 1500,
  mac: null,
  master: null,
  altnames: [],
  stp: false,
  multicastSnooping: false,
});
const on = (link: string, text: string, origin: Origin = "static"): Address => {
  const [address, length] = text.split("/") as [string, string];
  return { link, family: address.includes(":") ? 6 : 4, address, prefixLength: Number(length), origin };
};

//   a eth0 ── lan (10.0.0.0/24) ── eth0 gw eth1 ── eth0 c    (10.1.0.0/30)
//   a eth1 ────────────── cable 10.0.0.0/24 too ──── eth2 gw
const model: Model = {
  name: "lab",
  namespaces: [
    node("root", [bridge("lan"), veth("a-eth0", "a", "eth0", "lan"), veth("gw-eth0", "gw", "eth0", "lan")], []),
    node(
      "a",
      [veth("eth0", "root", "a-eth0")],
      [on("eth0", "10.0.0.2/24"), on("eth0", "fe80::2/64"), on("lo", "127.0.0.1/8", "kernel")],
    ),
    node("c", [veth("eth0", "gw", "eth1")], [on("eth0", "10.1.0.2/30"), on("eth0", "2001:db8::2/64")]),
    node(
      "gw",
      [veth("eth0", "root", "gw-eth0"), veth("eth1", "c", "eth0"), veth("eth2", "x", "eth0")],
      [on("eth2", "10.0.0.99/24"), on("eth1", "10.1.0.1/30"), on("eth0", "10.0.0.254/24"), on("lo", "10.255.0.1/32")],
      true,
    ),
  ],
};
const [root, a, , gw] = model.namespaces as [Namespace, Namespace, Namespace, Namespace];

test("roles", () => {
  expect([root, a, gw].map(roleOf)).toEqual(["root", "host", "router"]);
  expect(roleOf({ ...root, forwarding: { ipv4: true, ipv6: false } })).toBe("root");
});

test("addresses others can aim at", () => {
  expect(addressesOf(a).map((x) => x.address)).toEqual(["10.0.0.2"]);
  expect(addressesOf(gw).map((x) => x.address)).toEqual(["10.0.0.254", "10.1.0.1", "10.0.0.99", "10.255.0.1"]);
});

test("a shared switch or cable wins, then a shared subnet, then the first address", () => {
  expect(targetAddress(model, "a", "gw", 4)).toBe("10.0.0.254");
  expect(targetAddress(model, "c", "gw", 4)).toBe("10.1.0.1");
  expect(targetAddress(model, "root", "gw", 4)).toBe("10.0.0.254");
  expect(targetAddress(model, "a", "c", 4)).toBe("10.1.0.2");
  expect(targetAddress(model, "a", "c", 6)).toBe("2001:db8::2");
  const unplugged: Model = {
    name: "lab",
    namespaces: model.namespaces.map((n) =>
      n.name === "gw" ? { ...n, addresses: [on("eth1", "10.1.0.1/30"), on("eth2", "10.0.0.99/24")] } : n,
    ),
  };
  expect(targetAddress(unplugged, "a", "gw", 4)).toBe("10.0.0.99");
});

test("link-local addresses are never a target; no address, no target", () => {
  expect(targetAddress(model, "c", "a", 6)).toBeNull();
  expect(targetAddress(model, "a", "root", 4)).toBeNull();
  expect(targetAddress(model, "a", "nobody", 4)).toBeNull();
});

test("owners and on-link addresses", () => {
  expect(ownerOf(model, "10.1.0.2")).toEqual({ namespace: "c", link: "eth0" });
  expect(ownerOf(model, "10.9.9.9")).toBeNull();
  expect(isOnLink(model, "a", "10.0.0.77")).toBe(true);
  expect(isOnLink(model, "a", "10.1.0.2")).toBe(false);
});
