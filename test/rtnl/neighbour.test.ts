import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NUD_REACHABLE } from "../../src/netlink/index.ts";
import { decodeNeighbour, encodeNeighbour } from "../../src/rtnl/neighbour.ts";
import { neighbour } from "./objects.ts";
import { indexOf, nameOf, overTheWire } from "./wire.ts";

describe("a neighbour", () => {
  it("is itself again after encoding and decoding", () => {
    fc.assert(
      fc.property(neighbour, (one) => {
        expect(decodeNeighbour(overTheWire(encodeNeighbour(one, indexOf)), nameOf)).toEqual(one);
      }),
    );
  });

  it("is none of a model's when the kernel learned it", () => {
    const message = encodeNeighbour({ link: "eth0", address: "10.0.0.1", mac: "02:00:00:00:00:01" }, indexOf);
    expect(decodeNeighbour(message, nameOf)).not.toBeNull();
    expect(decodeNeighbour({ ...message, state: NUD_REACHABLE }, nameOf)).toBeNull();
  });
});
