import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Route } from "../../src/model/index.ts";
import {
  RT_SCOPE_LINK,
  RT_TABLE_LOCAL,
  RTM_F_CLONED,
  RTPROT_BIRD,
  RTPROT_DHCP,
  RTPROT_KERNEL,
  RTPROT_UNSPEC,
} from "../../src/netlink/index.ts";
import { decodeRoute, encodeRoute, isConfigured, isSelective } from "../../src/rtnl/route.ts";
import { route } from "./objects.ts";
import { indexOf, nameOf, overTheWire } from "./wire.ts";

const DEFAULT: Route = {
  family: 4,
  to: "0.0.0.0/0",
  type: "unicast",
  table: 254,
  metric: 0,
  source: null,
  nextHops: [{ via: "10.0.0.254", link: "eth0", weight: 1 }],
  origin: "static",
};

describe("a route", () => {
  it("is itself again after encoding and decoding", () => {
    fc.assert(
      fc.property(route, (one) => {
        expect(decodeRoute(overTheWire(encodeRoute(one, indexOf)), nameOf)).toEqual(one);
      }),
    );
  });

  it("is on the link when it has no gateway", () => {
    const direct: Route = { ...DEFAULT, nextHops: [{ via: null, link: "eth0", weight: 1 }] };
    expect(encodeRoute(direct, indexOf).scope).toBe(RT_SCOPE_LINK);
    expect(encodeRoute(DEFAULT, indexOf).scope).not.toBe(RT_SCOPE_LINK);
  });

  it("is deleted whichever protocol it is from", () => {
    expect(encodeRoute(DEFAULT, indexOf, "delete")).toMatchObject({ command: "delete", protocol: RTPROT_UNSPEC });
  });

  it("has the origin that its protocol says; a routing daemon configures routes as people do", () => {
    const message = encodeRoute(DEFAULT, indexOf);
    const of = (protocol: number) => [
      decodeRoute({ ...message, protocol }, nameOf)?.origin,
      isConfigured({ ...message, protocol }),
    ];
    expect(of(RTPROT_KERNEL)).toEqual(["kernel", false]);
    expect(of(RTPROT_DHCP)).toEqual(["dhcp", false]);
    expect(of(RTPROT_BIRD)).toEqual(["static", true]);
  });

  it("is none of a model's in the local table, in a cache, or for some packets only", () => {
    const message = encodeRoute(DEFAULT, indexOf);
    expect(decodeRoute(message, nameOf)).not.toBeNull();
    expect(decodeRoute({ ...message, table: RT_TABLE_LOCAL }, nameOf)).toBeNull();
    expect(decodeRoute({ ...message, flags: RTM_F_CLONED }, nameOf)).toBeNull();
    expect(decodeRoute({ ...message, tos: 0x10 }, nameOf)).toBeNull();
    expect([isSelective(message), isSelective({ ...message, tos: 0x10 })]).toEqual([false, true]);
  });
});
