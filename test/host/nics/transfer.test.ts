// From one interface to another, as messages: what is changed on the way and what is not.

import { describe, expect, it } from "vitest";
import { pack, type NicState, unpack } from "../../../src/host/nics/state.ts";
import { give, merged, take } from "../../../src/host/nics/transfer.ts";
import type { AddressMessage, RouteMessage, RouteNetlinkMessage } from "../../../src/netlink/index.ts";

const FOREVER = 0xffffffff;
const eth0 = { index: 2, name: "eth0" };
const bridge = { index: 16, name: "br-ex" };

const address = (last: number, more: Partial<AddressMessage> = {}): AddressMessage => ({
  kind: "address",
  command: "new",
  family: 2,
  prefixLength: 24,
  index: 2,
  local: new Uint8Array([192, 0, 2, last]),
  address: new Uint8Array([192, 0, 2, last]),
  label: "eth0",
  ...more,
});
const route = (more: Partial<RouteMessage> = {}): RouteMessage => ({
  kind: "route",
  command: "new",
  family: 2,
  destinationLength: 0,
  table: 254,
  protocol: 16,
  scope: 0,
  type: 1,
  outputIndex: 2,
  gateway: new Uint8Array([192, 0, 2, 1]),
  ...more,
});
const state = (more: Partial<NicState>): NicState => ({
  link: { kind: "link", command: "new", index: 2, name: "eth0" },
  addresses: [],
  routes: [],
  neighbours: [],
  settings: {},
  at: 0,
  ...more,
});

const sent = (action: (adder: Parameters<typeof give>[3]) => void): RouteNetlinkMessage[] => {
  const messages: RouteNetlinkMessage[] = [];
  action({ add: (message) => void messages.push(message) });
  return messages;
};
const given = (from: NicState): RouteNetlinkMessage[] => sent((adder) => give(from, eth0, bridge, adder));

describe("addresses", () => {
  it("have the label of the bridge, in what fits into one", () => {
    const labels = ["eth0", "eth0:1", "eth0:management", "mine"].map((label) => address(9, { label }));
    const long = given(state({ addresses: labels })).map((message) => (message as AddressMessage).label);
    expect(long).toEqual(["br-ex", "br-ex:1", "br-ex", "mine"]);
  });

  it("keep their scope and lifetime; of flags what can be asked for", () => {
    const cacheInfo = { preferred: 40, valid: 50, created: 1, updated: 1 };
    // Permanent, secondary and without a route: the kernel finds the first two by itself.
    const [moved] = given(state({ addresses: [address(9, { scope: 253, cacheInfo, flags: 0x80 | 0x01 | 0x200 })] }));
    expect(moved).toMatchObject({ index: 16, scope: 253, cacheInfo, flags: 0x200 });
  });

  it("of IPv6 work at once, and do not look otherwise for it", () => {
    const six = address(9, { family: 10, flags: 0x80 });
    expect(given(state({ addresses: [six] })).map((message) => (message as AddressMessage).flags)).toEqual([2, 0]);
    const nodad = address(9, { family: 10, flags: 0x82 });
    expect(given(state({ addresses: [nodad] })).map((message) => (message as AddressMessage).flags)).toEqual([2]);
  });

  it("go in the opposite order, so that the kernel does not take others along", () => {
    const messages = sent((adder) => take(state({ addresses: [address(9), address(8)] }), eth0, adder));
    expect(messages.map((message) => (message as AddressMessage).local?.[3])).toEqual([8, 9]);
  });
});

describe("routes", () => {
  it("without a gateway come first, and go last", () => {
    const { gateway: _, ...plain } = route({ destinationLength: 24 });
    const both = state({ routes: [route(), plain] });
    const lengths = (messages: RouteNetlinkMessage[]): number[] =>
      messages.map((message) => (message as RouteMessage).destinationLength);
    expect(lengths(given(both))).toEqual([24, 0]);
    expect(lengths(sent((adder) => take(both, eth0, adder)))).toEqual([0, 24]);
  });

  it("of several ways change the one: as a whole in IPv4, by themselves in IPv6", () => {
    const { outputIndex: _, gateway, ...common } = route();
    const multipath = [
      { index: 2, hops: 1, flags: 16, gateway: gateway! },
      { index: 5, hops: 0, flags: 4, gateway: gateway! },
    ];
    expect(given(state({ routes: [{ ...common, multipath }] }))).toMatchObject([
      {
        multipath: [
          { index: 16, hops: 1, flags: 0 },
          { index: 5, hops: 0, flags: 4 },
        ],
      },
    ]);
    const [six, ...more] = given(state({ routes: [{ ...common, family: 10, multipath }] }));
    expect(six).toMatchObject({ outputIndex: 16, gateway });
    expect(six).not.toHaveProperty("multipath");
    expect(more).toEqual([]);
  });

  it("of IPv6 that expire go on to do so", () => {
    const cacheInfo = new Uint8Array(32);
    new DataView(cacheInfo.buffer).setInt32(8, 179_950, true);
    const [moved] = given(state({ routes: [route({ family: 10, cacheInfo, flags: 1 | 4 })] }));
    expect(moved).toMatchObject({ expires: 1800, flags: 4 });
    expect(moved).not.toHaveProperty("cacheInfo");
  });
});

describe("what was written down, and what is there now", () => {
  const lasting = (seconds: number): Partial<AddressMessage> => ({
    cacheInfo: { preferred: FOREVER, valid: seconds, created: 0, updated: 0 },
  });

  it("are both; of one in both the later, with its first label", () => {
    const before = state({
      addresses: [address(1), address(2, { ...lasting(50), label: "eth0:1" })],
      routes: [route()],
    });
    const fresh = address(2, { ...lasting(70), label: "br-ex:1", index: 16 });
    const now = state({
      addresses: [fresh, address(3, { index: 16 })],
      routes: [route({ outputIndex: 16 })],
      at: 9_000,
    });
    const { addresses, routes } = merged(before, now);
    expect(addresses.map(({ local, label, index }) => [local?.[3], label, index])).toEqual([
      [1, "eth0", 2],
      [2, "eth0:1", 16],
      [3, "eth0", 16],
    ]);
    expect(addresses[1]?.cacheInfo?.valid).toBe(70);
    expect(routes).toHaveLength(1);
  });

  it("lose what has expired since, and the time that is over", () => {
    const before = state({ addresses: [address(1), address(2, lasting(50)), address(3, lasting(100))] });
    const { addresses } = merged(before, state({ at: 60_000 }));
    expect(addresses.map(({ local, cacheInfo }) => [local?.[3], cacheInfo?.valid])).toEqual([
      [1, undefined],
      [3, 40],
    ]);
  });

  it("can be written as JSON", () => {
    const metrics = new Map([[2, 1400]]);
    const before = state({ addresses: [address(1)], routes: [route({ metrics })] });
    expect(unpack(JSON.parse(JSON.stringify(pack(before))))).toEqual(before);
  });
});
