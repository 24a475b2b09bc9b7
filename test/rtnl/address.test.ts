import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AF_BRIDGE,
  AF_INET,
  type AddressMessage,
  IFA_F_NODAD,
  IFA_F_PERMANENT,
  IFAPROT_KERNEL_LL,
  IFAPROT_KERNEL_RA,
  RT_SCOPE_HOST,
} from "../../src/netlink/index.ts";
import { decodeAddress, encodeAddress } from "../../src/rtnl/address.ts";
import { address } from "./objects.ts";
import { indexOf, nameOf, overTheWire } from "./wire.ts";

/** The kernel reports an address without a lifetime as permanent. */
const reported = (message: AddressMessage): AddressMessage => ({
  ...overTheWire(message),
  flags: (message.flags ?? 0) | IFA_F_PERMANENT,
});

describe("an address", () => {
  it("is itself again after encoding and decoding", () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(decodeAddress(reported(encodeAddress(one, indexOf)), nameOf)).toEqual(one);
      }),
    );
  });

  it("is usable at once with IPv6: without duplicate address detection", () => {
    const one = { link: "eth0", family: 6, address: "2001:db8::1", prefixLength: 64, origin: "static" } as const;
    expect(encodeAddress(one, indexOf).flags).toBe(IFA_F_NODAD);
    expect(encodeAddress({ ...one, family: 4, address: "10.0.0.1" }, indexOf).flags).toBeUndefined();
  });

  it("has an origin that the kernel's fields say", () => {
    const one = { link: "eth0", family: 4, address: "10.0.0.1", prefixLength: 24, origin: "static" } as const;
    const message = reported(encodeAddress(one, indexOf));
    const originOf = (more: Partial<AddressMessage>): string | undefined =>
      decodeAddress({ ...message, ...more }, nameOf)?.origin;
    expect(originOf({})).toBe("static");
    expect(originOf({ flags: 0 })).toBe("dhcp");
    expect(originOf({ flags: 0, family: 10, local: new Uint8Array(16) })).toBe("ra");
    expect(originOf({ protocol: IFAPROT_KERNEL_RA })).toBe("ra");
    expect(originOf({ protocol: IFAPROT_KERNEL_LL })).toBe("kernel");
    expect(originOf({ index: 1, scope: RT_SCOPE_HOST })).toBe("kernel");
  });

  it("is none of a model's in another family, or on a link that is not there", () => {
    const message: AddressMessage = {
      kind: "address",
      command: "new",
      family: AF_INET,
      prefixLength: 8,
      index: 16,
      local: Uint8Array.of(10, 0, 0, 1),
    };
    expect(decodeAddress(message, nameOf)).not.toBeNull();
    expect(decodeAddress({ ...message, family: AF_BRIDGE }, nameOf)).toBeNull();
    expect(decodeAddress({ ...message, index: 99 }, nameOf)).toBeNull();
  });
});
