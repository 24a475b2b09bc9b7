/** Objects of a model as fast-check makes them up, in canonical words. */

import fc from "fast-check";
import type {
  Address,
  BridgeLink,
  Family,
  Link,
  Neighbour,
  NextHop,
  Route,
  Rule,
  VethLink,
} from "../../src/model/index.ts";
import { bytesToAddress, bytesToMac, formatPrefix, networkOf, parseAddress } from "../../src/model/index.ts";
import { LINKS } from "./wire.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.nat({ max: 0xffffffff });
const family = fc.constantFrom<Family>(4, 6);
const ip = (of: Family): fc.Arbitrary<string> => bytes(of === 4 ? 4 : 16).map(bytesToAddress);
const mac = bytes(6).map(bytesToMac);
const linkName = fc.constantFrom(...[...LINKS.keys()].filter((name) => name !== "lo"));

const prefix = (of: Family): fc.Arbitrary<string> =>
  fc
    .tuple(ip(of), fc.integer({ min: 0, max: of === 4 ? 32 : 128 }))
    .map(([address, length]) => formatPrefix(networkOf(parseAddress(address)!, length)));

export const address: fc.Arbitrary<Address> = family.chain((of) =>
  fc.record<Address>({
    link: linkName,
    family: fc.constant(of),
    address: ip(of),
    prefixLength: fc.integer({ min: 0, max: of === 4 ? 32 : 128 }),
    origin: fc.constant("static"),
  }),
);

export const neighbour: fc.Arbitrary<Neighbour> = family.chain((of) =>
  fc.record<Neighbour>({ link: linkName, address: ip(of), mac }),
);

/** An IPv4 route may have an IPv6 gateway. */
const nextHop = (of: Family, weight: fc.Arbitrary<number>): fc.Arbitrary<NextHop> =>
  fc.record<NextHop>({
    via: fc.option(of === 4 ? fc.oneof(ip(4), ip(6)) : ip(6)),
    link: linkName,
    weight,
  });

export const route: fc.Arbitrary<Route> = family.chain((of) => {
  const common = {
    family: fc.constant(of),
    to: prefix(of),
    table: fc.integer({ min: 1, max: 0xffffffff }).filter((table) => table !== 255),
    metric: u32,
    source: fc.option(ip(of)),
    origin: fc.constant("static" as const),
  };
  const hops = fc.oneof(
    fc.array(nextHop(of, fc.constant(1)), { minLength: 1, maxLength: 1 }),
    fc.array(nextHop(of, fc.integer({ min: 1, max: 256 })), { minLength: 2, maxLength: 4 }),
  );
  return fc.oneof(
    fc.record<Route>({ ...common, type: fc.constant("unicast"), nextHops: hops }),
    fc.record<Route>({
      ...common,
      type: fc.constantFrom("blackhole", "unreachable", "prohibit", "throw"),
      nextHops: fc.constant([]),
    }),
  );
});

export const rule: fc.Arbitrary<Rule> = family.chain((of) =>
  fc.record<Rule>({
    family: fc.constant(of),
    // Those of the kernel's own rules are not for others.
    priority: fc.integer({ min: 1, max: 32_765 }),
    from: fc.option(prefix(of)),
    to: fc.option(prefix(of)),
    inputLink: fc.option(linkName),
    outputLink: fc.option(linkName),
    mark: fc.option(fc.record({ value: u32, mask: u32 })),
    action: fc.oneof(
      fc.record({ kind: fc.constant("table" as const), table: fc.integer({ min: 1, max: 0xffffffff }) }),
      fc.record({ kind: fc.constantFrom("blackhole", "unreachable", "prohibit") }),
    ),
  }),
);

const common = {
  name: linkName,
  up: fc.boolean(),
  mtu: fc.integer({ min: 68, max: 65_535 }),
  mac: fc.option(mac),
  master: fc.option(fc.constant("br0")),
  altnames: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{15,40}$/), { maxLength: 3 }).map((names) => names.sort()),
};

export const link: fc.Arbitrary<Link> = fc.oneof(
  fc.record<VethLink>({ kind: fc.constant("veth"), ...common, peer: fc.constant(null) }),
  fc.record<BridgeLink>({ kind: fc.constant("bridge"), ...common, stp: fc.boolean(), multicastSnooping: fc.boolean() }),
);
