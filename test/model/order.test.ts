import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, compareNames, compareNodes } from "../../src/model/index.ts";
import type { Model, Namespace } from "../../src/model/index.ts";

test("digits compare as numbers, root comes first", () => {
  expect(["eth10", "eth2", "eth1", "lo", "eth", "eth02", "a"].sort(compareNames)).toEqual([
    "a",
    "eth",
    "eth1",
    "eth02",
    "eth2",
    "eth10",
    "lo",
  ]);
  expect(["a", "root", "Z", "h10", "h9"].sort(compareNodes)).toEqual(["root", "Z", "a", "h9", "h10"]);
  expect(["10.0.0.0/8", "0.0.0.0/0", "9.0.0.0/8", "10.0.0.0/16"].sort(compareNames)).toEqual([
    "0.0.0.0/0",
    "9.0.0.0/8",
    "10.0.0.0/8",
    "10.0.0.0/16",
  ]);
});

test("it is a total order", () => {
  const name = fc.string({ unit: fc.constantFrom(...Array.from("0012a-")), maxLength: 6 });
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0);
      expect(compareNames(a, b) === 0).toBe(a === b);
      const [x, y, z] = [a, b, c].sort(compareNames) as [string, string, string];
      expect([compareNames(x, y), compareNames(y, z), compareNames(x, z)].every((sign) => sign <= 0)).toBe(true);
    }),
    { verbose: 1, numRuns: 1_000 },
  );
});

const empty: Namespace = {
  name: "",
  forwarding: { ipv4: false, ipv6: false },
  links: [],
  addresses: [],
  routes: [],
  rules: [],
  neighbours: [],
  sysctls: {},
  netfilter: [],
  services: [],
  nameService: null,
};

test("canonical sorts everything and is idempotent", () => {
  const lo = {
    kind: "loopback",
    name: "lo",
    up: true,
    mtu: 65536,
    mac: "00:00:00:00:00:00",
    master: null,
    altnames: [],
  } as const;
  const eth = (n: number) =>
    ({
      kind: "veth",
      name: `eth${n}`,
      up: true,
      mtu: 1500,
      mac: null,
      master: null,
      altnames: ["z", "b"],
      peer: null,
    }) as const;
  const address = (link: string, text: string) => ({
    link,
    family: text.includes(":") ? (6 as const) : (4 as const),
    address: text,
    prefixLength: 24,
    origin: "static" as const,
  });
  const route = (to: string, vias: string[]) => ({
    family: 4 as const,
    to,
    type: "unicast" as const,
    table: 254,
    metric: 0,
    source: null,
    origin: "static" as const,
    nextHops: vias.map((via) => ({ via, link: "eth0", weight: 1 })),
  });
  const model: Model = {
    name: "lab",
    namespaces: [
      {
        ...empty,
        name: "h10",
        links: [lo, eth(10), eth(2)],
        addresses: [
          address("eth10", "10.0.0.1"),
          address("eth2", "fe80::1"),
          address("eth2", "2001:db8::1"),
          address("eth2", "10.0.0.10"),
          address("eth2", "10.0.0.9"),
          address("eth2", "192.168.0.1"),
        ],
        routes: [route("10.0.0.0/8", ["10.0.0.10", "10.0.0.9"]), route("0.0.0.0/0", ["10.0.0.1"])],
        sysctls: { b: "1", a: "2" },
      },
      { ...empty, name: "h9" },
      { ...empty, name: "root" },
    ],
  };
  const result = canonical(model);
  expect(result.namespaces.map((n) => n.name)).toEqual(["root", "h9", "h10"]);
  const h10 = result.namespaces[2]!;
  expect(h10.links.map((l) => l.name)).toEqual(["eth2", "eth10", "lo"]);
  expect(h10.links[0]!.altnames).toEqual(["b", "z"]);
  // IPv4 addresses of a link stay in their order, but for those that are not the first of their network.
  const kept = ["10.0.0.10", "192.168.0.1", "10.0.0.9", "2001:db8::1", "fe80::1", "10.0.0.1"];
  expect(h10.addresses.map((a) => a.address)).toEqual(kept);
  expect(h10.routes.map((r) => r.to)).toEqual(["0.0.0.0/0", "10.0.0.0/8"]);
  expect(h10.routes[1]!.nextHops.map((h) => h.via)).toEqual(["10.0.0.9", "10.0.0.10"]);
  expect(Object.keys(h10.sysctls)).toEqual(["a", "b"]);
  expect(JSON.stringify(canonical(result))).toBe(JSON.stringify(result));
  expect(model.namespaces[0]!.name).toBe("h10");
});
